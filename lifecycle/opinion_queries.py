"""Questions about opinions: those that stood at a moment, and how good those of a giver were."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from sqlmodel import Session, col, select

from lifecycle.opinion_tables import PriceOpinionRecord
from lifecycle.tables import AssetRecord, SaleRecord
from lifecycle.valuation.opinions import Heard
from telemetry.lots import KEYS, lots

LETTERS = "EEDCBA"
"""The letter of each observed grade, 0 to 5."""
_SOON = timedelta(days=365)
"""A sale tells how good an opinion was that was given so long before it at the most."""


def opinions_standing_at(session: Session, *, product_ids: Iterable[UUID], at: datetime) -> list[PriceOpinionRecord]:
    """Give the newest word under each number of a source, told before a moment, on some products; oldest first."""
    one = PriceOpinionRecord
    found: dict[tuple[str, str], PriceOpinionRecord] = {}
    for some in lots(product_ids, KEYS):
        query = select(one).where(col(one.product_id).in_(some), col(one.recorded_at) < at)
        for row in session.exec(query.order_by(col(one.recorded_at), col(one.id))):
            found[row.source, row.opinion_id] = row
    return sorted(found.values(), key=lambda row: (row.given_on, row.recorded_at, row.id))


def opinions_heard(
    session: Session, *, product_ids: Iterable[UUID], as_of: date, at: datetime
) -> dict[UUID, list[Heard]]:
    """Give by product what was said up to a day and told to us before a moment.

    Of several words of one giver and kind on one thing the last counts.
    """
    standing = opinions_standing_at(session, product_ids=product_ids, at=at)
    last = {_about(one): one for one in standing if one.given_on <= as_of}
    heard: defaultdict[UUID, list[Heard]] = defaultdict(list)
    for one in last.values():
        heard[one.product_id].append(_heard(one))
    return dict(heard)


def shown_by_givers(session: Session, *, givers: Iterable[str], at: datetime) -> dict[tuple[str, str], list[float]]:
    """Hold what some people said of things of ours against what those were sold for within a year, by giver and kind.

    Each is the logarithm of what was said over what was paid.
    """
    one = PriceOpinionRecord
    said: dict[tuple[str, str], PriceOpinionRecord] = {}
    for some in lots(sorted(set(givers)), KEYS):
        query = select(one).where(col(one.given_by).in_(some), col(one.asset_id).is_not(None))
        for row in session.exec(query.order_by(col(one.recorded_at), col(one.id))):
            said[row.source, row.opinion_id] = row
    sold = _sold(session, {row.asset_id for row in said.values() if row.asset_id is not None}, at)
    offs: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for row in said.values():
        for day, currency, price in sold.get(row.asset_id, ()) if row.asset_id else ():
            if currency == row.currency and row.given_on <= day <= row.given_on + _SOON and row.price is not None:
                offs[row.given_by, row.kind.value].append(float(np.log(float(row.price) / price)))
    return dict(offs)


def _about(one: PriceOpinionRecord) -> tuple[object, ...]:
    return (one.given_by, one.kind, one.asset_id) if one.asset_id else (one.source, one.opinion_id)


def _heard(one: PriceOpinionRecord) -> Heard:
    return Heard(
        kind=one.kind.value,
        given_by=one.given_by,
        given_on=one.given_on,
        asset_id=one.asset_id,
        age_years=one.age_years,
        grade=None if one.condition_grade is None else LETTERS[round(one.condition_grade)],
        price=None if one.price is None else float(np.log(float(one.price))),
        noise=one.noise,
        leaning=one.leaning,
    )


def _sold(session: Session, asset_ids: set[UUID], at: datetime) -> dict[UUID, list[tuple[date, str, float]]]:
    """Give the sales of things of ours; a sale names its thing by serial, public identifier or id."""
    names: dict[str, UUID] = {}
    for some in lots(sorted(asset_ids), KEYS):
        query = select(AssetRecord.id, AssetRecord.serial, AssetRecord.public_id).where(col(AssetRecord.id).in_(some))
        for identity, serial, public_id in session.exec(query):
            names |= {str(identity): identity, serial: identity, public_id: identity}
    sold: defaultdict[UUID, list[tuple[date, str, float]]] = defaultdict(list)
    for some_names in lots(sorted(names), KEYS):
        sales = select(SaleRecord).where(col(SaleRecord.asset_id).in_(some_names))
        for sale in session.exec(sales.where(col(SaleRecord.sold_on) <= at.date())):
            if sale.sold_on is not None:
                sold[names[sale.asset_id]].append((sale.sold_on, sale.currency, float(sale.price)))
    return sold
