"""A rollup says in a few numbers what a metric did in one hour or one day."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from telemetry.counter import lost, slips
from telemetry.moment import DAY, HOUR, Moments
from telemetry.series_key import Manner
from telemetry.track import Marks, Numbers, Places, Track, starts

HOURS_A_DAY = 24
_SECOND = 1_000_000


@dataclass(frozen=True)
class Rollups:
    """Rollups in columns, one row per series and hour (or day)."""

    series: Places
    start: Moments
    """The first moment of the hour or day."""
    count: Places
    hour_count: Places
    """In how many hours there was a reading."""
    total: Numbers
    minimum: Numbers
    maximum: Numbers
    first: Numbers
    last: Numbers
    mean: Numbers
    """Of an hour: each reading counts until the next one or the hour's end. Of a day: the mean of its hours' means."""
    increase: Numbers
    """By how much a counter rose since the reading before of the same day, its slips passed over; 0 for a gauge."""
    below: Numbers
    above: Numbers
    """Seconds below the lower and above the upper operating limit, each reading holding as in `mean`."""

    def columns(self) -> dict[str, Any]:
        """Give the columns by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def take(self, which: Marks | slice) -> "Rollups":
        """Pick rows."""
        return Rollups(**{name: column[which] for name, column in self.columns().items()})


def hours(track: Track, manner: Manner) -> Rollups:
    """Roll at least one reading up by hour; `manner` stands beside each reading.

    The first reading of a day raises nothing here: what a counter did over midnight belongs to no single day's
    readings, so whoever adds days up adds it (see `telemetry.read_usage`). The same holds of a day's last reading.
    """
    start = track.at - track.at % HOUR
    begin = starts(track.series, start)
    ends = np.append(begin[1:], len(track))
    minimum = np.minimum.reduceat(track.value, begin)
    maximum = np.maximum.reduceat(track.value, begin)
    held = _held(track, start, begin)
    return Rollups(
        series=track.series[begin],
        start=start[begin],
        count=ends - begin,
        hour_count=np.ones(len(begin), dtype=np.int64),
        total=_sums(track.value, begin),
        minimum=minimum,
        maximum=maximum,
        first=track.value[begin],
        last=track.value[ends - 1],
        mean=np.clip(_sums(track.value * held, begin) / _sums(held, begin), minimum, maximum),
        increase=_sums(np.where(manner.counts, _rises(track, manner), 0.0), begin),
        below=_sums(held * (track.value < manner.low), begin) / _SECOND,
        above=_sums(held * (track.value > manner.high), begin) / _SECOND,
    )


def days(hourly: Rollups, track: Track, manner: Manner) -> Rollups:
    """Roll the hours of a track up by day."""
    start = hourly.start - hourly.start % DAY
    begin = starts(hourly.series, start)
    ends = np.append(begin[1:], len(start))
    of_reading = starts(track.series, track.at // DAY)
    lacking = _sums(_lacking(track, manner), of_reading)
    first, last = hourly.first[begin], hourly.last[ends - 1]
    hour_count = ends - begin
    minimum = np.minimum.reduceat(hourly.minimum, begin)
    maximum = np.maximum.reduceat(hourly.maximum, begin)
    mean = _sums(hourly.mean, begin) / hour_count
    return Rollups(
        series=hourly.series[begin],
        start=start[begin],
        count=np.add.reduceat(hourly.count, begin),
        hour_count=hour_count,
        total=_sums(hourly.total, begin),
        minimum=minimum,
        maximum=maximum,
        first=first,
        last=last,
        mean=np.clip(mean, minimum, maximum),
        increase=np.where(manner.counts[of_reading], (last - first) + lacking, 0.0),
        below=_sums(hourly.below, begin),
        above=_sums(hourly.above, begin),
    )


def _sums(column: Numbers, begin: Places) -> Numbers:
    return np.add.reduceat(column, begin)


def _held(track: Track, start: Moments, begin: Places) -> Numbers:
    """Give how long each reading held within its hour, in microseconds."""
    until = np.append(track.at[1:], 0)
    last_of_hour = np.append(begin[1:], len(track)) - 1
    until[last_of_hour] = start[last_of_hour] + HOUR
    return (until - track.at).astype(np.float64)


def _lacking(track: Track, manner: Manner) -> Numbers:
    """Give what the difference to the reading before lacks, where a counter fell or was swapped within a day."""
    shown, before = _shown(track, manner)
    lacking = lost(before, shown, swapped=manner.swapped, rolls_over_at=manner.rolls_over_at)
    return np.where(_begins_day(track), 0.0, lacking)


def _rises(track: Track, manner: Manner) -> Numbers:
    """Give how much a counter rose at each reading."""
    shown, before = _shown(track, manner)
    return np.where(_begins_day(track), 0.0, shown - before) + _lacking(track, manner)


def _shown(track: Track, manner: Manner) -> tuple[Numbers, Numbers]:
    """Give what a counter stood at with each reading, the slips within a day passed over, and what before."""
    passed = slips(track, _begins_day(track) | manner.swapped, manner.fastest)
    shown = np.where(passed, np.append(0.0, track.value[:-1]), track.value)
    return shown, np.append(0.0, shown[:-1])


def _begins_day(track: Track) -> Marks:
    begins = np.zeros(len(track), dtype=bool)
    begins[starts(track.series, track.at // DAY)] = True
    return begins
