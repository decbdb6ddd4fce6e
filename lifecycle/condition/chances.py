"""Chances are how likely each grade, and each score of NEN 2767, is of a thing whose index lies in an interval."""

import numpy as np

from lifecycle.grade import BAND, GRADES, Floats
from lifecycle.nen2767 import SCORES, band_of

GRADE_EDGES = tuple(100 - BAND * rank for rank in range(1, len(GRADES)))
SCORE_EDGES = tuple(band_of(score).low for score in SCORES if score < SCORES[-1])
_DECIMALS = 3


def chances(middle: Floats, spread: Floats, edges: tuple[float, ...]) -> Floats:
    """Give how likely the index lies in each band from the best down; every row adds up to 1 exactly, in thousandths.

    >>> chances(np.array([80.0]), np.array([5.0]), GRADE_EDGES).tolist()
    [[0.5, 0.5, 0.0, 0.0, 0.0]]
    """
    width = np.maximum(spread, 1e-6)[:, None]
    below = np.round(below_normal((np.array(edges)[None, :] - middle[:, None]) / width), _DECIMALS)
    ends = np.ones((len(middle), 1))
    steps = np.hstack([ends, below, 0 * ends])
    return np.round(steps[:, :-1] - steps[:, 1:], _DECIMALS) + 0.0


def below_normal(deviations: Floats) -> Floats:
    """Give how much of a normal distribution lies below so many deviations, to seven digits (Abramowitz 7.1.26).

    >>> below_normal(np.array([0.0, 1.2815515655446004])).round(6).tolist()
    [0.5, 0.9]
    """
    positive = np.abs(deviations) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * positive)
    tail = np.zeros_like(t)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = (tail + factor) * t
    upper = 1 - tail * np.exp(-(positive**2))
    return np.asarray(0.5 * (1 + np.sign(deviations) * upper))
