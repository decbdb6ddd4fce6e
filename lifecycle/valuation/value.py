"""The value of a thing on a date: P10, P50 and P90, a waterfall of reasons, and the textbook figures beside it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlmodel import Field, SQLModel

from lifecycle.asset import Asset
from lifecycle.grade import Floats
from lifecycle.money import to_cents
from lifecycle.product import Product
from lifecycle.reason import Reason
from lifecycle.valuation.assumptions import assumptions, figure, rule
from lifecycle.valuation.curve import Shares, read
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation.opinions import Heard, Said, Told, hear
from lifecycle.valuation.use import Use, UseEffect, use_effect

DAYS_A_YEAR = 365.25
_LEAST_FACTOR = 1e-4
_MOST_NAMED = 3


class AssetValue(SQLModel):
    """What one thing is worth on a date, in the product's currency; no figure where it cannot be told.

    `evidence` says on how many sales it rests. `straight_line` and `declining_balance` are the textbook figures, for
    comparison.
    """

    asset_id: UUID
    serial: str
    product: str
    as_of: date
    age_years: float | None = None
    grade: str | None = None
    currency: str
    price_new: Decimal
    p10: Decimal | None = None
    p50: Decimal | None = None
    p90: Decimal | None = None
    straight_line: Decimal | None = None
    declining_balance: Decimal | None = None
    route: str | None = None
    evidence: str
    reasons: list[Reason] = Field(default_factory=list)
    rule: str


class Valued(NamedTuple):
    """One thing to value: what it is, its grade on the date (None where unknown), and the sales that we know of."""

    asset_id: UUID
    asset: Asset
    product_id: UUID
    product: Product
    grade: str | None
    route: str | None
    sales: int
    lesson: Lesson | None = None
    use: Use | None = None
    heard: Sequence[Heard] = ()


def value(things: Sequence[Valued], *, as_of: date, today: date) -> list[AssetValue]:
    """Value many things at once, product by product, in the order given."""
    by_product: defaultdict[UUID, list[int]] = defaultdict(list)
    for at, thing in enumerate(things):
        by_product[thing.product_id].append(at)
    values: dict[int, AssetValue] = {}
    for places in by_product.values():
        some = [things[at] for at in places]
        values.update(zip(places, _of_one_product(some, as_of=as_of, today=today), strict=True))
    return [values[at] for at in range(len(things))]


def born(asset: Asset) -> date | None:
    """Give the day from which a thing ages: made, or first in service."""
    return asset.made_on or asset.in_service_on


def grade_factor(product: Product, grade: str, lesson: Lesson | None = None) -> float:
    """Give the share of its value that a thing of this grade keeps: as sales taught, as its maker says, or assumed."""
    taught = {} if lesson is None else lesson.grade_factors
    return taught.get(grade) or float(product.grade_factors.get(grade, figure("grade_factors", grade)))


def straight_line(price_new: Decimal, *, age_years: float, life_years: float) -> Decimal:
    """Give the textbook value that falls evenly to nothing.

    >>> straight_line(Decimal(1000), age_years=2.5, life_years=10)
    Decimal('750.00')
    """
    return to_cents(price_new * Decimal(max(0.0, 1 - age_years / life_years)))


def declining_balance(price_new: Decimal, *, age_years: float) -> Decimal:
    """Give the textbook value that falls by the same share each year.

    >>> declining_balance(Decimal(1000), age_years=2)
    Decimal('640.00')
    """
    return to_cents(price_new * Decimal((1 - figure("declining_balance", "rate")) ** age_years))


def _of_one_product(things: Sequence[Valued], *, as_of: date, today: date) -> list[AssetValue]:
    days = [(as_of - day).days if (day := born(thing.asset)) else -1 for thing in things]
    ages = np.maximum(np.array(days, dtype=np.float64), 0) / DAYS_A_YEAR
    doubts = [_doubt(thing) for thing in things]
    ahead = np.full(len(things), max((as_of - today).days, 0) / DAYS_A_YEAR)
    curve = _curve(things[0])
    shares = read(curve, ages=ages, spread_years=ahead, extra_spread=np.array(doubts))
    return [
        _refused(thing, as_of, days[at])
        if days[at] < 0 or not curve
        else _one(at, thing, shares, ages, float(ahead[at]), as_of)
        for at, thing in enumerate(things)
    ]


def _one(at: int, thing: Valued, shares: Shares, ages: Floats, ahead: float, as_of: date) -> AssetValue:
    product, age = thing.product, float(ages[at])
    price = to_cents(product.price_new)
    factor, use = _factor(thing), _use(thing)
    used_factor = factor * (1.0 if use is None else use.factor)
    aged = to_cents(price * Decimal(float(shares.p50[at])))
    graded = to_cents(aged * Decimal(factor))
    used = graded if use is None else to_cents(graded * Decimal(use.factor))
    said = _heard(at, thing, shares, used_factor, as_of, ahead)
    worth = used if said is None else to_cents(used * Decimal(said.factor))
    middle = float(shares.p50[at])
    low, high = (
        to_cents(price * Decimal(_moved(float(share[at]), middle, said) * used_factor))
        for share in (shares.p10, shares.p90)
    )
    reasons = [
        _reason("value.price_new", {"product": product.code}, price),
        _reason("value.age", {"years": round(age, 2)}, aged - price),
        _graded(thing, factor, graded - aged),
        *_used(use, used - graded),
        *_opinions(said, worth - used),
        _evidence(thing),
    ]
    told = _told(thing, as_of, reasons)
    return told.model_copy(
        update={"p10": min(low, worth), "p50": worth, "p90": max(high, worth), **_textbook(product, age)}
    )


def _refused(thing: Valued, as_of: date, days: int) -> AssetValue:
    """Say why no value can be told, rather than invent one."""
    if born(thing.asset) is None:
        told = _told(thing, as_of, [_reason("value.age_unknown", {}, None)])
    elif days < 0:
        told = _told(thing, as_of, [_reason("value.not_yet_made", {"made": str(born(thing.asset))}, None)])
    else:
        told = _told(thing, as_of, [_reason("value.no_curve", {"product": thing.product.code}, None)])
        return told.model_copy(update=_textbook(thing.product, days / DAYS_A_YEAR))
    return told


def _told(thing: Valued, as_of: date, reasons: list[Reason]) -> AssetValue:
    return AssetValue(
        asset_id=thing.asset_id,
        serial=thing.asset.serial,
        product=thing.product.code,
        as_of=as_of,
        grade=thing.grade,
        currency=thing.product.currency,
        price_new=to_cents(thing.product.price_new),
        route=thing.route,
        evidence=_basis(thing),
        reasons=reasons,
        rule=rule(),
    )


def evidence(sales: int) -> str:
    """Say on what a value rests, as a bank reads it.

    >>> evidence(0), evidence(12)
    ('expert only, 0 sales', 'expert only, 12 sales seen but not yet used')
    """
    return "expert only, 0 sales" if sales == 0 else f"expert only, {sales} sales seen but not yet used"


def _textbook(product: Product, age: float) -> dict[str, object]:
    return {
        "age_years": round(age, 2),
        "straight_line": straight_line(product.price_new, age_years=age, life_years=product.rated_years),
        "declining_balance": declining_balance(product.price_new, age_years=age),
    }


def _graded(thing: Valued, factor: float, effect: Decimal) -> Reason:
    if thing.grade is None:
        return _reason("value.condition_unknown", {"spread": _doubt(thing)}, Decimal(0))
    return _reason("value.grade", {"grade": thing.grade, "factor": factor}, effect)


def _curve(thing: Valued) -> list[dict[str, Any]]:
    """Take what sales taught of the product, else what its maker declares."""
    if thing.lesson is None:
        return thing.product.value_curve
    return [point.model_dump() for point in thing.lesson.points]


def _factor(thing: Valued) -> float:
    return 1.0 if thing.grade is None else grade_factor(thing.product, thing.grade, thing.lesson)


def _use(thing: Valued) -> UseEffect | None:
    day = born(thing.asset)
    return None if day is None else use_effect(thing.product, thing.lesson, thing.use, born=day)


def _used(use: UseEffect | None, effect: Decimal) -> list[Reason]:
    """Say what use does; nothing where it is not known."""
    if use is None:
        return []
    return [_reason("value.use", {"share": round(use.share, 3), "elasticity": use.elasticity}, effect)]


def _heard(at: int, thing: Valued, shares: Shares, factor: float, as_of: date, ahead: float) -> Said | None:
    day = born(thing.asset)
    if not thing.heard or day is None:
        return None
    told = Told(
        asset_id=thing.asset_id,
        born=day,
        curve=_curve(thing),
        price_new=float(thing.product.price_new),
        factor=factor,
        factor_of=lambda grade: max(grade_factor(thing.product, grade, thing.lesson), _LEAST_FACTOR),
        grade=thing.grade,
        shares=(float(shares.p10[at]), float(shares.p50[at]), float(shares.p90[at])),
        ahead=ahead,
        sold=0 if thing.lesson is None else thing.lesson.own_sales,
    )
    return hear(thing.heard, told, on=as_of)


def _moved(share: float, middle: float, said: Said | None) -> float:
    """Move and narrow P10 or P90 by what was said."""
    return share if said is None else float(middle * said.factor * (share / middle) ** said.narrower)


def _opinions(said: Said | None, effect: Decimal) -> list[Reason]:
    """Say what opinions do, and whose; nothing where there were none."""
    if said is None:
        return []
    by = sorted({one.given_by for one in said.heard})
    kinds = sorted({one.kind for one in said.heard})
    inputs = {"count": len(said.heard), "kinds": kinds, "by": ", ".join(by[:_MOST_NAMED]), "narrower": said.narrower}
    return [_reason("value.opinions", inputs, effect)]


def _doubt(thing: Valued) -> float:
    """Doubt a curve more where the condition is unknown; sales of every condition have that in their interval."""
    return 0.0 if thing.grade or thing.lesson is not None else figure("unknown_condition", "spread")


def _basis(thing: Valued) -> str:
    if thing.lesson is None:
        return evidence(thing.sales)
    by = "expert, held against" if thing.lesson.engine == "expert_curve" else f"{thing.lesson.engine}, learned from"
    return f"{by} {thing.lesson.sales} sales"


def _evidence(thing: Valued) -> Reason:
    if thing.lesson is not None:
        error = thing.lesson.mdape
        said = {"sales": thing.lesson.sales, "engine": thing.lesson.engine, "kind": thing.lesson.price_kind}
        return _reason("value.learned", {**said, "error": None if error is None else round(100 * error, 1)}, None)
    return _reason("value.evidence", {"sales": thing.sales, "basis": str(assumptions()["rule"])}, None)


def _reason(code: str, inputs: dict[str, object], effect: Decimal | None) -> Reason:
    return Reason(code=code, rule=rule(), inputs=inputs, effect=None if effect is None else float(effect))
