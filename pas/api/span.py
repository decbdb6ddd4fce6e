"""The span of time that somebody asks about, filled in where it is left open."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pandas as pd
from fastapi import Query
from pydantic import AwareDatetime

from pas import clock
from telemetry.span import span

MOST = 10_000
"""Rows of one answer."""
_USUAL = timedelta(days=7)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)

MetricCode = Annotated[str, Query(alias="metric", min_length=1, max_length=60, description="Code of the metric.")]
Start = Annotated[AwareDatetime | None, Query(description="From this moment on; else seven days before the end.")]
End = Annotated[AwareDatetime | None, Query(description="Up to but without this moment; else until now.")]
Most = Annotated[int | None, Query(alias="limit", ge=1, le=MOST, description="How many at the most.")]


def asked_span(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    """Fill in what was not asked: the seven days before the end, and now as the end.

    Raises EndsBeforeStart.
    """
    until = end or max(clock.now(), start or clock.now())
    since = start or max(until, _FIRST + _USUAL) - _USUAL
    span(since, until)
    return since, until


def rows(found: pd.DataFrame) -> list[Any]:
    """Give a table row by row, for an answer to be made of them."""
    return found.to_dict("records")


def next_start(found: pd.DataFrame, limit: int) -> datetime | None:
    """Tell where the next page begins, if one row more than the page was found."""
    return None if len(found) <= limit else found["at"].iloc[limit].to_pydatetime()
