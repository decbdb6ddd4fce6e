"""What a counter did over a span: the reading it opened with, the one it closed with, and by how much it rose."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from telemetry.counter import PLAIN, Counting, limit
from telemetry.counter import lost as lost_between
from telemetry.moment import Moments, moment
from telemetry.track import REMNANT, Numbers, Track


class Usage(NamedTuple):
    """A counter over a span from `start` to `end`.

    A meter shows its latest reading until the next one, so `opening` is the last reading at or before the start and
    `closing` the last one at or before the end: what one month closes with, the next one opens with, and the
    increases of months add up to that of the year. Where there is nothing before the start, the first reading after
    it opens. None where there is no reading at all.
    """

    opening: float | None = None
    opening_at: datetime | None = None
    closing: float | None = None
    closing_at: datetime | None = None
    increase: float = 0.0
    """Never negative: resets, roll-overs and swaps of the meter are reckoned with, and slips passed over.

    See `telemetry.counter`.
    """
    readings: int = 0
    """How many readings came after the start, up to and including the end, slips not counted."""


class UseRate(NamedTuple):
    """How much a thing was used: all it ever counted, and how much a day lately (None where one cannot tell)."""

    total: float
    per_day: float | None


class GaugeMean(NamedTuple):
    """A level over a span: the mean of its hours, its extremes, and how many hours had a reading."""

    mean: float
    minimum: float
    maximum: float
    hours: int


class Stretch(NamedTuple):
    """Consecutive readings of one counter. `lost` is what their differences lack: see `telemetry.counter.lost`."""

    first: float
    first_at: int
    last: float
    last_at: int
    lost: float
    readings: int


def stretch(track: Track, counting: Counting = PLAIN) -> Stretch | None:
    """Sum up the readings of one counter, its slips left out.

    >>> import numpy as np
    >>> one = np.array([1, 1, 1])
    >>> stretch(Track(one, np.array([10, 20, 30]), np.array([5.0, 7.0, 2.0]), one)).lost
    7.0
    """
    if not len(track):
        return None
    before, after = track.value[:-1], track.value[1:]
    return Stretch(
        first=float(track.value[0]),
        first_at=int(track.at[0]),
        last=float(track.value[-1]),
        last_at=int(track.at[-1]),
        lost=_lacking(before, after, track.at[1:], counting),
        readings=len(track) + int(np.maximum(REMNANT - track.origin, 0).sum()),
    )


def used(before: Stretch | None, during: Sequence[Stretch], counting: Counting = PLAIN) -> Usage:
    """Put together what was read before a span and during it.

    >>> used(Stretch(5.0, 0, 5.0, 0, 0.0, 1), [Stretch(7.0, 10, 2.0, 20, 7.0, 2)]).increase
    4.0
    """
    known = [*([before] if before else []), *during]
    if not known:
        return Usage()
    lost = sum(one.lost for one in during)
    ends, begins = (np.array([getattr(one, name) for one in known]) for name in ("last", "first"))
    lost += _lacking(ends[:-1], begins[1:], np.array([one.first_at for one in known[1:]]), counting)
    last = known[-1]
    opening, opening_at = (before.last, before.last_at) if before else (known[0].first, known[0].first_at)
    return Usage(
        opening=opening,
        opening_at=moment(opening_at),
        closing=last.last,
        closing_at=moment(last.last_at),
        increase=last.last - opening + lost,
        readings=sum(one.readings for one in during),
    )


def _lacking(before: Numbers, after: Numbers, at: Moments, counting: Counting) -> float:
    """Add up what the differences of consecutive readings lack."""
    swapped = np.isin(at, counting.swapped_at)
    return float(lost_between(before, after, swapped=swapped, rolls_over_at=limit(counting.rolls_over_at)).sum())


def mean_of(parts: Sequence[GaugeMean]) -> GaugeMean:
    """Put the means of parts of a span together, each hour counting the same."""
    counted = sum(one.hours for one in parts)
    minimum, maximum = min(one.minimum for one in parts), max(one.maximum for one in parts)
    mean = sum(one.mean * one.hours for one in parts) / counted
    return GaugeMean(min(max(mean, minimum), maximum), minimum, maximum, counted)


def rate(ever: Usage, lately: Usage) -> UseRate:
    """Give the total a counter ever counted, its first reading included, and its daily pace between two readings."""
    total = (ever.opening or 0.0) + ever.increase
    if lately.opening_at is None or lately.closing_at is None or lately.closing_at == lately.opening_at:
        return UseRate(total, None)
    days = (lately.closing_at - lately.opening_at).total_seconds() / 86_400
    return UseRate(total, lately.increase / days)
