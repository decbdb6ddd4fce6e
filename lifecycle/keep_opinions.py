"""Keep opinions on what things are worth: each under its source and the source's own number, every word for ever."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lifecycle.opinion import Opinion, OpinionKind
from lifecycle.opinion_queries import shown_by_givers
from lifecycle.opinion_tables import PriceOpinionRecord
from lifecycle.queries import assets_by_reference
from lifecycle.tables import AssetRecord, ProductRecord
from lifecycle.valuation.assumptions import figure
from lifecycle.valuation.opinions import giver
from telemetry.lots import KEYS, lots
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

_A_TICK = timedelta(microseconds=1)
_A_DAY = timedelta(days=1)
_FACTS = set(Opinion.model_fields)


class UnfitOpinion(Refusal):
    """An opinion names nothing of ours, or cannot be held against a value."""


class ToldOpinion(Opinion):
    """An opinion as it reaches us: who passed it on, and the thing (serial, public identifier) or product it is on."""

    source: str = Field(min_length=1, max_length=80)
    asset: str | None = Field(default=None, min_length=1, max_length=80)
    product: str | None = Field(default=None, min_length=1, max_length=60)


class KeptOpinions(NamedTuple):
    """How many opinions were new, changed, and the same as before."""

    new: int
    changed: int
    unchanged: int


class About(NamedTuple):
    """What an opinion is on: a product, and one thing of it where it names one."""

    product: ProductRecord
    asset_id: UUID | None


def keep_opinions(session: Session, opinions: Sequence[ToldOpinion], *, now: datetime) -> KeptOpinions:
    """Add what is new and what differs; nothing is overwritten. Raises UnfitOpinion. Values nothing anew."""
    wanted = {(one.source, one.opinion_id): one for one in opinions}
    on = what_it_is_on(session, [(one.asset, one.product) for one in wanted.values()])
    about = {key: refuse_unfit(one, of) for (key, one), of in zip(wanted.items(), on, strict=True)}
    _refuse_to_come(wanted.values(), now)
    known = _known(session, list(wanted))

    shown = shown_by_givers(session, givers=[one.given_by for one in wanted.values()], at=now)
    told = {key: _told(one, about[key], shown) for key, one in wanted.items()}
    news = {key: row for key, row in told.items() if key not in known or _differs(known[key], row)}

    tenant = tenant_of(session)
    for key, row in news.items():
        at = max(now, known[key].recorded_at + _A_TICK) if key in known else now
        session.add(PriceOpinionRecord.model_validate({**row, "tenant_id": tenant, "recorded_at": at}))
    session.flush()
    changed = sum(key in known for key in news)
    return KeptOpinions(len(news) - changed, changed, len(wanted) - len(news))


def what_it_is_on(session: Session, named: Sequence[tuple[str | None, str | None]]) -> list[About | None]:
    """Find what each opinion is on, by a reference of a thing or else the code of a product; None where by neither."""
    ids = assets_by_reference(session, {asset for asset, _ in named if asset})
    products = {one.id: one for one in session.exec(select(ProductRecord))}
    by_code = {one.code: About(one, None) for one in products.values()}
    of_thing: dict[UUID, About] = {}
    for some in lots(sorted(ids.values()), KEYS):
        query = select(AssetRecord.id, AssetRecord.product_id).where(col(AssetRecord.id).in_(some))
        of_thing |= {thing: About(products[product], thing) for thing, product in session.exec(query)}
    return [
        (of_thing[ids[asset]] if asset in ids else None) if asset else by_code.get(product or "")
        for asset, product in named
    ]


def refuse_unfit(one: ToldOpinion, about: About | None) -> About:
    """Refuse an opinion that cannot be held against a value. Raises UnfitOpinion."""
    if about is None:
        wrong = (
            f"{one.asset!r} is no asset of ours, or more than one" if one.asset else f"{one.product or ''!r} is none"
        )
        raise UnfitOpinion(
            f"opinion {one.opinion_id} must name an asset, or a product by its code: {wrong}",
            field="asset" if one.asset else "product",
        )
    if about.asset_id is None and (one.kind is OpinionKind.GRADE or one.age_years is None):
        raise UnfitOpinion(
            f"opinion {one.opinion_id} is on a product: it takes a price and an age in years", field="age_years"
        )
    if one.currency is not None and one.currency != about.product.currency:
        raise UnfitOpinion(
            f"opinion {one.opinion_id} is in {one.currency}, and {about.product.code} is valued in "
            f"{about.product.currency}: no rate is assumed, convert the price first",
            field="currency",
        )
    return about


def _refuse_to_come(opinions: Iterable[ToldOpinion], now: datetime) -> None:
    """Refuse an opinion of a day that has begun nowhere on earth."""
    for one in opinions:
        if one.given_on > now.date() + _A_DAY:
            raise UnfitOpinion(f"opinion {one.opinion_id} was given on {one.given_on}, a day to come", field="given_on")


def _told(one: ToldOpinion, about: About, shown: Mapping[tuple[str, str], Sequence[float]]) -> dict[str, object]:
    stated = one.spread or (figure("opinion", "grade_noise") if one.kind is OpinionKind.GRADE else None)
    of = giver(shown.get((one.given_by, one.kind.value), ()), stated=stated)
    facts = one.model_dump(include=_FACTS | {"source"})
    return facts | {
        "product_id": about.product.id,
        "asset_id": about.asset_id,
        "noise": of.noise,
        "leaning": of.leaning,
    }


def _differs(known: PriceOpinionRecord, row: Mapping[str, object]) -> bool:
    """Tell whether somebody said something else; what is known of the giver since is no other word."""
    return any(getattr(known, name) != row[name] for name in (*_FACTS, "product_id", "asset_id"))


def _known(session: Session, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], PriceOpinionRecord]:
    one, wanted = PriceOpinionRecord, set(keys)
    found: dict[tuple[str, str], PriceOpinionRecord] = {}
    for some in lots(sorted({number for _, number in wanted}), KEYS):
        for row in session.exec(select(one).where(col(one.opinion_id).in_(some)).order_by(col(one.recorded_at))):
            if (row.source, row.opinion_id) in wanted:
                found[row.source, row.opinion_id] = row
    return found
