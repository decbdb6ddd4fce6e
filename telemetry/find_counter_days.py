"""Find the days that tell what counters did over a span: those around it, and the sums of those inside."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Integer, ScalarSelect, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from telemetry.asked_rows import asked_rows
from telemetry.find_series_days import of_series
from telemetry.series_key import SeriesKey
from telemetry.tables import SeriesDayRecord, tenant_of


class Whole(NamedTuple):
    """What the day rollups tell of one counter over whole days."""

    first_day: date
    last_day: date
    readings: int
    lost: float


class Around(NamedTuple):
    """The days with readings next to some days of a series: the two before them, and the one after; None: no more."""

    earlier: date | None = None
    before: date | None = None
    after: date | None = None


def packed_around(session: Session, keys: Sequence[SeriesKey], first: date, last: date) -> dict[int, Around]:
    """Find for each series the packed days next to some days: a step down the key each."""
    wanted = asked_rows(session, [(key.shard, key.number) for key in keys], shard=Integer(), series=Integer())
    before = _next_day(session, wanted, func.max, lambda day: day < first)
    earlier = _next_day(session, wanted, func.max, lambda day: day < before)
    after = _next_day(session, wanted, func.min, lambda day: day > last)
    query = select(wanted.c.series, earlier, before, after)
    return {series: Around(*packed) for series, *packed in session.execute(query)}


def _next_day(
    session: Session, wanted: CTE, nearest: Callable[[Any], Any], where: Callable[[Any], ColumnElement[bool]]
) -> ScalarSelect[date]:
    """Ask for one day of each series."""
    one = aliased(SeriesDayRecord)
    return (
        select(nearest(one.day))
        .where(
            col(one.tenant_id) == tenant_of(session),
            col(one.shard) == wanted.c.shard,
            col(one.series) == wanted.c.series,
            where(col(one.day)),
        )
        .correlate(wanted)
        .scalar_subquery()
    )


def whole_days(session: Session, cuts: Mapping[SeriesKey, date], first: date) -> dict[int, Whole]:
    """Add up the rollups of the days after the first one of a span, up to (without) the day given for each series."""
    found: dict[int, Whole] = {}
    for cut, some in by_cut(cuts).items():
        found |= _whole_days_until(session, some, first, cut)
    return found


def days_from(session: Session, cuts: Mapping[SeriesKey, date], last: date) -> dict[int, set[date]]:
    """Find the packed days from each series' own day to the end of a span, without its last day."""
    found: dict[int, set[date]] = {}
    for cut, keys in by_cut(cuts).items():
        one = SeriesDayRecord
        query = select(col(one.series), col(one.day)).where(
            of_series(session, keys), col(one.day) >= cut, col(one.day) < last
        )
        for series, day in session.execute(query):
            found.setdefault(series, set()).add(day)
    return found


def by_cut(cuts: Mapping[SeriesKey, date]) -> dict[date, list[SeriesKey]]:
    """Put the series of one day together."""
    found: dict[date, list[SeriesKey]] = {}
    for key, cut in cuts.items():
        found.setdefault(cut, []).append(key)
    return found


def _whole_days_until(session: Session, keys: Sequence[SeriesKey], first: date, cut: date) -> dict[int, Whole]:
    one, day = SeriesDayRecord, col(SeriesDayRecord.day)
    before = func.lag(one.last).over(partition_by=col(one.series), order_by=col(one.day))
    days = (
        select(
            col(one.series),
            col(one.day),
            col(one.count),
            (col(one.increase) - (col(one.last) - col(one.first))).label("lost_within"),
            case((before > col(one.first), before), else_=0.0).label("lost_over_night"),
        )
        .where(of_series(session, keys), day > first, day < cut)
        .subquery()
    )
    query = select(
        days.c.series,
        func.min(days.c.day),
        func.max(days.c.day),
        func.sum(days.c.count),
        func.sum(days.c.lost_within + days.c.lost_over_night),
    ).group_by(days.c.series)
    return {series: Whole(first, last, int(count), lost) for series, first, last, count, lost in session.execute(query)}
