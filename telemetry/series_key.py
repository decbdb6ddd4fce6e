"""Under which number a series is kept, and how its readings are rolled up."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from telemetry.metric import Metric, MetricKind
from telemetry.track import Marks, Numbers, Track, starts


class SeriesKey(NamedTuple):
    """One series: where it lies, whether it counts, and the operating limits of its metric."""

    shard: int
    number: int
    counts: bool
    low: float | None = None
    high: float | None = None


def series_key(shard: int, number: int, metric: Metric) -> SeriesKey:
    """Make the key of a series of a metric."""
    return SeriesKey(shard, number, metric.kind is MetricKind.COUNTER, metric.low, metric.high)


class Manner(NamedTuple):
    """Beside each reading of a track: whether it counts, and its limits, NaN where there are none."""

    counts: Marks
    low: Numbers
    high: Numbers

    def take(self, which: slice) -> "Manner":
        """Pick rows."""
        return Manner(self.counts[which], self.low[which], self.high[which])


def manner(track: Track, keys: Mapping[int, SeriesKey]) -> Manner:
    """Put beside each reading how it is rolled up."""
    begin = starts(track.series)
    lengths = np.diff(np.append(begin, len(track)))
    own = [keys[number] for number in track.series[begin].tolist()]
    return Manner(
        np.repeat(np.array([key.counts for key in own], dtype=bool), lengths),
        np.repeat(np.array([_limit(key.low) for key in own]), lengths),
        np.repeat(np.array([_limit(key.high) for key in own]), lengths),
    )


def _limit(limit: float | None) -> float:
    return float("nan") if limit is None else limit
