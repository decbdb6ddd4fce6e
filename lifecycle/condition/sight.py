"""A sight is what one inspection says of each component: how good it is, and how surely."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lifecycle.condition.assumptions import figure
from lifecycle.grade import BAND_SPREAD, Floats, middle
from lifecycle.inspection import OVERALL, InspectionSource
from lifecycle.nen2767 import band_of


class Sight(NamedTuple):
    """Points and standard deviations by component, in the order of the product's; NaN where nothing was said."""

    points: Floats
    spread: Floats
    resets: bool


def sight(
    components: tuple[str, ...],
    weights: Floats,
    *,
    grades: Mapping[str, str],
    scores: Mapping[str, int],
    index: float | None,
    source: str,
) -> Sight | None:
    """Read an inspection: each component by its own grade, else by that of the whole, else by the index of the whole.

    An index given beside grades says how good the whole is, and the grades how that is spread over the components. A
    road that is trusted less makes it less sure. None where nothing is said of any component.
    """
    told = np.array([_told(component, grades, scores) for component in components], dtype=np.float64)
    points, spread = told[:, 0], told[:, 1]
    if index is not None:
        points = _at_level(points, weights, index)
        spread = np.full(len(components), figure("index_spread", "points"))
    if np.isnan(points).all():
        return None
    return Sight(points, spread * figure("source_spread", source), source == InspectionSource.REPAIR)


def _told(component: str, grades: Mapping[str, str], scores: Mapping[str, int]) -> tuple[float, float]:
    for name in (component, OVERALL):
        if name in scores:
            band = band_of(scores[name])
            return band.middle, band.spread
        if name in grades:
            return middle(grades[name]), BAND_SPREAD
    return np.nan, np.nan


def _at_level(points: Floats, weights: Floats, index: float) -> Floats:
    """Shift the components so that their weighted mean is the index, as far as the scale allows."""
    known = np.isfinite(points)
    if not known.any():
        return np.full(len(points), index)
    mean = float(np.average(points[known], weights=weights[known]))
    return np.where(known, np.clip(points + index - mean, 0, 100), index)
