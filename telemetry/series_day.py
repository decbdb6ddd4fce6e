"""A series-day is one series on one UTC day, as it stands in the database: packed readings and plain rollup columns."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from telemetry.codec import (
    CODEC,
    pack_hours,
    pack_readings,
    unpack_hours,
    unpack_readings,
    worth_packing,
)
from telemetry.moment import DAY, day_of, start_of
from telemetry.rollup import Rollups, days, hours
from telemetry.track import STORED, Marks, Track, days_of, join


class PackedDay(NamedTuple):
    """One series-day as it was read back."""

    series: int
    day: date
    codec: int
    readings: bytes
    hours: bytes = b""


EMPTY = Track(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))


def unpacked(packed: Sequence[PackedDay]) -> Track:
    """Give the readings of many series-days as one track, in the order of the days."""
    return join([EMPTY, *(_unpacked(one) for one in packed)])


def _unpacked(one: PackedDay) -> Track:
    at, value = unpack_readings(one.readings, codec=one.codec, midnight=start_of(one.day))
    return Track(np.full(len(at), one.series), at, value, np.full(len(at), STORED))


def hours_of(one: PackedDay, *, counts: bool) -> Rollups:
    """Give a series-day's hour rollups; `counts` says that its metric is a counter."""
    if one.hours:
        return unpack_hours(one.hours, series=one.series, midnight=start_of(one.day))
    track = _unpacked(one)
    return hours(track, np.full(len(track), counts))


def rows(track: Track, is_counter: Marks, shard_of: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    """Give the rows of `series_day` that hold a track of whole days; the caller adds the tenant."""
    if not len(track):
        return
    hourly = hours(track, is_counter)
    daily = days(hourly, track, is_counter)
    begin, _ = days_of(track)
    first_hour = np.append(0, np.cumsum(daily.hour_count))
    steps = np.diff(track.at, prepend=0)
    steps[begin[:-1]] = track.at[begin[:-1]] % DAY
    columns = daily.columns()
    plain = zip(*(column.tolist() for column in columns.values()), strict=True)
    names = list(columns)[2:]
    for place, (series, start, *numbers) in enumerate(plain):
        here = slice(begin[place], begin[place + 1])
        these = slice(first_hour[place], first_hour[place + 1])
        yield {
            "series": series,
            "shard": shard_of[series],
            "day": day_of(start),
            "codec": CODEC,
            "readings": pack_readings(steps[here], track.value[here]),
            "hours": pack_hours(hourly.take(these)) if worth_packing(numbers[0]) else b"",
            **dict(zip(names, numbers, strict=True)),
        }
