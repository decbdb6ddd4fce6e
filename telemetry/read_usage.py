"""Read what many counters and levels did over a span: whole days from rollups, ragged ends from the readings."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

from telemetry.find_series_days import Place, SeriesKey, of_series, packed_days
from telemetry.lots import KEYS, lots
from telemetry.rollup import hours
from telemetry.series_day import unpacked
from telemetry.span import Span
from telemetry.tables import SeriesDayRecord, SeriesRecord, tenant_of
from telemetry.track import Track
from telemetry.usage import GaugeMean, Stretch, Usage, mean_of, stretch, used


class _Whole(NamedTuple):
    """What the day rollups tell of one counter over whole days."""

    first_day: date
    last_day: date
    readings: int
    lost: float


def usages(session: Session, keys: Sequence[SeriesKey], asked: Span) -> dict[SeriesKey, Usage]:
    """Give the use of many counters over one span."""
    found: dict[SeriesKey, Usage] = {}
    for some in lots(keys, KEYS):
        before, whole = _days_before(session, some, asked.first_day), _whole_days(session, some, asked)
        days = {key: _needed(asked, before.get(key.number), whole.get(key.number)) for key in some}
        tracks = _tracks(session, [(key.shard, key.number, day) for key, own in days.items() for day in own])
        found |= {
            key: _used(asked, {day: tracks.get((key.number, day)) for day in own}, whole.get(key.number))
            for key, own in days.items()
        }
    return found


def _days_before(session: Session, keys: Sequence[SeriesKey], day: date) -> dict[int, date]:
    """Find for each series its last day with readings before a day: one step down the key each."""
    one = SeriesDayRecord
    last = (
        select(func.max(one.day))
        .where(
            col(one.tenant_id) == col(SeriesRecord.tenant_id),
            col(one.shard) == col(SeriesRecord.shard),
            col(one.series) == col(SeriesRecord.number),
            col(one.day) < day,
        )
        .correlate(SeriesRecord)
        .scalar_subquery()
    )
    number = col(SeriesRecord.number)
    query = select(number, last).where(
        col(SeriesRecord.tenant_id) == tenant_of(session), number.in_([key.number for key in keys])
    )
    return {series: found for series, found in session.execute(query) if found is not None}


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


def _needed(asked: Span, before: date | None, whole: _Whole | None) -> set[date]:
    """Give the days whose readings are looked at: the ends of the span, and where its first and last ones stand."""
    days = {asked.first_day, asked.last_day}
    if before is not None:
        days.add(before)
    return days | ({whole.first_day, whole.last_day} if whole is not None else set())


def _tracks(session: Session, places: Sequence[Place]) -> dict[tuple[int, date], Track]:
    return {(one.series, one.day): unpacked([one]) for one in packed_days(session, places)}


def _used(asked: Span, tracks: Mapping[date, Track | None], whole: _Whole | None) -> Usage:
    """Put a counter's days together, in the order of time."""
    known = {day: track for day, track in tracks.items() if track is not None}
    earlier = [_cut(known[day], None, asked.start) for day in sorted(known) if day <= asked.first_day]
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
