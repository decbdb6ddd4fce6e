"""How long each reading of a level speaks: until the next one, but never longer than the meter's longest gap."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from telemetry.meter import Drawn, Meter, Side, Way
from telemetry.moment import HOUR, Moments, moment
from telemetry.track import Marks, Numbers, Places, Track, starts

SECOND = 1_000_000


class Counted(NamedTuple):
    """What a meter counted over a level: in hours, times or the level's unit times hours; spans in microseconds."""

    amount: float
    covered: int
    """For how long of the span a reading spoke."""
    longest_gap: int
    """The longest stretch of the span for which none did."""
    readings: int
    quiet_before: int
    """From the start of the span until the first that spoke; the whole span where none did."""
    quiet_after: int


class Holds(NamedTuple):
    """For each reading, the part of a span for which it speaks; of no length where it speaks outside alone."""

    begin: Moments
    end: Moments
    last: Marks
    """Whether a reading is the last of its series."""
    inside: Marks
    """Whether it lies in the span itself."""


class Stretch(NamedTuple):
    """A time during which a level was on, with the readings that began and ended it."""

    start: datetime
    end: datetime
    began_at: datetime
    began_value: float
    ended_at: datetime | None
    """Of the reading that was no longer on; None where the sensor fell silent or the span ended."""
    ended_value: float | None


def holds(track: Track, meter: Meter, start: int, end: int) -> Holds:
    """Give how long each reading speaks within a span; readings in straight lines speak together with the next."""
    longest = (meter.longest_gap or 0) * SECOND
    last = np.ones(len(track), dtype=bool)
    last[:-1] = track.series[1:] != track.series[:-1]
    following = np.append(track.at[1:], 0)
    alone = last | (following - track.at > longest)
    until = np.where(alone, track.at + (0 if meter.drawn is Drawn.STRAIGHT else longest), following)
    begin = np.clip(track.at, start, end)
    inside = (track.at >= start) & (track.at < end)
    return Holds(begin, np.maximum(np.clip(until, start, end), begin), last, inside)


def is_on(meter: Meter, value: Numbers) -> Marks:
    """Tell for each reading whether it is on."""
    threshold = meter.threshold or 0.0
    if meter.side is Side.EQUAL:
        return value == threshold
    return value > threshold if meter.side is Side.ABOVE else value < threshold


def count(track: Track, meter: Meter, start: int, end: int) -> dict[int, Counted]:
    """Count many series over one span; the track holds what lies up to the longest gap around it as well.

    The parts of a span add up to the whole: in whole microseconds, and for a level times time to the last digits.
    """
    if not len(track):
        return {}
    begin, speaks = starts(track.series), holds(track, meter, start, end)
    covered = np.add.reduceat(speaks.end - speaks.begin, begin)
    inside = np.add.reduceat(speaks.inside, begin, dtype=np.int64)
    amount = _AMOUNTS[meter.way](track, meter, speaks, begin)
    quiet = _quiet(track.series, speaks, start, end)
    rows = zip(*(column.tolist() for column in (track.series[begin], amount, covered, inside)), strict=True)
    nothing = (end - start,) * 3
    return {
        series: Counted(amount, covered, gap, inside, before, after)
        for series, amount, covered, inside in rows
        for gap, before, after in [quiet.get(series, nothing)]
    }


def silence(length: int) -> Counted:
    """Give what is counted where no reading speaks."""
    return Counted(0.0, 0, length, 0, length, length)


def put_together(parts: Sequence[Counted]) -> Counted:
    """Add up what was counted in parts of a span, in their order; a silence goes on from one to the next."""
    whole = parts[0]
    for part in parts[1:]:
        whole = Counted(
            amount=whole.amount + part.amount,
            covered=whole.covered + part.covered,
            longest_gap=max(whole.longest_gap, part.longest_gap, whole.quiet_after + part.quiet_before),
            readings=whole.readings + part.readings,
            quiet_before=whole.quiet_before + (0 if whole.covered else part.quiet_before),
            quiet_after=part.quiet_after + (0 if part.covered else whole.quiet_after),
        )
    return whole


def _time_on(track: Track, meter: Meter, speaks: Holds, begin: Places) -> Numbers:
    on = np.where(is_on(meter, track.value), speaks.end - speaks.begin, 0)
    return np.add.reduceat(on, begin) / HOUR


def _integral(track: Track, meter: Meter, speaks: Holds, begin: Places) -> Numbers:
    held = speaks.end - speaks.begin
    level = track.value
    if meter.drawn is Drawn.STRAIGHT:
        level = _middle(track, speaks)
    return np.add.reduceat(np.where(held > 0, level, 0.0) * held, begin) / HOUR


def _middle(track: Track, speaks: Holds) -> Numbers:
    """Give the mean of the straight line to the next reading, over the part that lies in the span."""
    step = np.append(np.diff(track.at), 1)
    step = np.where(step > 0, step, 1)
    rise = np.append(np.diff(track.value), 0.0)
    middle = (speaks.begin - track.at) + (speaks.end - speaks.begin) / 2
    middle_value: Numbers = track.value + rise * (middle / step)
    return middle_value


def comes_on(track: Track, meter: Meter) -> Marks:
    """Mark each reading that is on after one that was not, at most the longest gap before."""
    on = is_on(meter, track.value)
    came = np.zeros(len(track), dtype=bool)
    near = (track.series[1:] == track.series[:-1]) & (np.diff(track.at) <= (meter.longest_gap or 0) * SECOND)
    came[1:] = on[1:] & ~on[:-1] & near
    return came


def _comings(track: Track, meter: Meter, speaks: Holds, begin: Places) -> Numbers:
    return np.add.reduceat((comes_on(track, meter) & speaks.inside).astype(np.float64), begin)


_AMOUNTS = {Way.TIME_ON: _time_on, Way.INTEGRAL: _integral, Way.COUNT: _comings}


def _quiet(series: Places, speaks: Holds, start: int, end: int) -> dict[int, tuple[int, int, int]]:
    """Give the longest time without a word, and how long it was quiet at both ends; those that never spoke left out."""
    spoke = np.flatnonzero(speaks.end > speaks.begin)
    if not len(spoke):
        return {}
    own, from_, until = series[spoke], speaks.begin[spoke], speaks.end[spoke]
    first = starts(own)
    last = np.append(first[1:], len(own)) - 1
    after = np.append(from_[1:], end)
    after[last] = end
    before, longest = from_[first] - start, np.maximum.reduceat(after - until, first)
    rows = zip(own[first], np.maximum(longest, before), before, end - until[last], strict=True)
    return {int(number): (int(gap), int(one), int(other)) for number, gap, one, other in rows}


def stretches(track: Track, meter: Meter, start: int, end: int) -> list[Stretch]:
    """Give when one series was on during a span, as long as a reading said so."""
    speaks = holds(track, meter, start, end)
    there = np.flatnonzero(is_on(meter, track.value) & (speaks.end > speaks.begin))
    if not len(there):
        return []
    goes_on = (np.diff(there) == 1) & (speaks.end[there[:-1]] == speaks.begin[there[1:]])
    first = there[np.append(True, ~goes_on)]
    last = there[np.append(~goes_on, True)]
    return [_stretch(track, speaks, int(one), int(other)) for one, other in zip(first, last, strict=True)]


def _stretch(track: Track, speaks: Holds, first: int, last: int) -> Stretch:
    ended = last + 1 < len(track) and int(track.at[last + 1]) == int(speaks.end[last])
    return Stretch(
        start=moment(int(speaks.begin[first])),
        end=moment(int(speaks.end[last])),
        began_at=moment(int(track.at[first])),
        began_value=float(track.value[first]),
        ended_at=moment(int(track.at[last + 1])) if ended else None,
        ended_value=float(track.value[last + 1]) if ended else None,
    )
