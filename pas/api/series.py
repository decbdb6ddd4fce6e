"""Readings read back over HTTP: one metric of one asset over a span."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from lifecycle.queries import known_asset
from pas.access import EVERYBODY, Asking, Reading, may
from pas.api.assets import own
from pas.api.problems import problems
from pas.api.span import End, MetricCode, Most, Start, asked_span, next_start, rows
from telemetry.metric import MetricKind
from telemetry.queries import metric, series

router = APIRouter(tags=["readings"])


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
    asked, (since, until) = metric(session, code), asked_span(start, end)
    found = series(session, asset_id=asset_id, metric=code, start=since, end=until, most=limit + 1)
    return ReadingsAnswer(
        asset_id=asset_id,
        metric=code,
        kind=asked.kind,
        unit=asked.unit,
        readings=rows(found[:limit]),
        next_start=next_start(found, limit),
    )
