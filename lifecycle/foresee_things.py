"""Foresee how things stand on a day to come: which grades they may have, and what each route would then net."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np
from sqlmodel import Session, col, select

from lifecycle.condition.chances import GRADE_EDGES, chances
from lifecycle.condition_queries import bills_of_materials, conditions_known_at, products_of
from lifecycle.grade import GRADES
from lifecycle.opinion_queries import opinions_heard
from lifecycle.portfolio.forecast import Setting
from lifecycle.portfolio.standing import TENTH, Grade, Standing
from lifecycle.route.costing import Costed, cost
from lifecycle.route.economics import parts_worth, scrap_worth
from lifecycle.route.worth import worth_of
from lifecycle.tables import AssetRecord, ConditionRecord, MaterialRecord, PartRecord, ProductRecord
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation.value import AssetValue, Valued, value
from lifecycle.valuation_queries import lessons_known_at
from lifecycle.value_assets import index_on, said_of, use_known
from telemetry.lots import KEYS, lots

_DAYS_A_YEAR = 365.25


def foresee_things(
    session: Session, *, last_days: Mapping[UUID, date], setting: Setting, now: datetime
) -> dict[str, list[Standing]]:
    """Foresee each thing on its own last day, by currency of its product, from what was known at `now`.

    A thing that was never assessed, has no route, cannot be valued, or may have a grade at which no route is open is
    left out. Its books are taken to fall by the straight line. Writes nothing.
    """
    ids = sorted(last_days)
    assets = [
        one
        for some in lots(ids, KEYS)
        for one in session.exec(select(AssetRecord).where(col(AssetRecord.id).in_(some)))
    ]
    products = products_of(session, assets)
    until = datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=UTC)
    conditions = conditions_known_at(session, ids, at=until)
    lessons = lessons_known_at(session, products, at=until)
    heard = opinions_heard(session, product_ids=products, as_of=now.date(), at=until)
    bills = bills_of_materials(session, products)
    found: dict[str, list[Standing]] = {}
    costs: dict[tuple[UUID, str], Costed] = {}
    for asset in sorted(assets, key=lambda one: one.id):
        product, condition = products[asset.product_id], conditions.get(asset.id)
        if condition is None or not product.routes:
            continue
        lesson, on = lessons.get(product.id), last_days[asset.id]
        thing = Valued(
            asset.id, asset, product.id, product, GRADES[0], None, 0, lesson, use_known(condition),
            said_of(heard, asset),
        )  # fmt: skip
        worth = value([thing], as_of=on, today=now.date())[0]
        if worth.p50 is None:
            continue
        grades = list(_grades(product, condition, float(worth.p50), bills[product.id], lesson, on, setting, costs))
        years = (on - now.date()).days / _DAYS_A_YEAR
        booked = float(worth.straight_line or 0)
        standing = Standing(asset.id, product.trade, years, _sd(worth), booked, grades)
        if not standing.may_get_stuck:
            found.setdefault(product.currency, []).append(standing)
    return found


def _grades(
    product: ProductRecord,
    condition: ConditionRecord,
    at_best: float,
    bill: Sequence[tuple[PartRecord, MaterialRecord]],
    lesson: Lesson | None,
    on: date,
    setting: Setting,
    costs: dict[tuple[UUID, str], Costed],
) -> Iterator[Grade]:
    spread = (condition.index_p90 - condition.index_p10) / (2 * TENTH)
    likely = chances(np.array([index_on(condition, product, on=on)]), np.array([spread]), GRADE_EDGES)[0]
    scrap = scrap_worth(bill, currency=product.currency)
    apart = parts_worth(part for part, _ in bill), None if scrap is None else scrap * setting.material_factor
    wage = float(product.wage) * setting.wage_factor
    for grade, chance in zip(GRADES, likely, strict=True):
        worth = worth_of(product, grade, 1.0, *apart, lesson=lesson)._replace(at_grade_a=at_best)
        if (product.id, grade) not in costs:
            costs[product.id, grade] = cost(product, bill, grade=grade, wage=wage)
        costed = costs[product.id, grade]
        unpriced = costed.takings(worth._replace(at_grade_a=0.0))
        yield Grade(float(chance), tuple(costed.takings(worth)), tuple(unpriced))


def _sd(worth: AssetValue) -> float:
    """Read the spread of a price, in the logarithm, off its P10 and P90."""
    low, high = float(worth.p10 or 0), float(worth.p90 or 0)
    return float(np.log(high / low)) / (2 * TENTH) if 0 < low < high else 0.0
