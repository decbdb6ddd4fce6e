"""Metrics over HTTP: what is measured, in which unit and within which plausible limits."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from sqlmodel import select

from lifecycle.change_metric import change_metric
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role
from telemetry.metric import Metric, MetricKind
from telemetry.tables import MetricRecord

router = APIRouter(prefix="/metrics", tags=["metrics"])


class MetricTerms(BaseModel):
    """What is said of a metric. `unit` is one of the names we know; all figures are in that unit.

    `low` and `high` are operating limits, `fastest` is a change in an hour, `keep_days` how long single readings are
    kept; none is for ever.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    kind: MetricKind
    unit: str = Field(min_length=1, max_length=40)
    minimum: FiniteFloat | None = None
    maximum: FiniteFloat | None = None
    resolution: FiniteFloat | None = Field(default=None, gt=0)
    fastest: FiniteFloat | None = Field(default=None, gt=0)
    rolls_over_at: FiniteFloat | None = Field(default=None, gt=0)
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    keep_days: int | None = Field(default=None, ge=1, le=36_525)


@router.get("")
@may(*EVERYBODY)
def list_metrics(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[Metric]:
    """List the metrics by code."""
    found, next_cursor = page(session, select(MetricRecord), by=(MetricRecord.code,), cursor=cursor, limit=limit)
    return Page(items=[_shown(one) for one in found], next_cursor=next_cursor)


@router.put("/{code}", responses=problems(409, 422))
@may(Role.ADMINISTRATOR)
def keep_metric(
    code: Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,59}$")], terms: MetricTerms, caller: Asking, session: Writing
) -> Metric:
    """Add a metric, or change one; unit and kind are fixed once there are readings."""
    wanted = Metric(code=code, **terms.model_dump())
    return _shown(change_metric(session, wanted, now=clock.now(), by=caller.actor))


def _shown(metric: MetricRecord) -> Metric:
    return Metric.model_validate(metric.model_dump(include=set(Metric.model_fields)))
