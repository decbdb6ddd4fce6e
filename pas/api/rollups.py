"""Readings rolled up by hour or day, over HTTP."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import pandas as pd
import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel
from sqlmodel import Session

from lifecycle.queries import known_asset
from pas.access import EVERYBODY, Asking, Reading, database, may
from pas.api.assets import own
from pas.api.form import Form, WantedForm, files
from pas.api.problems import problems
from pas.api.span import End, MetricCode, Most, Start, asked_span, next_start, rows
from pas.api.table_stream import streamed
from pas.db import Database
from telemetry.metric import MetricKind
from telemetry.queries import days, hours, metric
from telemetry.read_series import Asked, windows

router = APIRouter(tags=["readings"])

_PAGE = 1000


class Period(StrEnum):
    """Over what readings are rolled up."""

    HOUR = "hour"
    DAY = "day"


class RollupAnswer(BaseModel):
    """One hour or UTC day. `increase` is how much a counter rose since the reading before; 0 for a gauge.

    `below` and `above` are the seconds spent outside the metric's operating limits; 0 where it has none.
    """

    at: AwareDatetime
    count: int
    total: float
    minimum: float
    maximum: float
    first: float
    last: float
    mean: float
    increase: float
    below: float
    above: float


class RollupsAnswer(BaseModel):
    """Rollups of one metric of one asset, in order; where there are more, `next_start` is the start of the next."""

    asset_id: UUID
    metric: str
    kind: MetricKind
    unit: str
    by: Period
    rollups: list[RollupAnswer]
    next_start: AwareDatetime | None


_ROLLED = {Period.HOUR: hours, Period.DAY: days}
_NUMBERS = ("total", "minimum", "maximum", "first", "last", "mean", "increase", "below", "above")
_SCHEMA = pa.schema(
    [("at", pa.timestamp("us", "UTC")), ("count", pa.int64()), *((name, pa.float64()) for name in _NUMBERS)]
)


@router.get(
    "/assets/{asset_id}/rollups",
    response_model=RollupsAnswer,
    responses={**files(Form.CSV, Form.ARROW), **problems(404, 422)},
)
@may(*EVERYBODY)
def read_rollups(
    *,
    asset_id: UUID,
    caller: Asking,
    session: Reading,
    db: Annotated[Database, Depends(database)],
    code: MetricCode,
    by: Annotated[Period, Query()] = Period.HOUR,
    start: Start = None,
    end: End = None,
    limit: Most = None,
    form: WantedForm,
) -> RollupsAnswer | Response:
    """Give the hours or UTC days of one metric of an asset that begin in a span.

    JSON comes in pages of `limit`; csv and Arrow hold the whole span.
    """
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    one, asked = metric(session, code), Asked(asset_id, code, *asked_span(start, end))
    spans = windows(session, asked)
    if form is not Form.JSON:
        frames = _pieces(db, caller.tenant_id, spans, by)
        return streamed(frames, schema=_SCHEMA, form=form, name=f"{code}-by-{by}")
    found = _first(session, spans, by, (limit or _PAGE) + 1)
    return RollupsAnswer(
        asset_id=asset_id,
        metric=code,
        kind=one.kind,
        unit=one.unit,
        by=by,
        rollups=rows(found[: limit or _PAGE]),
        next_start=next_start(found, limit or _PAGE),
    )


def _first(session: Session, spans: Sequence[Asked], by: Period, most: int) -> pd.DataFrame:
    """Read window after window until there are enough."""
    found: list[pd.DataFrame] = []
    for one in spans:
        found.append(_ROLLED[by](session, **one._asdict()))
        if sum(map(len, found)) >= most:
            break
    return pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)[:most]


def _pieces(db: Database, tenant_id: int, spans: Sequence[Asked], by: Period) -> Iterator[pd.DataFrame]:
    """Read window after window, each in a transaction of its own: a slow reader must not keep one open."""
    for one in spans:
        with db.reading(tenant_id) as session:
            found = _ROLLED[by](session, **one._asdict())
        yield found
