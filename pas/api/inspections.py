"""Inspections over HTTP: what was seen is sent in once, and read by asset."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime

from lifecycle.condition_queries import inspections_of
from lifecycle.inspection import Inspection
from lifecycle.log_inspections import log_inspections
from lifecycle.queries import known_asset
from lifecycle.tables import InspectionRecord
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(tags=["inspections"])


class InspectionAnswer(Inspection):
    """An inspection as it was stored."""

    recorded_at: AwareDatetime
    recorded_by: str


@router.post("/inspections", status_code=201, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def log_inspection(inspection: Inspection, caller: Asking, session: Writing) -> InspectionAnswer:
    """Log what was seen under an id of your own making; sent again word for word it changes nothing."""
    return _shown(log_inspections(session, [inspection], now=clock.now(), by=caller.actor)[0])


@router.get("/assets/{asset_id}/inspections", responses=problems(404))
@may(*EVERYBODY)
def list_inspections(
    asset_id: UUID, caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[InspectionAnswer]:
    """List the inspections of an asset, the oldest first."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    by = (InspectionRecord.inspected_at, InspectionRecord.id)
    found, next_cursor = page(session, inspections_of(asset_id), by=by, cursor=cursor, limit=limit)
    return Page(items=[_shown(inspection) for inspection in found], next_cursor=next_cursor)


def _shown(inspection: InspectionRecord) -> InspectionAnswer:
    return InspectionAnswer.model_validate(inspection.model_dump(exclude={"tenant_id"}))
