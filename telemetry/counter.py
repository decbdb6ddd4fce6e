"""How a counter is reckoned: by differences, past slips, resets, roll-overs and swaps of the meter."""

from typing import NamedTuple

import numpy as np

from telemetry.track import Marks, Numbers, Track

_HOUR = 3_600_000_000
_HALF = 0.5


class Counting(NamedTuple):
    """What must be known of a counter beside its readings."""

    rolls_over_at: float | None = None
    """Where it begins again at zero by itself."""
    fastest: float | None = None
    """By how much it can rise in an hour."""
    swapped_at: tuple[int, ...] = ()
    """The moments at which another meter was read for the first time; what it showed then was not counted here."""


PLAIN = Counting()


def limit(limit: float | None) -> float:
    """Give a limit as numpy compares it: nothing is beyond NaN."""
    return float("nan") if limit is None else limit


def slips(track: Track, begins: Marks, fastest: Numbers | float = float("nan")) -> Marks:
    """Mark each single reading of a counter that cannot be: the next one is back where the counter was.

    A dip lies below the one before it while the next does not: a meter does not forget its count and find it again.
    A leap lies higher than the counter can have risen, at `fastest` an hour (NaN: nobody knows), and the next lies
    below it. A fall or leap that lasts longer, or that nothing follows yet, is taken as it is. `begins` marks where
    consecutive readings begin.

    >>> one = np.ones(4, dtype=np.int64)
    >>> slips(Track(one, np.arange(4), np.array([100.0, 3.0, 101.0, 2.0]), one), np.arange(4) == 0).tolist()
    [False, True, False, False]
    >>> hours = np.arange(4) * 3_600_000_000
    >>> slips(Track(one, hours, np.array([1.0, 900.0, 3.0, 4.0]), one), np.arange(4) == 0, 2.0).tolist()
    [False, True, False, False]
    """
    before, own, after = track.value[:-2], track.value[1:-1], track.value[2:]
    most = np.broadcast_to(np.asarray(fastest, dtype=np.float64), len(track))[1:-1]
    elapsed = np.diff(track.at[:-1]) / _HOUR
    dips = (own < before) & (after >= before)
    leaps = (own - before > most * elapsed) & (after < own) & (after >= before)
    marks = np.zeros(len(track), dtype=bool)
    marks[1:-1] = (dips | leaps) & ~begins[1:-1] & ~begins[2:]
    return marks


def lost(
    before: Numbers, after: Numbers, *, swapped: Marks | bool = False, rolls_over_at: Numbers | float = float("nan")
) -> Numbers:
    """Give what the difference of two consecutive readings lacks, so that difference and loss make up the use.

    Where a counter fell it was reset, and what it shows was counted from zero; where it fell by more than half of its
    range it rolled over. Between the last reading of a meter and the first of its successor nothing was counted.

    >>> lost(np.array([90.0, 250.0, 40.0]), np.array([5.0, 3.0, 7.0]), rolls_over_at=256.0).tolist()
    [90.0, 256.0, 40.0]
    >>> lost(np.array([90.0]), np.array([500.0]), swapped=True).tolist()
    [-410.0]
    """
    fall = before - after
    rolled = fall > np.asarray(rolls_over_at) * _HALF
    reset = np.where(rolled, rolls_over_at, np.where(fall > 0, before, 0.0))
    return np.asarray(np.where(swapped, fall, reset), dtype=np.float64)
