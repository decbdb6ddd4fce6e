"""A grade says in one letter how a thing fares: A as new, B good, C worn, D poor, E worn out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GRADES = "ABCDE"
"""From best to worst."""
BAND = 20.0
"""Each grade is a band of so many points of the condition index."""
BAND_SPREAD = BAND / 12**0.5
"""Standard deviation of an index of which only the band is known: it may lie anywhere in it."""


def is_grade(word: str) -> bool:
    """Tell a grade from any other text.

    >>> is_grade("B"), is_grade("b"), is_grade("")
    (True, False, False)
    """
    return len(word) == 1 and word in GRADES


def middle(grade: str) -> float:
    """Give the index in the middle of a grade's band.

    >>> [middle(grade) for grade in GRADES]
    [90.0, 70.0, 50.0, 30.0, 10.0]
    """
    return 100 - BAND * (GRADES.index(grade) + 0.5)


def rank_of(index: Any) -> NDArray[np.int64]:
    """Give the place of each index's grade in GRADES: 0 for A to 4 for E.

    >>> rank_of([100, 80, 79.9, 20, 0]).tolist()
    [0, 0, 1, 3, 4]
    """
    steps = np.floor((100 - np.asarray(index, dtype=float)) / BAND - 1e-9)
    return np.clip(steps, 0, len(GRADES) - 1).astype(np.int64)


def grades_of(index: Any) -> list[str]:
    """Give the grade of each index.

    >>> grades_of([95, 61, 5])
    ['A', 'B', 'E']
    """
    return [GRADES[rank] for rank in rank_of(index)]


def is_worse(grade: str, limit: str) -> bool:
    """Tell whether a grade is worse than a limit.

    >>> is_worse("D", "C"), is_worse("C", "C")
    (True, False)
    """
    return GRADES.index(grade) > GRADES.index(limit)
