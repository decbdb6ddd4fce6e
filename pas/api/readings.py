"""Readings over HTTP: delivered by machines and people, and those that were doubted."""

import hashlib
from asyncio import get_running_loop, wrap_future
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel
from sqlmodel import col, select
from starlette.exceptions import HTTPException

from lifecycle.absorb_readings import Sent
from pas import clock
from pas.absorb_group import Parcel, encoded
from pas.access import Asking, Reading, answers_once, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.caller import Caller
from pas.careful import RawRoute
from pas.idempotency import asked as asked_under
from pas.intake import Intake
from pas.refusals import status_of
from pas.role import Role
from telemetry.doubt import Doubt
from telemetry.reading import Arrived
from telemetry.refusal import Refusal
from telemetry.tables import QuarantinedReadingRecord
from telemetry.wire.decode import decode
from telemetry.wire.forms import openapi_content

deliveries = APIRouter(tags=["readings"], route_class=RawRoute)
router = APIRouter(tags=["readings"])

_QUICKLY_READ = 256 * 1024
"""Bytes of a body that are read in less time than a change of thread and back takes."""
_TOO_LARGE, _BUSY = "too-large", 503


@cache
def _reader() -> ThreadPoolExecutor:
    """Give the thread that reads large bodies, one after the other: side by side they would only fill the memory."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")


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


_BATCH = {
    "requestBody": {"required": True, "content": openapi_content()},
    "parameters": [
        {
            "name": "precision",
            "in": "query",
            "required": False,
            "description": "What numbers for moments count, where the body does not say it itself.",
            "schema": {"enum": ["s", "ms", "us", "ns"]},
        },
        {
            "name": "Content-Encoding",
            "in": "header",
            "required": False,
            "description": "How the body is packed.",
            "schema": {"enum": ["identity", "gzip", "zstd"]},
        },
    ],
}


@deliveries.post(
    "/readings", status_code=201, response_model=Taken, responses=problems(409, 413, 415, 422), openapi_extra=_BATCH
)
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.DEVICE)
@answers_once
async def take_readings(request: Request) -> Response:
    """Take a batch of readings; doubtful ones are kept apart and the rest goes in. The answer comes once it is stored.

    A device speaks only for its own assets. Under an `Idempotency-Key` a batch goes in once.
    """
    caller: Caller = request.state.caller
    intake: Intake = request.app.state.intake
    try:
        delivered = await _delivered(request, caller)
        absorbed = await wrap_future(
            intake.submit(caller.tenant_id, delivered.sent, caller.actor, asked=delivered.asked)
        )
    except (Refusal, HTTPException) as error:
        _count(intake, caller, error)
        raise
    headers = {"Idempotent-Replayed": "true"} if absorbed.repeated and delivered.asked else None
    return Response(encoded(absorbed), status_code=201, headers=headers, media_type="application/json")


async def _delivered(request: Request, caller: Caller) -> Parcel:
    """Read what was sent; raises what the reading of it raises."""
    body, headers = await request.body(), request.headers
    encoding = headers.get("content-encoding", "")
    kind, precision = headers.get("content-type", "application/json"), request.query_params.get("precision", "")
    read = partial(decode, body, content_type=kind, encoding=encoding, now=clock.now(), precision=precision)
    arrived = await _soon(read) if encoding or len(body) > _QUICKLY_READ else read()
    asked = asked_under(request, caller, body)
    key = None if asked is None else _batch_key(caller, asked.key)
    return Parcel(Sent(arrived, key, caller.actor.kind, caller.asset_ids), caller.actor, asked)


async def _soon(read: Callable[[], Arrived]) -> Arrived:
    """Read in a thread what is large, or packed and so of unknown size, for it would keep the other senders waiting."""
    return await get_running_loop().run_in_executor(_reader(), read)


def _count(intake: Intake, caller: Caller, error: Refusal | HTTPException) -> None:
    """Count what was refused for what it is; a busy service is not the sender's fault."""
    if isinstance(error, HTTPException):
        intake.refused(caller.tenant_id, "http", _TOO_LARGE, str(error.detail), caller.actor.name)
    elif status_of(error) != _BUSY:
        intake.refused(caller.tenant_id, "http", error.code(), error.sentence, caller.actor.name)


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
