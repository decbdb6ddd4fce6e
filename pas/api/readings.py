"""Readings over HTTP: delivered by machines and people, read back raw or rolled up, and those that were doubted."""

import hashlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import pandas as pd
from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlmodel import col, select

from lifecycle.absorb_readings import absorb_readings
from lifecycle.queries import known_asset
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.caller import Caller
from pas.idempotency import HEADER
from pas.read_batch import read_batch
from pas.role import Role
from telemetry.doubt import Doubt
from telemetry.metric import MetricKind
from telemetry.queries import days, hours, latest, metric, series
from telemetry.tables import QuarantinedReadingRecord

router = APIRouter(tags=["readings"])

_SHOWN = 10_000
_USUAL = timedelta(days=7)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)

MetricCode = Annotated[str, Query(alias="metric", min_length=1, max_length=60, description="Code of the metric.")]
Start = Annotated[AwareDatetime | None, Query(description="From this moment on; else seven days before the end.")]
End = Annotated[AwareDatetime | None, Query(description="Up to but without this moment; else until now.")]
Most = Annotated[int, Query(alias="limit", ge=1, le=_SHOWN, description="How many at the most.")]


class Period(StrEnum):
    """Over what readings are rolled up."""

    HOUR = "hour"
    DAY = "day"


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


class ReadingAnswer(BaseModel):
    """One reading in the metric's unit."""

    at: AwareDatetime
    value: float


class ReadingsAnswer(BaseModel):
    """Readings of one metric of one asset, in order; where there are more, `next_start` is the moment of the next."""

    asset_id: UUID
    metric: str
    kind: MetricKind
    unit: str
    readings: list[ReadingAnswer]
    next_start: AwareDatetime | None


class RollupAnswer(BaseModel):
    """One hour or UTC day. `increase` is how much a counter rose since the reading before; 0 for a gauge."""

    at: AwareDatetime
    count: int
    total: float
    minimum: float
    maximum: float
    first: float
    last: float
    mean: float
    increase: float


class RollupsAnswer(BaseModel):
    """Rollups of one metric of one asset, in order; where there are more, `next_start` is the start of the next."""

    asset_id: UUID
    metric: str
    kind: MetricKind
    unit: str
    by: Period
    rollups: list[RollupAnswer]
    next_start: AwareDatetime | None


class LatestAnswer(BaseModel):
    """The newest reading of one metric."""

    metric: str
    at: AwareDatetime
    value: float
    unit: str


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


@router.get("/assets/{asset_id}/readings", responses=problems(404, 422))
@may(*EVERYBODY)
def read_readings(
    asset_id: UUID,
    caller: Asking,
    session: Reading,
    code: MetricCode,
    start: Start = None,
    end: End = None,
    limit: Most = 1000,
) -> ReadingsAnswer:
    """Give the readings of one metric of an asset, as they came, in its unit."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    asked, (since, until) = metric(session, code), _span(start, end)
    found = series(session, asset_id=asset_id, metric=code, start=since, end=until, most=limit + 1)
    return ReadingsAnswer(
        asset_id=asset_id,
        metric=code,
        kind=asked.kind,
        unit=asked.unit,
        readings=_rows(found[:limit]),
        next_start=_next(found, limit),
    )


@router.get("/assets/{asset_id}/rollups", responses=problems(404, 422))
@may(*EVERYBODY)
def read_rollups(
    asset_id: UUID,
    caller: Asking,
    session: Reading,
    code: MetricCode,
    by: Annotated[Period, Query()] = Period.HOUR,
    start: Start = None,
    end: End = None,
    limit: Most = 1000,
) -> RollupsAnswer:
    """Give the hours or UTC days of one metric of an asset that begin in a span."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    asked, (since, until) = metric(session, code), _span(start, end)
    rolled = hours if by is Period.HOUR else days
    found = rolled(session, asset_id=asset_id, metric=code, start=since, end=until)
    return RollupsAnswer(
        asset_id=asset_id,
        metric=code,
        kind=asked.kind,
        unit=asked.unit,
        by=by,
        rollups=_rows(found[:limit]),
        next_start=_next(found, limit),
    )


@router.get("/assets/{asset_id}/latest", responses=problems(404))
@may(*EVERYBODY)
def read_latest(asset_id: UUID, caller: Asking, session: Reading) -> list[LatestAnswer]:
    """Give the newest reading of every metric of an asset."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    found = latest(session, asset_ids=[asset_id])
    return [LatestAnswer(metric=code, **one._asdict()) for (_, code), one in sorted(found.items())]


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


def _span(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    """Fill in what was not asked: the seven days before the end, and now as the end."""
    until = end or max(clock.now(), start or clock.now())
    return start or max(until, _FIRST + _USUAL) - _USUAL, until


def _rows(found: pd.DataFrame) -> list[Any]:
    return found.to_dict("records")


def _next(found: pd.DataFrame, limit: int) -> datetime | None:
    return None if len(found) <= limit else found["at"].iloc[limit].to_pydatetime()
