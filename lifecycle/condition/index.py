"""The condition index, 100 (as new) to 0, with its interval and the points that each cause took."""

from typing import NamedTuple

import numpy as np

from lifecycle.condition.assumptions import figure
from lifecycle.grade import Floats

TENTH = 1.2815515655446004
"""Standard deviations between the median and the P10 or P90 of a normal distribution."""
_DECIMALS = 2


class Index(NamedTuple):
    """Over the fleet: quantiles, standard deviation, and signed points that add up to `p50` exactly, to the hundredth.

    `p50 = anchor + wear + heat + floor`; the floor gives back what would fall below 0.
    """

    p10: Floats
    p50: Floats
    p90: Floats
    spread: Floats
    anchor: Floats
    wear: Floats
    heat: Floats
    floor: Floats


def project(*, anchor: Floats, anchor_spread: Floats, share: Floats, heat: Floats, end: Floats) -> Index:
    """Wear every asset down from its anchor: one rated life takes it from 100 to its end limit."""
    points = 100 - end
    start, wear, hot = _tidy(anchor), _tidy(-points * share), _tidy(-points * share * (heat - 1))
    floor = _tidy(np.maximum(-(start + wear + hot), 0))
    p50 = _tidy(start + wear + hot + floor)
    spread = np.sqrt(anchor_spread**2 + figure("wear_spread", "points") ** 2 * share * heat)
    low, high = (_tidy(np.clip(p50 + z * spread, 0, 100)) for z in (-TENTH, TENTH))
    return Index(low, p50, high, spread, start, wear, hot, floor)


def _tidy(points: Floats) -> Floats:
    """Round to the hundredth, without a minus nothing."""
    return np.asarray(points, dtype=np.float64).round(_DECIMALS) + 0.0
