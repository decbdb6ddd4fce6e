"""Read the day rollups of many series in one go; days with open readings are worked out anew."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from telemetry.days_of_series import Days, open_days, tracks_at
from telemetry.find_series_days import Place, of_series
from telemetry.held import Held
from telemetry.lots import KEYS, lots
from telemetry.series_day import rows
from telemetry.series_key import SeriesKey
from telemetry.tables import SeriesDayRecord

ROLLUP = ("count", "total", "minimum", "maximum", "first", "last", "mean", "increase", "below", "above")
"""The columns of a day rollup."""


def day_rollups(
    session: Session, keys: Sequence[SeriesKey], *, first: date, last: date
) -> Iterator[tuple[int, date, tuple[Any, ...]]]:
    """Give series, day and the columns of `ROLLUP`, from one day to another, in no order.

    A day rolled up with other limits than today's is worked out anew as well, unless its readings are forgotten.
    """
    for some in lots(keys, KEYS):
        yield from _of_some(session, some, first, last)


def _of_some(
    session: Session, keys: Sequence[SeriesKey], first: date, last: date
) -> Iterator[tuple[int, date, tuple[Any, ...]]]:
    by_number = {key.number: key for key in keys}
    waiting = open_days(session, keys)
    anew = {(key.shard, key.number, day) for key in keys for day in waiting[key.number] if first <= day <= last}
    one = SeriesDayRecord
    which = (one.series, one.day, one.low, one.high, one.held)
    query = select(*map(col, which), *(getattr(one, name) for name in ROLLUP))
    for series, day, low, high, held, *row in session.execute(
        query.where(of_series(session, keys), col(one.day).between(first, last))
    ).all():
        key = by_number[series]
        place: Place = (key.shard, series, day)
        if (low, high) != (key.low, key.high) and held != Held.FORGOTTEN:
            anew.add(place)
        if place not in anew:
            yield series, day, tuple(row)
    yield from _worked_out(session, sorted(anew), by_number, waiting)


def _worked_out(
    session: Session, places: Sequence[Place], keys: Mapping[int, SeriesKey], waiting: Mapping[int, Days]
) -> Iterator[tuple[int, date, tuple[Any, ...]]]:
    for (series, day), track in tracks_at(session, places, waiting).items():
        for row in rows(track, keys):
            yield series, day, tuple(row[name] for name in ROLLUP)
