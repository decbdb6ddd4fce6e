"""An index foretold is a chance for every level from 0 to 100, a tenth of a point apart."""

from collections.abc import Sequence

import numpy as np

from lifecycle.condition.scores import Ranks
from lifecycle.grade import Floats

A_POINT = 10
"""Levels in one point of the index."""
LEVELS = 100 * A_POINT + 1
MOST = LEVELS - 1
_GRACE = 1e-6


def level_of(index: Floats) -> Ranks:
    """Give the level of an index, rounded down, so that 69.96 is still below 70.

    >>> level_of(np.array([69.96, 70.0, 100.0, -3.0])).tolist()
    [699, 700, 1000, 0]
    """
    return np.clip(np.floor(index * A_POINT + _GRACE), 0, MOST).astype(np.int64)


def quantile(cumulative: Floats, level: float) -> Floats:
    """Give the index that is not exceeded with this chance; rows of `cumulative` end in 1."""
    return np.asarray((cumulative < level - _GRACE**2).sum(axis=1).clip(max=MOST) / A_POINT)


def chances(cumulative: Floats, limits: Sequence[float]) -> Floats:
    """Give the chance of each grade, the worst first; a limit belongs to the better grade, each row adds up to 1."""
    below = cumulative[:, level_of(np.array(limits)) - 1]
    ends = np.zeros((len(cumulative), 1)), np.ones((len(cumulative), 1))
    return np.diff(np.hstack([ends[0], below, ends[1]]), axis=1)


def grade_at(index: Floats, limits: Sequence[float]) -> Ranks:
    """Give the place of the grade of an index, the worst being 0.

    >>> grade_at(np.array([59.9, 60.0, 70.0]), (60, 70)).tolist()
    [0, 1, 2]
    """
    return np.searchsorted(np.array(limits, dtype=np.float64), index, side="right").astype(np.int64)


def shifted(cumulative: Floats, row: Ranks, start: Ranks) -> Floats:
    """Set distributions of the change (columns: -100 to 100) down at where each thing stands; ends hold what is over.

    >>> still = np.repeat([0.0, 1.0], [MOST, LEVELS])[None]
    >>> quantile(shifted(still, np.array([0]), np.array([731])), 0.5).tolist()
    [73.1]
    """
    columns = np.arange(LEVELS)[None] - start[:, None] + MOST
    placed = cumulative[row[:, None], columns]
    placed[:, -1] = 1.0
    return np.asarray(placed)
