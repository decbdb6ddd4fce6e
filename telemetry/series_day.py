"""A series-day is one series on one UTC day, as it stands in the database: packed readings and plain rollup columns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from telemetry.codec import (
    CODEC,
    pack_days,
    pack_hours,
    unpack_hours,
    unpack_readings,
    worth_packing,
)
from telemetry.held import Held
from telemetry.moment import DAY, Moments, day_of, start_of
from telemetry.refusal import Refusal
from telemetry.rollup import Rollups, days, hours
from telemetry.series_key import SeriesKey, manner
from telemetry.track import EMPTY, REMNANT, STORED, Numbers, Track, days_of, join


class PackedDay(NamedTuple):
    """One series-day as it was read back."""

    series: int
    day: date
    codec: int
    readings: bytes
    hours: bytes = b""
    low: float | None = None
    high: float | None = None
    held: int = Held.HERE
    length: int = 0
    read: Callable[[], tuple[Moments, Numbers]] | None = None
    """How the readings are fetched where they are not `HERE`."""


class ReadingsForgotten(Refusal):
    """Of that day only the rollups are kept: what is asked within it can no longer be told."""


def unpacked(packed: Sequence[PackedDay]) -> Track:
    """Give the readings of many series-days as one track, in the order of the days.

    Raises ReadingsForgotten.
    """
    return join([EMPTY, *(_unpacked(one) for one in packed)])


def enough_to_count(packed: Sequence[PackedDay]) -> Track:
    """Give the readings of many series-days, or of a forgotten day those that tell what a counter rose over it."""
    return join([EMPTY, *(_remnant(one) if one.held == Held.FORGOTTEN else _unpacked(one) for one in packed)])


def forgotten(day: date) -> ReadingsForgotten:
    """Say that a question cannot be answered any more, and what can."""
    sentence = (
        f"the single readings of {day} are no longer kept; ask from the day after on, or for whole UTC days: "
        "their rollups, and what a counter rose"
    )
    return ReadingsForgotten(sentence, field="start", day=day.isoformat())


def refuse_within_forgotten(track: Track, moment: int) -> None:
    """Refuse to cut a track within a forgotten day, for which readings are before and which after is not known.

    Raises ReadingsForgotten.
    """
    place = int(np.searchsorted(track.at, moment, side="right"))
    if not 0 < place < len(track) or track.origin[place - 1 : place + 1].max() > REMNANT:
        return
    days = track.at[max(place - 2, 0) : place + 1] // DAY
    at_its_first = track.at[place - 1] == moment and (place == 1 or days[0] != days[-1])
    if days[-1] == days[-2] and not at_its_first:
        raise forgotten(day_of(moment))


def _remnant(one: PackedDay) -> Track:
    """Give what stayed; how many did not is told beside a reading that no fall is next to: it is never a slip."""
    if not one.readings:
        raise forgotten(one.day)
    at, value = unpack_readings(one.readings, codec=one.codec, midnight=start_of(one.day))
    origin = np.full(len(at), REMNANT)
    if one.length > len(at):
        steady = (value[1:-1] >= value[:-2]) & (value[2:] >= value[1:-1])
        origin[1 + np.argmax(steady)] -= one.length - len(at)
    return Track(np.full(len(at), one.series), at, value, origin)


def _unpacked(one: PackedDay) -> Track:
    if one.held == Held.FORGOTTEN:
        raise forgotten(one.day)
    at, value = one.read() if one.read else unpack_readings(one.readings, codec=one.codec, midnight=start_of(one.day))
    return Track(np.full(len(at), one.series), at, value, np.full(len(at), STORED))


def hours_of(one: PackedDay, key: SeriesKey) -> Rollups:
    """Give a series-day's hour rollups; those made with other limits than today's are made anew."""
    if one.hours and (one.low, one.high) == (key.low, key.high):
        return unpack_hours(one.hours, codec=one.codec, series=one.series, midnight=start_of(one.day))
    track = _unpacked(one)
    return hours(track, manner(track, {one.series: key}))


def rows(track: Track, keys: Mapping[int, SeriesKey]) -> Iterator[dict[str, Any]]:
    """Give the rows of `series_day` that hold a track of whole days; the caller adds the tenant."""
    if not len(track):
        return
    how = manner(track, keys)
    hourly = hours(track, how)
    daily = days(hourly, track, how)
    begin, _ = days_of(track)
    steps = np.diff(track.at, prepend=0)
    steps[begin[:-1]] = track.at[begin[:-1]] % DAY
    columns = {**daily.columns(), "first_at": track.at[begin[:-1]], "last_at": track.at[begin[1:] - 1]}
    plain = zip(*(column.tolist() for column in columns.values()), strict=True)
    names = list(columns)[2:]
    packed, packed_hours = pack_days(steps, track.value, begin), _packed_hours(hourly, daily)
    for place, (series, start, *numbers) in enumerate(plain):
        key = keys[series]
        yield {
            "series": series,
            "shard": key.shard,
            "day": day_of(start),
            "codec": CODEC,
            "low": key.low,
            "high": key.high,
            "readings": packed[place],
            "hours": packed_hours.get(place, b""),
            **dict(zip(names, numbers, strict=True)),
        }


def _packed_hours(hourly: Rollups, daily: Rollups) -> dict[int, bytes]:
    """Pack the hours of the days that have many readings, under the places of the days."""
    many = worth_packing(daily.count)
    chosen = hourly.take(np.repeat(many, daily.hour_count))
    begin = np.append(0, np.cumsum(daily.hour_count[many]))
    return dict(zip(np.flatnonzero(many).tolist(), pack_hours(chosen, begin) if many.any() else (), strict=True))
