"""Meters over HTTP: how use is counted, what it came to, and the readings that show it."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import pandas as pd
import pyarrow as pa
from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat
from sqlmodel import Session, select

from lifecycle.define_meter import define_meter
from lifecycle.queries import known_asset
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.form import Form, WantedForm, files
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.api.span import End, Start, asked_span
from pas.api.table_stream import streamed
from pas.role import Role
from telemetry.figure import Evidence, MeterDay
from telemetry.meter import Drawn, Meter, MeterVersion, Side, Way
from telemetry.moment import DAY, micros, moment
from telemetry.read_meter_evidence import meter_evidence
from telemetry.read_meters import meter_figures
from telemetry.span import span
from telemetry.tables import MeterRecord

router = APIRouter(tags=["meters"])

_MONTH = 31
_MOST_DAYS = 100

Code = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,59}$", description="Code of the meter.")]
MostDays = Annotated[int, Query(alias="limit", ge=1, le=_MOST_DAYS, description="Days of evidence at the most.")]


class MeterTerms(BaseModel):
    """How use is counted. A threshold is in the metric's unit, `longest_gap` in seconds.

    `time_on` and `count` need threshold, side and longest_gap, `integral` needs drawn and longest_gap, `counter` none.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    metric: str = Field(min_length=1, max_length=60)
    way: Way
    unit: str = Field(min_length=1, max_length=40)
    threshold: FiniteFloat | None = None
    side: Side | None = None
    drawn: Drawn | None = None
    longest_gap: int | None = Field(default=None, ge=1, le=604_800)


class NewVersion(MeterTerms):
    """How use is counted from a moment on: the first version for all time, a later one from now or later."""

    valid_from: AwareDatetime | None = None


class MeterAnswer(MeterTerms):
    """One version of a meter; it never changes. `means` says in words what it counts."""

    code: str
    version: int
    valid_from: AwareDatetime
    means: str


class FigureAnswer(BaseModel):
    """What a meter counted of one thing in a span.

    `versions` are those that counted, the last one is in `meter`. A counter has its readings at both ends; a level the
    hours for which a reading spoke, and the longest time for which none did.
    """

    meter: MeterAnswer
    versions: list[int]
    increase: float
    readings: int
    opening: float | None
    opening_at: AwareDatetime | None
    closing: float | None
    closing_at: AwareDatetime | None
    covered_hours: float | None
    longest_gap_hours: float | None


class MeterDayAnswer(BaseModel):
    """What was counted on one UTC day of the span; a counter's first reading is the one it opened with."""

    day: date
    increase: float
    readings: int
    first_at: AwareDatetime | None
    first: float | None
    last_at: AwareDatetime | None
    last: float | None
    covered_hours: float | None


class OnAnswer(BaseModel):
    """A time for which the level was on; without `ended_at` the sensor fell silent or the span ended."""

    start: AwareDatetime
    end: AwareDatetime
    began_at: AwareDatetime
    began_value: float
    ended_at: AwareDatetime | None
    ended_value: float | None


class EvidenceAnswer(BaseModel):
    """A figure with the days it is made of; where there are more days, `next_start` is where they begin."""

    asset_id: UUID
    start: AwareDatetime
    end: AwareDatetime
    figure: FigureAnswer
    days: list[MeterDayAnswer]
    on: list[OnAnswer]
    next_start: AwareDatetime | None


_COLUMNS = pa.schema(
    [
        ("asset", pa.string()),
        ("meter", pa.string()),
        ("version", pa.int64()),
        ("unit", pa.string()),
        ("day", pa.date32()),
        ("increase", pa.float64()),
        ("readings", pa.int64()),
        ("first_at", pa.timestamp("us", "UTC")),
        ("first", pa.float64()),
        ("last_at", pa.timestamp("us", "UTC")),
        ("last", pa.float64()),
        ("covered_hours", pa.float64()),
    ]
)


@router.get("/meters")
@may(*EVERYBODY)
def list_meters(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[MeterAnswer]:
    """List the meters by code, each with all its versions."""
    by = (MeterRecord.code, MeterRecord.version)
    found, next_cursor = page(session, select(MeterRecord), by=by, cursor=cursor, limit=limit)
    return Page(items=[_meter(one) for one in found], next_cursor=next_cursor)


@router.put("/meters/{code}", responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR)
def put_meter(code: Code, terms: NewVersion, caller: Asking, session: Writing) -> MeterAnswer:
    """Define a meter, or a new version of one; what was counted before stays as it was.

    The same again changes nothing.
    """
    meter = Meter(code=code, **terms.model_dump(exclude={"valid_from"}))
    defined = define_meter(session, meter, valid_from=terms.valid_from, now=clock.now(), by=caller.actor)
    return _meter(defined)


@router.get(
    "/assets/{asset_id}/meters/{code}",
    response_model=EvidenceAnswer,
    responses={**files(Form.CSV, Form.ARROW), **problems(404, 422)},
)
@may(*EVERYBODY)
def read_meter(
    *,
    asset_id: UUID,
    code: Code,
    caller: Asking,
    session: Reading,
    start: Start = None,
    end: End = None,
    limit: MostDays = _MONTH,
    form: WantedForm,
) -> EvidenceAnswer | Response:
    """Give what a meter counted of an asset in a span, with the days and the readings it is made of.

    The figure is that of the whole span, up to now at the latest; the days come in pages of `limit`. csv and Arrow
    hold the days alone.
    """
    asset = known_asset(session, asset_id=asset_id, holder_id=own(caller))
    since, until = asked_span(start, end)
    until = max(since, min(until, clock.now()))
    if form is Form.JSON:
        return evidence_answer(session, asset_id=asset_id, code=code, start=since, end=until, days=limit)
    since, until = (moment(at) for at in span(since, until)[:2])
    shown = meter_evidence(session, asset_id=asset_id, meter=code, start=since, end=_page_end(since, until, limit))
    return streamed(_frames(asset.public_id, shown), schema=_COLUMNS, form=form, name=code)


def evidence_answer(
    session: Session, *, asset_id: UUID, code: str, start: datetime, end: datetime, days: int = _MOST_DAYS
) -> EvidenceAnswer:
    """Answer with a figure and the first days of its evidence.

    Raises UnknownMeter and EndsBeforeStart.
    """
    start, end = (moment(at) for at in span(start, end)[:2])
    page_end = _page_end(start, end, days)
    shown = meter_evidence(session, asset_id=asset_id, meter=code, start=start, end=page_end)
    whole = shown.figure
    if page_end < end:
        whole = meter_figures(session, wanted=[(asset_id, code)], start=start, end=end)[asset_id, code]
    return EvidenceAnswer(
        asset_id=asset_id,
        start=start,
        end=end,
        figure=FigureAnswer(**{**whole._asdict(), "meter": _meter(whole.meter)}),
        days=[MeterDayAnswer(**day._asdict()) for day in shown.days],
        on=[OnAnswer(**one._asdict()) for one in shown.on],
        next_start=page_end if page_end < end else None,
    )


def _page_end(start: datetime, end: datetime, days: int) -> datetime:
    """Give the midnight after so many UTC days, or the end."""
    midnight = micros(start) // DAY * DAY
    return end if micros(end) <= midnight + days * DAY else moment(midnight + days * DAY)


def _meter(meter: MeterVersion) -> MeterAnswer:
    return MeterAnswer.model_validate(meter.model_dump(include=set(MeterAnswer.model_fields)))


def _frames(asset: str, shown: Evidence) -> Iterator[pd.DataFrame]:
    """Give the days as a table, with the version of the meter at the end of the span."""
    frame = pd.DataFrame(shown.days, columns=list(MeterDay._fields))
    meter = shown.figure.meter
    yield frame.assign(asset=asset, meter=meter.code, version=meter.version, unit=meter.unit)
