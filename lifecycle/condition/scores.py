"""Scores tell how well a forecast fared once the truth is known; the lower the better, but for coverage."""

import numpy as np
from numpy.typing import NDArray

from lifecycle.grade import Floats

Ranks = NDArray[np.int64]
_EARLY = 13.0
_LATE = 10.0
"""Cycles by which the NASA score grows e-fold: a forecast that is too long costs more than one that is too short."""
_MOST = 700.0


def rps(probabilities: Floats, outcome: Ranks) -> Floats:
    """Give the ranked probability score of each forecast: 0 for certainty that was right, 1 for the farthest wrong.

    Rows of `probabilities` are over K ordered grades, `outcome` is the grade that came. The squared differences of
    the K - 1 cumulative probabilities are added and divided by K - 1, so that scales of any length compare.

    >>> rps(np.array([[1.0, 0, 0], [0, 0, 1], [0.5, 0.5, 0]]), np.array([0, 0, 0])).tolist()
    [0.0, 1.0, 0.125]
    """
    steps = probabilities.shape[1] - 1
    foretold = np.cumsum(probabilities, axis=1)[:, :steps]
    came = outcome[:, None] <= np.arange(steps)
    return np.asarray(((foretold - came) ** 2).sum(axis=1) / steps)


def pinball(quantiles: Floats, levels: Floats, truth: Floats) -> Floats:
    """Give the mean pinball loss of each forecast over its quantiles (rows: forecasts, columns: levels).

    >>> pinball(np.array([[1.0, 3.0]]), np.array([0.1, 0.9]), np.array([3.0])).tolist()
    [0.1]
    """
    missed = truth[:, None] - quantiles
    return np.asarray(np.maximum(levels * missed, (levels - 1) * missed).mean(axis=1))


def coverage(low: Floats, high: Floats, truth: Floats) -> float:
    """Give the share of truths that lay within their interval, ends included; NaN where there is none."""
    return float(((low <= truth) & (truth <= high)).mean()) if len(truth) else float("nan")


def mean_width(low: Floats, high: Floats) -> float:
    """Give how wide the intervals are on average; NaN where there is none."""
    return float((high - low).mean()) if len(low) else float("nan")


def mae(forecast: Floats, truth: Floats) -> float:
    """Give the mean absolute error; NaN where there is none."""
    return float(np.abs(forecast - truth).mean()) if len(truth) else float("nan")


def rmse(forecast: Floats, truth: Floats) -> float:
    """Give the root of the mean squared error; NaN where there is none."""
    return float(np.sqrt(((forecast - truth) ** 2).mean())) if len(truth) else float("nan")


def nasa_score(forecast: Floats, truth: Floats) -> float:
    """Give the score of Saxena et al. (2008) for remaining life, summed: it punishes a forecast that is too long.

    >>> nasa_score(np.array([100.0]), np.array([100.0]))
    0.0
    >>> nasa_score(np.array([110.0]), np.array([100.0])) > nasa_score(np.array([90.0]), np.array([100.0]))
    True
    """
    late = forecast - truth
    return float(np.expm1(np.minimum(np.where(late < 0, -late / _EARLY, late / _LATE), _MOST)).sum())
