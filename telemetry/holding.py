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
    """For how long readings speak, cut into the parts of a span; of no length where one speaks outside alone."""

    row: Places | slice
    """Which reading it is, all where nothing is cut; one that holds over a cut is there once for each part."""
    part: Places
    begin: Moments
    end: Moments
    inside: Marks
    """Whether the reading itself lies in this part."""


class Counts(NamedTuple):
    """What was counted in columns, one row for each series and part of a span in which there was anything."""

    series: Places
    part: Places
    amount: Numbers
    covered: Places
    readings: Places

    def take(self, which: Marks) -> "Counts":
        """Pick rows."""
        series, part, amount, covered, readings = self
        return Counts(series[which], part[which], amount[which], covered[which], readings[which])


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
    """Give how long each reading speaks in a span; in straight lines one speaks together with the next."""
    begin = np.clip(track.at, start, end)
    until = np.maximum(np.clip(_until(track, meter), start, end), begin)
    inside = (track.at >= start) & (track.at < end)
    return Holds(slice(None), np.zeros(len(track), dtype=np.int64), begin, until, inside)


def _in_parts(whole: Holds, cuts: Moments) -> Holds:
    """Cut how long readings speak at some moments; the first is the start of the span, the last its end."""
    begin, end = whole.begin, whole.end
    first = np.minimum(np.searchsorted(cuts, begin, "right") - 1, len(cuts) - 2)
    last = np.maximum(np.searchsorted(cuts, end, "left") - 1, first)
    times = last - first + 1
    row = np.repeat(np.arange(len(begin)), times)
    later = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    part = first[row] + later
    ends = np.minimum(end[row], cuts[part + 1])
    return Holds(row, part, np.maximum(begin[row], cuts[part]), ends, whole.inside[row] & (later == 0))


def _until(track: Track, meter: Meter) -> Moments:
    """Give until when each reading speaks."""
    longest = (meter.longest_gap or 0) * SECOND
    following = np.append(track.at[1:], 0)
    alone = following - track.at > longest
    alone[:-1] |= track.series[1:] != track.series[:-1]
    alone[-1:] = True
    return np.where(alone, track.at + (0 if meter.drawn is Drawn.STRAIGHT else longest), following)


def is_on(meter: Meter, value: Numbers) -> Marks:
    """Tell for each reading whether it is on."""
    threshold = meter.threshold or 0.0
    on: Marks = value > threshold
    if meter.side is Side.EQUAL:
        on = value == threshold
    elif meter.side is Side.BELOW:
        on = value < threshold
    return on


def count(track: Track, meter: Meter, start: int, end: int) -> dict[int, Counted]:
    """Count many series over one span; the track holds what lies up to the longest gap around it as well.

    The parts of a span add up to the whole: in whole microseconds, and for a level times time to the last digits.
    """
    if not len(track):
        return {}
    speaks = holds(track, meter, start, end)
    counts = _counts(track, meter, speaks)
    quiet, nothing = _quiet(track.series, speaks, start, end), (end - start,) * 3
    rows = zip(*(column.tolist() for column in counts), strict=True)
    return {
        series: Counted(amount, covered, gap, readings, before, after)
        for series, _, amount, covered, readings in rows
        for gap, before, after in [quiet.get(series, nothing)]
    }


def count_parts(track: Track, meter: Meter, cuts: Moments) -> Counts:
    """Count many series over the parts of a span, in the order of series and parts; silent parts are left out."""
    if not len(track):
        return Counts(track.series, track.series, track.value, track.series, track.series)
    whole = holds(track, meter, int(cuts[0]), int(cuts[-1]))
    found = _counts(track, meter, _in_parts(whole, cuts))
    heard = (found.covered > 0) | (found.readings > 0)
    return found.take(heard)


def _counts(track: Track, meter: Meter, speaks: Holds) -> Counts:
    series = track.series[speaks.row]
    begin = starts(series) if isinstance(speaks.row, slice) else starts(series, speaks.part)
    return Counts(
        series=series[begin],
        part=speaks.part[begin],
        amount=_AMOUNTS[meter.way](track, meter, speaks, begin),
        covered=np.add.reduceat(speaks.end - speaks.begin, begin),
        readings=np.add.reduceat(speaks.inside, begin, dtype=np.int64),
    )


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
    on = np.where(is_on(meter, track.value)[speaks.row], speaks.end - speaks.begin, 0)
    return np.add.reduceat(on, begin) / HOUR


def _integral(track: Track, meter: Meter, speaks: Holds, begin: Places) -> Numbers:
    held = speaks.end - speaks.begin
    level = _middle(track, speaks) if meter.drawn is Drawn.STRAIGHT else track.value[speaks.row]
    return np.add.reduceat(np.where(held > 0, level, 0.0) * held, begin) / HOUR


def _middle(track: Track, speaks: Holds) -> Numbers:
    """Give the mean of the straight line to the next reading, over the part that lies in the span."""
    step, rise = np.append(np.diff(track.at), 1), np.append(np.diff(track.value), 0.0)
    slope = np.divide(rise, step, out=np.zeros(len(track)), where=step > 0)
    middle = (speaks.begin - track.at[speaks.row]) + (speaks.end - speaks.begin) / 2
    middle_value: Numbers = track.value[speaks.row] + slope[speaks.row] * middle
    return middle_value


def _comings(track: Track, meter: Meter, speaks: Holds, begin: Places) -> Numbers:
    return np.add.reduceat((comes_on(track, meter)[speaks.row] & speaks.inside).astype(np.float64), begin)


def comes_on(track: Track, meter: Meter) -> Marks:
    """Mark each reading that is on after one that was not, at most the longest gap before."""
    on = is_on(meter, track.value)
    came = np.zeros(len(track), dtype=bool)
    near = (track.series[1:] == track.series[:-1]) & (np.diff(track.at) <= (meter.longest_gap or 0) * SECOND)
    came[1:] = on[1:] & ~on[:-1] & near
    return came


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
