"""Under which number a series is kept, and how its readings are rolled up."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from telemetry.counter import PLAIN, Counting, limit
from telemetry.metric import Metric, MetricKind
from telemetry.track import Marks, Numbers, Track, starts


class SeriesKey(NamedTuple):
    """One series: where it lies, whether it counts, and the operating limits of its metric."""

    shard: int
    number: int
    counts: bool
    low: float | None = None
    high: float | None = None
    counting: Counting = PLAIN


def series_key(shard: int, number: int, metric: Metric, swapped_at: tuple[int, ...] = ()) -> SeriesKey:
    """Make the key of a series of a metric."""
    counting = Counting(metric.rolls_over_at, metric.fastest, swapped_at)
    return SeriesKey(shard, number, metric.kind is MetricKind.COUNTER, metric.low, metric.high, counting)


class Manner(NamedTuple):
    """Beside each reading of a track how it is rolled up; NaN where there is no such limit."""

    counts: Marks
    low: Numbers
    high: Numbers
    rolls_over_at: Numbers
    fastest: Numbers
    swapped: Marks
    """It is the first of another meter."""


def manner(track: Track, keys: Mapping[int, SeriesKey]) -> Manner:
    """Put beside each reading how it is rolled up."""
    begin = starts(track.series)
    lengths = np.diff(np.append(begin, len(track)))
    own = [keys[number] for number in track.series[begin].tolist()]
    limits = [(key.low, key.high, key.counting.rolls_over_at, key.counting.fastest) for key in own]
    low, high, rolls_over_at, fastest = np.array([[limit(one) for one in row] for row in limits]).reshape(-1, 4).T
    return Manner(
        counts=np.repeat(np.array([key.counts for key in own], dtype=bool), lengths),
        low=np.repeat(low, lengths),
        high=np.repeat(high, lengths),
        rolls_over_at=np.repeat(rolls_over_at, lengths),
        fastest=np.repeat(fastest, lengths),
        swapped=_swapped(track, own),
    )


def _swapped(track: Track, keys: Sequence[SeriesKey]) -> Marks:
    marks = np.zeros(len(track), dtype=bool)
    for key in keys:
        if key.counting.swapped_at:
            marks |= (track.series == key.number) & np.isin(track.at, key.counting.swapped_at)
    return marks
