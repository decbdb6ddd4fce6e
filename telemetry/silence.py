"""Silence is a reading that is overdue: nothing was heard of a series for longer than there should be between two."""

import numpy as np

from telemetry.alarm_state import STILL
from telemetry.limit_alarm import Alarms
from telemetry.track import Track, starts


def silences(longest: int, track: Track, *, now: int) -> Alarms:
    """Find where series fell silent between two readings, or after the last one until now; moments in microseconds.

    >>> one = np.array([1, 1])
    >>> silences(10, Track(one, np.array([0, 15]), np.zeros(2), one), now=20).raised.tolist()
    [10]
    """
    last = np.append(starts(track.series)[1:], len(track)) - 1
    ends = np.append(track.at[1:], STILL)[: len(track)]
    ends[last] = STILL
    over = np.minimum(ends, now) - track.at > longest
    began = track.at[over]
    return Alarms(
        series=track.series[over],
        began=began,
        raised=began + longest,
        cleared=ends[over],
        extreme=np.full(len(began), np.nan),
        times=np.ones(len(began), dtype=np.int64),
        chatters=np.zeros(len(began), dtype=bool),
    )
