"""The usage clock counts how much of its rated life a thing has used: by its own counter, else by the calendar."""

from typing import NamedTuple

import numpy as np

from lifecycle.condition.assumptions import figure
from lifecycle.grade import Floats


class Clock(NamedTuple):
    """Over the fleet: the share of a rated life used since the anchor, the factor heat adds, and what was counted."""

    share: Floats
    heat: Floats
    by_use: "np.ndarray[tuple[int], np.dtype[np.bool_]]"


def run(
    *, use: Floats, rated_use: Floats, years: Floats, rated_years: Floats, ambient: Floats, ambient_limit: Floats
) -> Clock:
    """Read the clock of every asset; NaN stands for what is not known or not declared.

    Use decides where it is counted and rated; elsewhere the calendar runs over the rated years.
    """
    by_use = np.isfinite(use) & np.isfinite(rated_use)
    share = np.where(by_use, _lives(use, rated_use), _lives(np.maximum(years, 0), rated_years))
    return Clock(share, heat_factor(ambient, ambient_limit), by_use)


def _lives(used: Floats, rated: Floats) -> Floats:
    """Divide, counting no more lives than any thing can have had."""
    most = figure("most_lives", "lives")
    return np.asarray(np.minimum(used, most * rated) / rated)


def heat_factor(ambient: Floats, limit: Floats) -> Floats:
    """Give how many hours each hour counts for: 1 up to the rated temperature, twice as much per 10 degrees above.

    >>> heat_factor(np.array([31.0, 20.0, np.nan]), np.array([25.0, 25.0, 25.0])).round(2).tolist()
    [1.52, 1.0, 1.0]
    """
    above = np.nan_to_num(np.maximum(ambient - limit, 0), nan=0.0)
    doublings = np.minimum(above / figure("heat", "degrees_that_double"), figure("heat", "most_doublings"))
    return np.asarray(2.0**doublings)
