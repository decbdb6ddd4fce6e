"""The history of an asset over HTTP: read as it was recorded, corrected by further events only."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel
from sqlmodel import select

from lifecycle.asset import Amendment, Correction
from lifecycle.correct_history import correct_history
from lifecycle.queries import known_asset
from lifecycle.tables import AssetEventRecord
from pas import clock
from pas.access import STAFF, Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/assets/{asset_id}", tags=["history"])


class Event(BaseModel):
    """One event of a history; `hash` covers all of it and the hash before."""

    sequence: int
    id: UUID
    kind: str
    happened_at: AwareDatetime
    recorded_at: AwareDatetime
    actor_kind: str
    actor: str
    source: str
    trust: float
    facts: dict[str, Any]
    previous_hash: str
    hash: str


@router.get("/history", responses=problems(404))
@may(*STAFF)
def read_history(
    asset_id: UUID, _caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[Event]:
    """List what happened to an asset, in the order in which it was recorded."""
    known_asset(session, asset_id=asset_id, holder_id=None)
    query = select(AssetEventRecord).where(AssetEventRecord.asset_id == asset_id)
    found, next_cursor = page(session, query, by=(AssetEventRecord.sequence,), cursor=cursor, limit=limit)
    return Page(items=[_shown(event) for event in found], next_cursor=next_cursor)


@router.post("/corrections", status_code=201, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def correct(asset_id: UUID, amendment: Amendment, caller: Asking, session: Writing) -> Event:
    """Say what an event should have said, or that it never happened; the event itself stays as it was written."""
    known_asset(session, asset_id=asset_id, holder_id=None)
    correction = Correction.model_validate(amendment.model_dump(exclude_unset=True) | {"asset_id": asset_id})
    return _shown(correct_history(session, correction, now=clock.now(), by=caller.actor))


def _shown(event: AssetEventRecord) -> Event:
    return Event.model_validate(event, from_attributes=True)
