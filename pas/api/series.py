"""Readings read back over HTTP: one metric of one asset over a span, as they came or thinned out."""

from collections.abc import Iterator
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
from pas.api.span import MOST, End, MetricCode, Most, Start, asked_span, next_start, rows
from pas.api.table_stream import streamed
from pas.db import Database
from telemetry.metric import Metric, MetricKind
from telemetry.queries import metric
from telemetry.read_series import PIECE, Asked, piece, shape
from telemetry.thinning import FEWEST

router = APIRouter(tags=["readings"])

_PAGE = 1000
SCHEMA = pa.schema(
    [
        ("asset", pa.string()),
        ("metric", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("value", pa.float64()),
        ("unit", pa.string()),
    ]
)
"""Of readings in a file, as `pas import readings` takes them."""

Points = Annotated[
    int | None, Query(ge=FEWEST, le=MOST, description="At most so many readings, which show the shape of all.")
]


class ReadingAnswer(BaseModel):
    """One reading in the metric's unit."""

    at: AwareDatetime
    value: float


class ReadingsAnswer(BaseModel):
    """Readings of one metric of one asset, in order; where there are more, `next_start` is the moment of the next.

    With `points`, the readings show the shape of `thinned_from` readings.
    """

    asset_id: UUID
    metric: str
    kind: MetricKind
    unit: str
    readings: list[ReadingAnswer]
    next_start: AwareDatetime | None
    thinned_from: int | None = None


@router.get(
    "/assets/{asset_id}/readings",
    response_model=ReadingsAnswer,
    responses={**files(Form.CSV, Form.ARROW), **problems(404, 422)},
)
@may(*EVERYBODY)
def read_readings(
    *,
    asset_id: UUID,
    caller: Asking,
    session: Reading,
    db: Annotated[Database, Depends(database)],
    code: MetricCode,
    start: Start = None,
    end: End = None,
    points: Points = None,
    limit: Most = None,
    form: WantedForm,
) -> ReadingsAnswer | Response:
    """Give the readings of one metric of an asset, in its unit: as they came, or with `points` thinned out.

    Thinned out (MinMaxLTTB), the first, last, lowest and highest reading stay. JSON comes in pages of `limit`; csv and
    Arrow hold the whole span unless `limit` is given, and the csv is one that `pas import readings` takes.
    """
    asset = known_asset(session, asset_id=asset_id, holder_id=own(caller))
    one, asked = metric(session, code), Asked(asset_id, code, *asked_span(start, end))
    if form is Form.JSON:
        return _answer(session, asked, one, points, limit or _PAGE)
    if points is not None:
        frames = iter([shape(session, asked, points=points).readings])
    else:
        frames = _pieces(db, caller.tenant_id, asked, limit)
    named = {"asset": asset.public_id, "metric": code, "unit": one.unit}
    return streamed((frame.assign(**named) for frame in frames), schema=SCHEMA, form=form, name=code)


def _answer(session: Session, asked: Asked, one: Metric, points: int | None, limit: int) -> ReadingsAnswer:
    if points is None:
        found, _ = piece(session, asked, most=limit + 1)
        following, count = next_start(found, limit), None
    else:
        (found, count), following = shape(session, asked, points=points), None
    return ReadingsAnswer(
        asset_id=asked.asset_id,
        metric=asked.metric,
        kind=one.kind,
        unit=one.unit,
        readings=rows(found[: points or limit]),
        next_start=following,
        thinned_from=count,
    )


def _pieces(db: Database, tenant_id: int, asked: Asked, limit: int | None) -> Iterator[pd.DataFrame]:
    """Read a span, each piece in a transaction of its own: a slow reader must not keep one open."""
    left: Asked | None = asked
    while left is not None and limit != 0:
        with db.reading(tenant_id) as session:
            found, left = piece(session, left, most=min(PIECE, limit or PIECE))
        yield found
        limit = None if limit is None else limit - len(found)
