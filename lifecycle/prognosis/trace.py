"""A trace sums up what a unit's signals told so far: means of several lengths, the drift, the beginning, the age."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.runs import Places

WINDOWS = (0.05, 0.15, 0.3, 0.5)
"""Lengths of the means as shares of the middle life of the fleet."""
FIRST = 20
_LEAST_SLOPE = 8


def windows_for(lives: Floats) -> tuple[int, ...]:
    """Give the lengths of the means, in rows, for a fleet of such lives.

    >>> windows_for(np.array([180.0, 200.0, 240.0]))
    (10, 30, 60, 100)
    """
    return tuple(max(round(share * float(np.median(lives))), 3) for share in WINDOWS)


def traces(signals: Floats, cycle: Floats, starts: Places, windows: Sequence[int]) -> Floats:
    """Give one row of figures for each row of signals, from that row and earlier ones of the same unit alone."""
    parts = [_trace(signals[low:high], cycle[low:high], windows) for low, high in pairwise(starts)]
    return np.vstack(parts)


def trailing_mean(signals: Floats, length: int) -> Floats:
    """Give the mean of the last so many rows at each row; of fewer at the beginning.

    >>> trailing_mean(np.array([[1.0], [3.0], [5.0]]), 2).ravel().tolist()
    [1.0, 2.0, 4.0]
    """
    sums = np.vstack([np.zeros((1, signals.shape[1])), np.cumsum(signals, axis=0)])
    at = np.arange(len(signals))
    low = np.maximum(at - length + 1, 0)
    return np.asarray((sums[at + 1] - sums[low]) / (at - low + 1)[:, None])


def trailing_slope(signals: Floats, length: int) -> Floats:
    """Give the least-squares slope over the last so many rows at each row; 0 until there are eight."""
    at = np.arange(len(signals))
    low = np.maximum(at - length + 1, 0)
    count = (at - low + 1).astype(float)[:, None]
    sums = np.vstack([np.zeros((1, signals.shape[1])), np.cumsum(signals * at[:, None], axis=0)])
    moment = sums[at + 1] - sums[low] - ((low + at) / 2)[:, None] * count * trailing_mean(signals, length)
    return np.asarray(np.where(count >= _LEAST_SLOPE, moment / np.maximum(count * (count**2 - 1) / 12, 1e-9), 0.0))


def _trace(signals: Floats, cycle: Floats, windows: Sequence[int]) -> Floats:
    means = [trailing_mean(signals, length) for length in windows]
    whole = trailing_mean(signals, len(signals))
    first = whole[np.minimum(np.arange(len(signals)), FIRST - 1)]
    return np.hstack([cycle[:, None], *means, trailing_slope(signals, windows[-1]), first, whole])
