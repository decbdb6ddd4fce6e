"""Payloads that were refused whole, counted, over HTTP: a sender gone wrong is seen before somebody misses readings."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel
from sqlmodel import select

from pas.access import STAFF, Asking, Reading, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.refused_payloads import Door
from pas.tables import RefusedPayloadRecord

router = APIRouter(tags=["readings"])


class RefusedPayload(BaseModel):
    """How often payloads were refused whole at one door on one UTC day for one reason, and the last of them."""

    day: date
    door: Door
    reason: str
    """The code of the refusal, such as `unreadable-batch`."""
    count: int
    first_at: AwareDatetime
    last_at: AwareDatetime
    last_sentence: str
    last_sender: str


@router.get("/refused-payloads")
@may(*STAFF)
def list_refused_payloads(
    _caller: Asking,
    session: Reading,
    since: Annotated[date | None, Query(description="From this UTC day on.")] = None,
    door: Annotated[Door | None, Query(description="Only those of this door.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RefusedPayload]:
    """List the counts by day, door and reason, oldest first. A count is up to two seconds behind."""
    query = select(RefusedPayloadRecord)
    if since is not None:
        query = query.where(RefusedPayloadRecord.day >= since)
    if door is not None:
        query = query.where(RefusedPayloadRecord.door == door)
    by = (RefusedPayloadRecord.day, RefusedPayloadRecord.door, RefusedPayloadRecord.reason)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    items = [RefusedPayload.model_validate(one, from_attributes=True) for one in found]
    return Page(items=items, next_cursor=next_cursor)
