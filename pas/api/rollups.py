"""Readings rolled up by hour or day, over HTTP."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from lifecycle.queries import known_asset
from pas.access import EVERYBODY, Asking, Reading, may
from pas.api.assets import own
from pas.api.problems import problems
from pas.api.span import End, MetricCode, Most, Start, asked_span, next_start, rows
from telemetry.metric import MetricKind
from telemetry.queries import days, hours, metric

router = APIRouter(tags=["readings"])


class Period(StrEnum):
    """Over what readings are rolled up."""

    HOUR = "hour"
    DAY = "day"


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
    asked, (since, until) = metric(session, code), asked_span(start, end)
    rolled = hours if by is Period.HOUR else days
    found = rolled(session, asset_id=asset_id, metric=code, start=since, end=until)
    return RollupsAnswer(
        asset_id=asset_id,
        metric=code,
        kind=asked.kind,
        unit=asked.unit,
        by=by,
        rollups=rows(found[:limit]),
        next_start=next_start(found, limit),
    )
