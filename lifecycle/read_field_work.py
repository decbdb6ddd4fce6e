"""What a technician takes along: what is due and to be done, the things and their neighbours, and how to look."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.asset import AssetStatus
from lifecycle.checklist import Checklist
from lifecycle.checklist_queries import checklists_of
from lifecycle.condition_queries import products_of
from lifecycle.due_date import DueStanding
from lifecycle.due_queries import due_inspections
from lifecycle.due_tables import InspectionDueRecord
from lifecycle.tables import AssetRecord, ProductRecord, SiteRecord
from lifecycle.work_order_queries import assets_by_id, work_orders
from lifecycle.work_order_tables import WorkOrderRecord
from telemetry.lots import KEYS, lots

MOST_JOBS, MOST_THINGS = 400, 1500
"""What fits on a phone: jobs of each kind, and things that can be looked up without a network."""


class FieldWork(NamedTuple):
    """A technician's day: jobs, and all that must be known to do them where there is no network."""

    due: Sequence[InspectionDueRecord]
    work: Sequence[WorkOrderRecord]
    assets: Mapping[UUID, AssetRecord]
    sites: Mapping[UUID, SiteRecord]
    products: Mapping[UUID, ProductRecord]
    checklists: Mapping[UUID, Checklist]


def read_field_work(session: Session, *, site_id: UUID | None, today: date, now: datetime) -> FieldWork:
    """Give what is due by now and what is open, at one place or everywhere, the most pressing first."""
    due = [
        one
        for standing in (DueStanding.OVERDUE, DueStanding.DUE)
        for one in session.exec(
            due_inspections(holder_id=None, site_id=site_id, standing=standing, today=today)
            .order_by(col(InspectionDueRecord.due_on), col(InspectionDueRecord.asset_id))
            .limit(MOST_JOBS)
        )
    ][:MOST_JOBS]
    open_ = work_orders(holder_id=None, site_id=site_id, is_open=True)
    by_urgency = (col(WorkOrderRecord.due_on).is_(None), col(WorkOrderRecord.due_on), col(WorkOrderRecord.opened_at))
    work = session.exec(open_.order_by(*by_urgency, col(WorkOrderRecord.id)).limit(MOST_JOBS)).all()

    assets = assets_by_id(session, [one.asset_id for one in due] + [one.asset_id for one in work])
    assets |= _neighbours(session, assets, site_id)
    products = products_of(session, assets.values())
    known = checklists_of(session, products)
    sites = _sites(session, {one.site_id for one in assets.values() if one.site_id})
    return FieldWork(due, work, assets, sites, products, {one: known.at(one, now) for one in products})


def _neighbours(session: Session, assets: Mapping[UUID, AssetRecord], site_id: UUID | None) -> dict[UUID, AssetRecord]:
    """Give what else stands at the same places: a technician scans what stands there, not what is on the list."""
    places = {one.site_id for one in assets.values() if one.site_id} | ({site_id} if site_id else set())
    found: dict[UUID, AssetRecord] = {}
    for some in lots(sorted(places), KEYS):
        room = MOST_THINGS - len(found)
        here = col(AssetRecord.site_id).in_(some)
        query = select(AssetRecord).where(here, AssetRecord.status != AssetStatus.RETIRED)
        found |= {one.id: one for one in session.exec(query.order_by(col(AssetRecord.id)).limit(room))}
    return found


def _sites(session: Session, ids: set[UUID]) -> dict[UUID, SiteRecord]:
    found: dict[UUID, SiteRecord] = {}
    for some in lots(sorted(ids), KEYS):
        found |= {one.id: one for one in session.exec(select(SiteRecord).where(col(SiteRecord.id).in_(some)))}
    return found
