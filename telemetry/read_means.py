"""Read what many levels were over a span: whole days from rollups, the hours of ragged days from the readings."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import func, select
from sqlmodel import Session, col

from telemetry.days_of_series import Days, open_days, tracks_at
from telemetry.find_series_days import of_series
from telemetry.lots import KEYS, lots
from telemetry.moment import start_of
from telemetry.rollup import hours
from telemetry.series_key import SeriesKey, manner
from telemetry.span import Span
from telemetry.tables import SeriesDayRecord
from telemetry.usage import GaugeMean, mean_of


def means(session: Session, keys: Sequence[SeriesKey], asked: Span) -> dict[SeriesKey, GaugeMean]:
    """Give mean and extremes of many levels over one span; those without a reading in it are left out."""
    found: dict[SeriesKey, GaugeMean] = {}
    for some in lots(keys, KEYS):
        waiting = open_days(session, some)
        parts: dict[int, list[GaugeMean]] = {}
        singly = _singly(some, asked, waiting)
        for series, part in (*_whole_means(session, some, asked, singly), *_by_hours(session, asked, singly, waiting)):
            parts.setdefault(series, []).append(part)
        found |= {key: mean_of(parts[key.number]) for key in some if key.number in parts}
    return found


def _singly(keys: Sequence[SeriesKey], asked: Span, waiting: Mapping[int, Days]) -> dict[SeriesKey, set[date]]:
    """Give the days whose hours are worked out: those that lie in the span in part, and those with open readings."""
    ragged = [day for day in asked.ragged if start_of(day) < asked.end]
    return {
        key: {*ragged, *(day for day in waiting[key.number] if asked.first_day <= day <= asked.last_day)}
        for key in keys
    }


def _whole_means(
    session: Session, keys: Sequence[SeriesKey], asked: Span, singly: Mapping[SeriesKey, set[date]]
) -> Iterator[tuple[int, GaugeMean]]:
    one, day = SeriesDayRecord, col(SeriesDayRecord.day)
    hour_count = func.sum(one.hour_count)
    weighted = func.sum(col(one.mean) * col(one.hour_count))
    columns = (col(one.series), weighted / hour_count, func.min(one.minimum), func.max(one.maximum), hour_count)
    for left_out, some in _alike(keys, singly).items():
        query = select(*columns).where(
            of_series(session, some), day.between(asked.first_whole, asked.last_whole), day.not_in(left_out)
        )
        for series, mean, minimum, maximum, counted in session.execute(query.group_by(col(one.series))):
            yield series, GaugeMean(mean, minimum, maximum, int(counted))


def _alike(keys: Sequence[SeriesKey], singly: Mapping[SeriesKey, set[date]]) -> dict[tuple[date, ...], list[SeriesKey]]:
    """Put the series together that leave the same days out."""
    found: dict[tuple[date, ...], list[SeriesKey]] = {}
    for key in keys:
        found.setdefault(tuple(sorted(singly[key])), []).append(key)
    return found


def _by_hours(
    session: Session, asked: Span, singly: Mapping[SeriesKey, set[date]], waiting: Mapping[int, Days]
) -> Iterator[tuple[int, GaugeMean]]:
    keys = {key.number: key for key in singly}
    places = [(key.shard, key.number, day) for key, days in singly.items() for day in days]
    for (series, _), track in tracks_at(session, places, waiting).items():
        inside = track.take((track.at >= asked.start) & (track.at < asked.end))
        if len(inside):
            hourly, value = hours(inside, manner(inside, keys)), inside.value
            yield series, GaugeMean(float(hourly.mean.mean()), float(value.min()), float(value.max()), len(hourly.mean))
