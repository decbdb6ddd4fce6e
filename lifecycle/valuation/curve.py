"""A value curve is what its maker expects a product to be worth by age, as shares of the price new."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.product import CurvePoint
from lifecycle.valuation.assumptions import figure

TENTH = 1.2815515655446004
"""Standard deviations between the median and the P10 or P90 of a normal distribution."""


class Shares(NamedTuple):
    """Shares of the price new, P10, P50 and P90, over many ages."""

    p10: Floats
    p50: Floats
    p90: Floats


def read(curve: Sequence[Mapping[str, Any]], *, ages: Floats, spread_years: Floats, extra_spread: Floats) -> Shares:
    """Read the curve at each age, between its points along the logarithm.

    Beyond the last point the decline goes on at its last pace, and the interval widens as for `spread_years`, the
    years ahead of what is known; `extra_spread` is more doubt, in the logarithm.
    """
    points = _points(curve)
    at = np.array([point.age_years for point in points])
    low, middle, high = (_along(at, _logs(points, name), ages) for name in ("p10", "p50", "p90"))
    beyond = np.maximum(ages - at[-1], 0) + np.maximum(spread_years, 0)
    doubt = TENTH * np.sqrt(figure("market", "spread_per_root_year") ** 2 * beyond + extra_spread**2)
    return Shares(
        np.exp(middle - np.hypot(middle - low, doubt)), np.exp(middle), np.exp(middle + np.hypot(high - middle, doubt))
    )


def _points(curve: Sequence[Mapping[str, Any]]) -> list[CurvePoint]:
    """Sort the declared points and begin at the price new where they begin later; one point an age."""
    by_age = {point.age_years: point for point in map(CurvePoint.model_validate, curve)}
    by_age.setdefault(0.0, CurvePoint(age_years=0, p10=1, p50=1, p90=1))
    return [by_age[age] for age in sorted(by_age)]


def _logs(points: Sequence[CurvePoint], name: str) -> Floats:
    least = figure("least", "share")
    return np.log(np.maximum([getattr(point, name) for point in points], least))


def _along(at: Floats, logs: Floats, ages: Floats) -> Floats:
    """Interpolate; go on beyond the end at the pace of the last stretch, and never upwards."""
    inside = np.interp(ages, at, logs)
    if len(at) == 1:
        return np.asarray(inside)
    pace = min((logs[-1] - logs[-2]) / (at[-1] - at[-2]), 0.0)
    return np.asarray(inside + pace * np.maximum(ages - at[-1], 0))
