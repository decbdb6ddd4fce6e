"""Readings over HTTP: delivered by machines and people, and those that were doubted."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlmodel import col, select

from lifecycle.absorb_readings import absorb_readings
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.caller import Caller
from pas.idempotency import HEADER
from pas.read_batch import read_batch
from pas.role import Role
from telemetry.doubt import Doubt
from telemetry.tables import QuarantinedReadingRecord

router = APIRouter(tags=["readings"])


class NewReading(BaseModel):
    """One reading: `asset` is an id, public identifier or serial number; without `unit` it is the metric's own."""

    model_config = ConfigDict(extra="forbid")

    asset: str
    metric: str
    at: str
    """A moment with its zone, such as 2026-03-29T14:00:00Z."""
    value: float | str | None
    unit: str | None = None


class Taken(BaseModel):
    """What became of a batch: the three add up to its readings. `reasons` counts the quarantined by reason."""

    taken: int
    duplicates: int
    quarantined: int
    reasons: dict[Doubt, int]
    assets: int


class QuarantinedReading(BaseModel):
    """A reading that was not believed, as it came, with the reason."""

    id: UUID
    batch_key: str
    row: int
    reason: Doubt
    sentence: str
    as_received: dict[str, str]
    received_at: AwareDatetime


async def _body(request: Request) -> bytes:
    return await request.body()


_SCHEMA = {
    "type": "object",
    "title": "NewReadings",
    "properties": {"readings": {"type": "array", "items": NewReading.model_json_schema()}},
    "required": ["readings"],
    "additionalProperties": False,
}
_BATCH = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _SCHEMA},
            "text/csv": {"schema": {"type": "string"}, "example": "asset,metric,at,value,unit\n"},
        },
    }
}


@router.post("/readings", status_code=201, responses=problems(409, 415, 422), openapi_extra=_BATCH)
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.DEVICE)
def take_readings(
    caller: Asking,
    session: Writing,
    body: Annotated[bytes, Depends(_body)],
    content_type: Annotated[str, Header(include_in_schema=False)] = "application/json",
    key: Annotated[str | None, Header(alias=HEADER, include_in_schema=False)] = None,
) -> Taken:
    """Take a batch of readings, as JSON or csv; doubtful ones are kept apart and the rest goes in.

    A device speaks only for its own assets. Under an `Idempotency-Key` a batch goes in once.
    """
    found = absorb_readings(
        session,
        frame=read_batch(body, content_type=content_type),
        key=None if key is None else _batch_key(caller, key),
        source=caller.actor.kind,
        now=clock.now(),
        by=caller.actor,
        only=caller.asset_ids if caller.role is Role.DEVICE else None,
    )
    return Taken.model_validate(found, from_attributes=True)


def _batch_key(caller: Caller, key: str) -> str:
    """Keep the keys of senders apart: two lorries may both call their first batch 1."""
    return "key:" + hashlib.sha256(f"{caller.actor.kind}:{caller.actor.id}:{key}".encode()).hexdigest()


@router.get("/quarantine")
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def list_quarantine(
    _caller: Asking,
    session: Reading,
    reason: Annotated[Doubt | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[QuarantinedReading]:
    """List the readings that were not believed, oldest first."""
    query = select(QuarantinedReadingRecord)
    if reason is not None:
        query = query.where(col(QuarantinedReadingRecord.reason) == reason.value)
    found, next_cursor = page(session, query, by=(QuarantinedReadingRecord.id,), cursor=cursor, limit=limit)
    items = [QuarantinedReading.model_validate(one, from_attributes=True) for one in found]
    return Page(items=items, next_cursor=next_cursor)
