"""Readings over HTTP: delivered by machines and people."""

import hashlib
from asyncio import wrap_future
from datetime import datetime
from functools import partial

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from lifecycle.absorb_readings import Sent
from pas import clock
from pas.absorb_group import Parcel, encoded
from pas.access import answers_once, may
from pas.api.problems import problems
from pas.caller import Caller
from pas.careful import RawRoute
from pas.idempotency import Asked
from pas.idempotency import asked as asked_under
from pas.intake import Intake
from pas.refusals import status_of
from pas.role import Role
from telemetry.doubt import Doubt
from telemetry.refusal import Refusal
from telemetry.wire.decode import decode
from telemetry.wire.forms import openapi_content

deliveries = APIRouter(tags=["readings"], route_class=RawRoute)

_TOO_LARGE, _BUSY = "too-large", 503


class Taken(BaseModel):
    """What became of a batch: the three add up to its readings. `reasons` counts the quarantined by reason."""

    taken: int
    duplicates: int
    quarantined: int
    reasons: dict[Doubt, int]
    assets: int


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
        body = await request.body()
        asked = asked_under(request, caller, body)
        read = partial(_parcel, request, caller, body, asked, clock.now())
        absorbed = await wrap_future(intake.deliver(caller.tenant_id, read, size=len(body)))
    except (Refusal, HTTPException) as error:
        _count(intake, caller, error)
        raise
    headers = {"Idempotent-Replayed": "true"} if absorbed.repeated and asked else None
    return Response(encoded(absorbed), status_code=201, headers=headers, media_type="application/json")


def _parcel(request: Request, caller: Caller, body: bytes, asked: Asked | None, now: datetime) -> Parcel:
    """Read what was sent; raises what the reading of it raises."""
    told = request.headers
    arrived = decode(
        body,
        content_type=told.get("content-type", "application/json"),
        encoding=told.get("content-encoding", ""),
        now=now,
        precision=request.query_params.get("precision", ""),
    )
    key = None if asked is None else _batch_key(caller, asked.key)
    return Parcel(Sent(arrived, key, caller.actor.kind, caller.asset_ids), caller.actor, asked)


def _count(intake: Intake, caller: Caller, error: Refusal | HTTPException) -> None:
    """Count what was refused for what it is; a busy service is not the sender's fault."""
    if isinstance(error, HTTPException):
        intake.refused(caller.tenant_id, "http", _TOO_LARGE, str(error.detail), caller.actor.name)
    elif status_of(error) != _BUSY:
        intake.refused(caller.tenant_id, "http", error.code(), error.sentence, caller.actor.name)


def _batch_key(caller: Caller, key: str) -> str:
    """Keep the keys of senders apart: two lorries may both call their first batch 1."""
    return "key:" + hashlib.sha256(f"{caller.actor.kind}:{caller.actor.id}:{key}".encode()).hexdigest()
