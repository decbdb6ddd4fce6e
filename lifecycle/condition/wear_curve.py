"""A wear curve leads from the index through the grades down to the end, each grade at a pace of its own."""

import numpy as np

from lifecycle.grade import BAND, GRADES, Floats

_LAST = len(GRADES) - 1


def worn_down(points: Floats, lives: Floats, *, rate: Floats) -> Floats:
    """Give the index after so many more rated lives; `rate` is points a life, a row for each and a column by grade.

    Below nothing it falls on: whoever asks says what that means.

    >>> twice_as_fast_when_worn = np.array([[80.0, 80, 160, 160, 160]])
    >>> worn_down(np.array([100.0]), np.array([0.75]), rate=twice_as_fast_when_worn).tolist()
    [20.0]
    """
    level, left = points.astype(np.float64), lives.astype(np.float64)
    for rank in range(_LAST):
        pace = rate[:, rank]
        spent = np.minimum(np.maximum(level - _floor(rank), 0) / pace, left)
        level, left = level - spent * pace, left - spent
    return level - left * rate[:, _LAST]


def lives_until(points: Floats, end: Floats, *, rate: Floats) -> Floats:
    """Give how many rated lives lead from an index down to its end; 0 where it is there.

    >>> lives_until(np.array([100.0, 15.0]), np.array([20.0, 20.0]), rate=np.full((2, 5), 80.0)).tolist()
    [1.0, 0.0]
    """
    lives = np.zeros(len(points))
    for rank in range(len(GRADES)):
        upper, lower = (np.inf if rank == 0 else _floor(rank - 1)), (-np.inf if rank == _LAST else _floor(rank))
        lives += np.maximum(np.minimum(points, upper) - np.maximum(end, lower), 0) / rate[:, rank]
    return lives


def _floor(rank: int) -> float:
    return 100 - BAND * (rank + 1)
