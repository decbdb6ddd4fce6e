"""Due dates over HTTP: what must be inspected where, by the calendar or by its meter."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlmodel import Session

from lifecycle.condition_queries import products_of
from lifecycle.due_date import Due, DueBy, DueStanding, by_what, standing, why
from lifecycle.due_queries import due_inspections
from lifecycle.due_tables import InspectionDueRecord
from lifecycle.reason import Reason
from lifecycle.tables import AssetRecord, ProductRecord
from lifecycle.work_order_queries import assets_by_id
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page

router = APIRouter(prefix="/due-inspections", tags=["work orders"])


class DueInspection(BaseModel):
    """An asset that must be inspected again: the earlier of calendar and meter, foretold at the pace of late."""

    asset_id: UUID
    serial: str
    product_id: UUID
    site_id: UUID | None
    place: str
    standing: DueStanding
    due_on: date
    by: DueBy
    days_left: int
    since: date
    calendar_on: date | None
    meter_on: date | None
    used: float | None
    pace: float | None
    reasons: list[Reason]


@router.get("")
@may(*EVERYBODY)
def list_due_inspections(
    *,
    caller: Asking,
    session: Reading,
    site: Annotated[UUID | None, Query(description="Id of the place where the asset stands now.")] = None,
    stands: Annotated[
        DueStanding | None, Query(alias="standing", description="overdue, due within its lead time, or later.")
    ] = None,
    before: Annotated[date | None, Query(description="Due before this day.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DueInspection]:
    """List what must be inspected, the most overdue first; filters narrow each other."""
    today = clock.now().date()
    query = due_inspections(holder_id=own(caller), site_id=site, standing=stands, before=before, today=today)
    by = (InspectionDueRecord.due_on, InspectionDueRecord.asset_id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=_shown(session, found, today), next_cursor=next_cursor)


def _shown(session: Session, found: list[InspectionDueRecord], today: date) -> list[DueInspection]:
    assets = assets_by_id(session, [due.asset_id for due in found])
    products = products_of(session, assets.values())
    return [_one(due, assets[due.asset_id], products[assets[due.asset_id].product_id], today) for due in found]


def _one(record: InspectionDueRecord, asset: AssetRecord, product: ProductRecord, today: date) -> DueInspection:
    due = Due.model_validate(record.model_dump(include=set(Due.model_fields)))
    assert due.due_on is not None  # noqa: S101 - asked for so
    return DueInspection(
        asset_id=asset.id,
        serial=asset.serial,
        product_id=asset.product_id,
        site_id=asset.site_id,
        place=asset.place,
        standing=standing(due.due_on, due.lead_days, today=today),
        due_on=due.due_on,
        by=by_what(due) or DueBy.CALENDAR,
        days_left=(due.due_on - today).days,
        since=due.since,
        calendar_on=due.calendar_on,
        meter_on=due.meter_on,
        used=due.used,
        pace=due.pace,
        reasons=why(due, product.usage_metric),
    )
