"""NEN 2767 gives condition scores from 1 (excellent) to 6 (very bad); our letters A to E are the same bands.

| score | 1 | 2 | 3 | 4 | 5 | 6 |
| grade | A | B | C | D | E (10 to 20 points) | E (below 10 points) |

A to D and 1 to 4 turn into each other and back without loss. E is told as 5 where only the letter is known; a score of
5 or 6 says more than the letter, and is kept beside it.
"""

from typing import NamedTuple

SCORES = range(1, 7)
_GRADES = "ABCDEE"
_LOWEST = (80.0, 60.0, 40.0, 20.0, 10.0, 0.0)
"""The least index of each score's band; the band above it ends there."""


class Band(NamedTuple):
    """The part of the condition index that a score or a grade stands for."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """Give its middle, the best single guess."""
        return (self.low + self.high) / 2

    @property
    def spread(self) -> float:
        """Give the standard deviation of an index of which only the band is known."""
        return float((self.high - self.low) / 12**0.5)


def grade_of(score: int) -> str:
    """Give the letter of a score.

    >>> [grade_of(score) for score in SCORES]
    ['A', 'B', 'C', 'D', 'E', 'E']
    """
    return _GRADES[score - 1]


def score_of(grade: str) -> int:
    """Give the score of a letter; of E the milder of the two, since nothing worse was said.

    >>> [score_of(grade) for grade in "ABCDE"]
    [1, 2, 3, 4, 5]
    """
    return _GRADES.index(grade) + 1


def score_at(index: float) -> int:
    """Give the score of an index.

    >>> [score_at(index) for index in (100, 80, 79.9, 20, 10, 9.9)]
    [1, 1, 2, 4, 5, 6]
    """
    return next(score for score, lowest in zip(SCORES, _LOWEST, strict=True) if index >= lowest or score == SCORES[-1])


def band_of(score: int) -> Band:
    """Give the band of a score.

    >>> band_of(1), band_of(6).middle
    (Band(low=80.0, high=100.0), 5.0)
    """
    return Band(_LOWEST[score - 1], _LOWEST[score - 2] if score > 1 else 100.0)
