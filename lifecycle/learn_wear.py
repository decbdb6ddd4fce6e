"""Learn from our own inspections how fast each product really wears, and let its things be assessed by that."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlmodel import Session, col, func, select

from lifecycle.await_reassessment import await_reassessment
from lifecycle.condition.assumptions import figure
from lifecycle.condition.fleet import rows_of, sights_of
from lifecycle.condition.known_pattern import known_pattern
from lifecycle.condition.learned_wear import Ended, Seen, learned, pairs_of
from lifecycle.condition.remaining_life import DAYS_A_YEAR
from lifecycle.condition.terms import Terms, terms_of
from lifecycle.condition.wear_parameters import WearParameters
from lifecycle.grade import Floats, grades_of
from lifecycle.product import Product
from lifecycle.read_fleet import Read, read_fleet
from lifecycle.read_looks import Thing, Which
from lifecycle.tables import AssetRecord, InspectionRecord, ProductRecord
from lifecycle.wear_queries import last_parameters
from lifecycle.wear_tables import WearParametersRecord
from telemetry.tables import tenant_of

LEARNED = "wear learned"
"""The cause for which things wait whose product's wear was learned anew."""


class Learned(NamedTuple):
    """How many products were looked at, how many taught something new, and how many of their things wait for it."""

    products: int = 0
    fresh: int = 0
    assets: int = 0


def learn_wear(session: Session, *, product_id: UUID, now: datetime) -> Learned:
    """Learn the wear of one product from all its inspections; what says nothing new is not written.

    Assesses nothing: the things of the product are queued. Raises nothing where nobody ever looked.
    """
    product = session.exec(select(ProductRecord).where(ProductRecord.id == product_id)).one()
    before = last_parameters(session, [product_id]).get(product_id)

    known, things = _from_inspections(session, product_id, product, now)

    if known is None or (before or terms_of(product).parameters).fingerprint == known.fingerprint:
        return Learned(products=1)
    session.add(_record(tenant_of(session), product_id, known, now))
    session.flush()
    return Learned(1, 1, await_reassessment(session, [thing.id for thing in things], cause=LEARNED, now=now))


def products_to_learn(session: Session, *, now: datetime) -> list[UUID]:
    """Give the products of which somebody inspected something since their wear was learned, at least a week ago."""
    inspected = (
        select(AssetRecord.product_id, func.max(InspectionRecord.recorded_at))
        .join(
            InspectionRecord,
            (col(InspectionRecord.tenant_id) == AssetRecord.tenant_id)
            & (col(InspectionRecord.asset_id) == AssetRecord.id),
        )
        .where(col(InspectionRecord.inspected_at) <= now)
        .group_by(col(AssetRecord.product_id))
    )
    one = WearParametersRecord
    at = {
        row[0]: row[1]
        for row in session.exec(select(one.product_id, func.max(one.learned_at)).group_by(col(one.product_id)))
    }
    oldest = now - timedelta(days=figure("learning", "again_days"))
    return sorted(
        product
        for product, last in session.exec(inspected)
        if product not in at or (at[product] < last and at[product] <= oldest)
    )


def _from_inspections(
    session: Session, product_id: UUID, product: Product, now: datetime
) -> tuple[WearParameters | None, list[Thing]]:
    columns: tuple[Any, ...] = (AssetRecord.id, AssetRecord.product_id, AssetRecord.in_service_on, AssetRecord.made_on)
    things = [Thing(*row) for row in session.execute(select(*columns).where(AssetRecord.product_id == product_id))]
    terms = terms_of(product)
    read = read_fleet(session, things, which=_of_product(product_id), terms={product_id: terms}, today=now.date())
    if not len(read.fleet.looks.thing):
        return None, things
    pairs = pairs_of(sights_of(read.fleet, rows_of(read.fleet)), read.fleet.looks.day)
    pattern = known_pattern([measured.recent.lines for measured in read.readings.values()])
    return learned(terms, pairs, _ended(read, terms)).model_copy(update={"pattern": pattern}), things


def _of_product(product_id: UUID) -> Which:
    return lambda column: column.in_(select(AssetRecord.id).where(AssetRecord.product_id == product_id))


def _ended(read: Read, terms: Terms) -> Ended:
    """Follow every thing that was ever looked at, from its first look until it was seen at its end, or until now."""
    fleet = read.fleet
    seen = np.array(
        [np.nansum(one.points * terms.weights) / terms.weights[np.isfinite(one.points)].sum() for one in fleet.sights]
    )
    index, thing, worn = seen[fleet.looks.sight], fleet.looks.thing, fleet.looks.clock.worn
    end_of, first_of = np.full(len(fleet.ids), -1), np.full(len(fleet.ids), -1)
    at_end = np.flatnonzero(index <= terms.end)
    end_of[thing[at_end][::-1]] = at_end[::-1]
    first_of[thing[::-1]] = np.arange(len(thing))[::-1]
    looked = np.flatnonzero(first_of >= 0)
    ended = end_of[looked] >= 0
    until = np.where(ended, np.append(worn, 0.0)[end_of[looked]], fleet.clock.worn[looked])
    began = _served_before(read, terms)[looked]
    left = until - worn[first_of[looked]]
    return Ended(until + began, ended, began, Seen(grades_of(index[first_of[looked]]), left, ended))


def _served_before(read: Read, terms: Terms) -> Floats:
    """Give the rated lives, by the calendar, that things served before their clock began."""
    began = [thing.in_service_on or thing.made_on for thing in read.things]
    days = [
        0 if day is None else since - day.toordinal()
        for day, since in zip(began, read.fleet.since.tolist(), strict=True)
    ]
    return np.maximum(np.array(days, dtype=np.float64), 0) / (terms.rated_years * DAYS_A_YEAR)


def _record(tenant_id: int, product_id: UUID, known: WearParameters, now: datetime) -> WearParametersRecord:
    return WearParametersRecord(
        tenant_id=tenant_id,
        product_id=product_id,
        learned_at=now,
        rule=known.rule,
        figures=known.model_dump(mode="json"),
        fingerprint=known.fingerprint,
    )
