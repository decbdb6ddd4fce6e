"""Read what many counters and levels did over a span: whole days from rollups, ragged ends from the readings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, ScalarSelect, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from telemetry.find_series_days import Place, SeriesKey, of_series, packed_between, packed_days
from telemetry.lots import KEYS, lots
from telemetry.moment import DAY, Moments, start_of
from telemetry.rollup import hours
from telemetry.series_day import EMPTY, unpacked
from telemetry.span import Span
from telemetry.tables import SeriesDayRecord, SeriesRecord, tenant_of
from telemetry.track import Numbers, Track, dips, join
from telemetry.usage import GaugeMean, Stretch, Usage, mean_of, stretch, used


class _Whole(NamedTuple):
    """What the day rollups tell of one counter over whole days."""

    first_day: date
    last_day: date
    readings: int
    lost: float


class _Around(NamedTuple):
    """The days with readings next to some days of a series: the two before them, and the one after; None: no more."""

    earlier: date | None = None
    before: date | None = None
    after: date | None = None


def usages(session: Session, keys: Sequence[SeriesKey], asked: Span) -> dict[SeriesKey, Usage]:
    """Give the use of many counters over one span: those that never fell from rollups, the others reading by reading.

    Whether a reading is a dip is told by its neighbours, so the days around the span are looked at too.
    """
    found: dict[SeriesKey, Usage] = {}
    for some in lots(keys, KEYS):
        around = _days_around(session, some, asked.first_day, asked.last_day)
        whole = _whole_days(session, some, asked)
        days = {key: _needed(asked, around[key.number], whole.get(key.number)) for key in some}
        tracks = _tracks(session, [(key.shard, key.number, day) for key, own in days.items() for day in own])
        for key, own in days.items():
            known = {day: tracks[key.number, day] for day in sorted(own) if (key.number, day) in tracks}
            if _fell(known, whole.get(key.number)):
                found[key] = _used_by_readings(_without_dips(session, key, asked.first_day, asked.last_day), asked)
            else:
                found[key] = _used(asked, known, whole.get(key.number))
    return found


def rises(session: Session, key: SeriesKey, *, first: date, last: date) -> tuple[Moments, Numbers]:
    """Give by how much a counter rose with each reading of some days since the one before; dips are passed over."""
    track = _without_dips(session, key, first, last)
    before = np.append(track.value[:1], track.value[:-1])
    rise = np.where(track.value < before, track.value, track.value - before)
    inside = (track.at >= start_of(first)) & (track.at < start_of(last) + DAY)
    return track.at[inside], rise[inside]


def _without_dips(session: Session, key: SeriesKey, first: date, last: date) -> Track:
    """Load the readings of some days of one counter, and of the days next to them, and drop the dips."""
    around = _days_around(session, [key], first, last)[key.number]
    start, end = around.earlier or around.before or first, around.after or last
    track = unpacked(list(packed_between(session, key, first=start, last=end)))
    return track.take(~dips(track, np.arange(len(track)) == 0))


def _days_around(session: Session, keys: Sequence[SeriesKey], first: date, last: date) -> dict[int, _Around]:
    """Find for each series the days with readings next to some days: a step down the key each."""
    before = _next_day(func.max, lambda day: day < first)
    earlier = _next_day(func.max, lambda day: day < before)
    after = _next_day(func.min, lambda day: day > last)
    number = col(SeriesRecord.number)
    query = select(number, earlier, before, after).where(
        col(SeriesRecord.tenant_id) == tenant_of(session), number.in_([key.number for key in keys])
    )
    return {series: _Around(*days) for series, *days in session.execute(query)}


def _next_day(nearest: Callable[[Any], Any], where: Callable[[Any], ColumnElement[bool]]) -> ScalarSelect[date]:
    """Ask for one day of each series."""
    one = aliased(SeriesDayRecord)
    return (
        select(nearest(one.day))
        .where(
            col(one.tenant_id) == col(SeriesRecord.tenant_id),
            col(one.shard) == col(SeriesRecord.shard),
            col(one.series) == col(SeriesRecord.number),
            where(col(one.day)),
        )
        .correlate(SeriesRecord)
        .scalar_subquery()
    )


def _whole_days(session: Session, keys: Sequence[SeriesKey], asked: Span) -> dict[int, _Whole]:
    """Add up the rollups of the days between the ends of a span, whose own days are read one by one."""
    one = SeriesDayRecord
    before = func.lag(one.last).over(partition_by=col(one.series), order_by=col(one.day))
    days = (
        select(
            col(one.series),
            col(one.day),
            col(one.count),
            (col(one.increase) - (col(one.last) - col(one.first))).label("lost_within"),
            case((before > col(one.first), before), else_=0.0).label("lost_over_night"),
        )
        .where(of_series(session, keys), _between(asked))
        .subquery()
    )
    query = select(
        days.c.series,
        func.min(days.c.day),
        func.max(days.c.day),
        func.sum(days.c.count),
        func.sum(days.c.lost_within + days.c.lost_over_night),
    ).group_by(days.c.series)
    return {
        series: _Whole(first, last, int(count), lost) for series, first, last, count, lost in session.execute(query)
    }


def _between(asked: Span) -> ColumnElement[bool]:
    day = col(SeriesDayRecord.day)
    return (day > asked.first_day) & (day < asked.last_day)


def _needed(asked: Span, around: _Around, whole: _Whole | None) -> set[date]:
    """Give the days whose readings are looked at: the ends of the span and of the days inside it, and those around."""
    inside = (whole.first_day, whole.last_day) if whole is not None else ()
    return {day for day in (asked.first_day, asked.last_day, *around, *inside) if day is not None}


def _fell(known: Mapping[date, Track], whole: _Whole | None) -> bool:
    """Tell whether a counter was ever lower than before."""
    value = join([EMPTY, *known.values()]).value
    return bool((value[1:] < value[:-1]).any()) or (whole is not None and whole.lost != 0)


def _tracks(session: Session, places: Sequence[Place]) -> dict[tuple[int, date], Track]:
    return {(one.series, one.day): unpacked([one]) for one in packed_days(session, places)}


def _used_by_readings(track: Track, asked: Span) -> Usage:
    during = _cut(track, asked.start, asked.end)
    return used(_cut(track, None, asked.start), [during] if during else [])


def _used(asked: Span, known: Mapping[date, Track], whole: _Whole | None) -> Usage:
    """Put a counter's days together, in the order of time."""
    earlier = [_cut(track, None, asked.start) for day, track in known.items() if day <= asked.first_day]
    first = _cut(known.get(asked.first_day), asked.start, asked.end)
    last = _cut(known.get(asked.last_day), asked.start, asked.end) if asked.last_day > asked.first_day else None
    middle = _middle(whole, known)
    opening = [one for one in earlier if one is not None]
    return used(opening[-1] if opening else None, [one for one in (first, middle, last) if one is not None])


def _middle(whole: _Whole | None, known: Mapping[date, Track]) -> Stretch | None:
    if whole is None:
        return None
    first, last = known[whole.first_day], known[whole.last_day]
    return Stretch(
        float(first.value[0]), int(first.at[0]), float(last.value[-1]), int(last.at[-1]), whole.lost, whole.readings
    )


def _cut(track: Track | None, after: int | None, until: int) -> Stretch | None:
    """Take the readings after a moment, up to and including another."""
    if track is None:
        return None
    inside = track.at <= until
    return stretch(track.take(inside if after is None else inside & (track.at > after)))


def means(session: Session, keys: Sequence[SeriesKey], asked: Span) -> dict[SeriesKey, GaugeMean]:
    """Give mean and extremes of many levels over one span; those without a reading in it are left out."""
    found: dict[SeriesKey, GaugeMean] = {}
    for some in lots(keys, KEYS):
        parts: dict[int, list[GaugeMean]] = {}
        for series, part in (*_whole_means(session, some, asked), *_ragged_means(session, some, asked)):
            parts.setdefault(series, []).append(part)
        found |= {key: mean_of(parts[key.number]) for key in some if key.number in parts}
    return found


def _whole_means(session: Session, keys: Sequence[SeriesKey], asked: Span) -> Iterator[tuple[int, GaugeMean]]:
    one = SeriesDayRecord
    hour_count = func.sum(one.hour_count)
    weighted = func.sum(col(one.mean) * col(one.hour_count))
    query = (
        select(col(one.series), weighted / hour_count, func.min(one.minimum), func.max(one.maximum), hour_count)
        .where(of_series(session, keys), col(one.day).between(asked.first_whole, asked.last_whole))
        .group_by(col(one.series))
    )
    for series, mean, minimum, maximum, counted in session.execute(query):
        yield series, GaugeMean(mean, minimum, maximum, int(counted))


def _ragged_means(session: Session, keys: Sequence[SeriesKey], asked: Span) -> Iterator[tuple[int, GaugeMean]]:
    places = [(key.shard, key.number, day) for key in keys for day in asked.ragged]
    for (series, _), track in _tracks(session, places).items():
        inside = track.take((track.at >= asked.start) & (track.at < asked.end))
        if len(inside):
            hourly = hours(inside, np.zeros(len(inside), dtype=bool))
            value = inside.value
            yield series, GaugeMean(float(hourly.mean.mean()), float(value.min()), float(value.max()), len(hourly.mean))
