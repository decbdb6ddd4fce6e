"""The days of a series as they are at this moment: what is packed and what is still open, put together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from sqlmodel import Session

from telemetry.find_series_days import Place, packed_between, packed_days
from telemetry.moment import DAY, day_of
from telemetry.open_readings import open_track
from telemetry.series_day import PackedDay, unpacked
from telemetry.series_key import SeriesKey
from telemetry.track import EMPTY, STORED, Track, days_of, join, settle

Days = Mapping[date, Track]
"""The open readings of one series by UTC day."""

Unpack = Callable[[Sequence[PackedDay]], Track]
"""How packed days are read: `unpacked`, or `enough_to_count`."""


class DayOfSeries(NamedTuple):
    """One UTC day of a series: its packed row, its open readings, or both."""

    day: date
    packed: PackedDay | None
    waiting: Track = EMPTY

    def track(self, unpack: Unpack = unpacked) -> Track:
        """Give all readings of the day.

        Raises ReadingsForgotten.
        """
        packed = EMPTY if self.packed is None else unpack([self.packed])
        return together(packed, self.waiting)


def together(packed: Track, waiting: Track) -> Track:
    """Put packed and open readings together, one a moment."""
    if not len(waiting):
        return packed
    track = settle(packed, waiting).track
    return Track(track.series, track.at, track.value, np.full(len(track), STORED))


def open_days(session: Session, keys: Sequence[SeriesKey]) -> dict[int, dict[date, Track]]:
    """Give the open readings of some series by series and day; ask this first, and the packed days after it."""
    track = open_track(session, {key.number for key in keys})
    found: dict[int, dict[date, Track]] = {key.number: {} for key in keys}
    begin, days = days_of(track)
    for place, day in enumerate(days.tolist()):
        own = track.take(slice(begin[place], begin[place + 1]))
        found[int(own.series[0])][day_of(day * DAY)] = own
    return found


def days_between(session: Session, key: SeriesKey, *, first: date, last: date, waiting: Days) -> Iterator[DayOfSeries]:
    """Give one series' days with readings in order, few at a time."""
    left = {day: waiting[day] for day in sorted(waiting) if first <= day <= last}
    for one in packed_between(session, key, first=first, last=last):
        for day in [day for day in left if day < one.day]:
            yield DayOfSeries(day, None, left.pop(day))
        yield DayOfSeries(one.day, one, left.pop(one.day, EMPTY))
    for day, track in left.items():
        yield DayOfSeries(day, None, track)


def tracks_at(
    session: Session, places: Sequence[Place], waiting: Mapping[int, Days], unpack: Unpack = unpacked
) -> dict[tuple[int, date], Track]:
    """Give the readings of some days of some series; days without a reading are left out.

    Raises ReadingsForgotten.
    """
    packed = {(one.series, one.day): unpack([one]) for one in packed_days(session, places)}
    found = {}
    for _, series, day in places:
        track = together(packed.get((series, day), EMPTY), waiting.get(series, {}).get(day, EMPTY))
        if len(track):
            found[series, day] = track
    return found


def whole(days: Iterator[DayOfSeries], unpack: Unpack = unpacked) -> Track:
    """Give the readings of days one after the other as one track.

    Raises ReadingsForgotten.
    """
    return join([EMPTY, *(one.track(unpack) for one in days)])
