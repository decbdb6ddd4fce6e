"""Remaining life is how much more use, and how many more days, until a thing reaches its functional end."""

from typing import NamedTuple

import numpy as np

from lifecycle.condition.assumptions import figure
from lifecycle.condition.index import Index
from lifecycle.grade import Floats

DAYS_A_YEAR = 365.25
LAYER = "declared wear"
"""On what the figure rests: wear as the maker declares it, not yet on how the fleet really fails."""


class RemainingLife(NamedTuple):
    """Over the fleet, P10, P50 and P90 each; NaN where it cannot be told."""

    use: tuple[Floats, Floats, Floats]
    days: tuple[Floats, Floats, Floats]


def remaining(
    *,
    index: Index,
    end: Floats,
    heat: Floats,
    by_use: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    rated_use: Floats,
    rated_years: Floats,
    use_per_day: Floats,
) -> RemainingLife:
    """Divide the points left by the points a rated life takes, at a pace that is itself uncertain.

    By use where use is counted: then days follow from the recent rate, and stay unknown where nothing was used.
    By the calendar elsewhere.
    """
    pace = figure("pace_spread", "factor")
    shares = [
        np.maximum(points - end, 0) / ((100 - end) * heat * faster)
        for points, faster in ((index.p10, pace), (index.p50, 1.0), (index.p90, 1 / pace))
    ]
    longest = figure("longest_days", "days")
    rate = np.where(use_per_day > 0, use_per_day, np.nan)
    use = [np.where(by_use, share * rated_use, np.nan) for share in shares]
    days = [
        np.where(by_use, left / np.maximum(rate, left / longest), share * rated_years * DAYS_A_YEAR)
        for left, share in zip(use, shares, strict=True)
    ]
    return RemainingLife(_three(use), _three([np.minimum(some, longest) for some in days]))


def _three(quantiles: list[Floats]) -> tuple[Floats, Floats, Floats]:
    low, middle, high = (np.round(some, 1) for some in quantiles)
    return low, middle, high
