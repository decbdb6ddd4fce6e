"""The guard knows the wear patterns of the fleet, and says when what a unit shows now is none of them."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.runs import Places

SHARE = 0.999
"""Of what held-out units of the own fleet show, so much is known."""
MARGIN = 1.25
"""And so much beyond the highest that a held-out unit of the own fleet ever showed."""
_EXPLAINED = 0.99
_MOST_DIRECTIONS = 4
_FOLDS = 5
_MOST_ROWS = 20_000


class Patterns(NamedTuple):
    """The directions in which the fleet wears, the noise around them (whitened), and the limit of what is known."""

    centre: Floats
    directions: Floats
    whiten: Floats
    still: Floats
    limit: float
    units: int


class Recent(NamedTuple):
    """Recent means of lively signals and of `still` ones, and how full the window behind each mean was, 0 to 1."""

    lively: Floats
    still: Floats
    fullness: Floats

    def at(self, rows: np.ndarray) -> "Recent":
        """Give some rows only."""
        return Recent(*(column[rows] for column in self))


def patterns_of(shown: Recent, unit: Places) -> Patterns:
    """Learn the fleet's patterns from what its units showed over whole lives, row by row.

    The limit comes from units held out of the fit, so that the own fleet is not flagged.
    """
    names = np.unique(unit)
    strange = np.zeros(len(unit))
    for some in np.array_split(names, min(_FOLDS, len(names))):
        out = np.isin(unit, some)
        strange[out] = strangeness(_fit(shown.at(out if out.all() else ~out)), shown.at(out))
    limit = max(float(np.quantile(strange, SHARE)), MARGIN * float(strange.max()))
    return _fit(shown)._replace(limit=limit, units=len(names))


def strangeness(known: Patterns, shown: Recent) -> Floats:
    """Give how far each row lies off every known pattern, in spreads of the noise; 1 is usual.

    A mean of few values is noisier and counts less, by the root of how full its window was.
    """
    apart = shown.lively - known.centre
    off = (apart - apart @ known.directions.T @ known.directions) @ known.whiten
    lively = np.sqrt((off**2).sum(1) / max(known.whiten.shape[1], 1))
    moved = np.abs(shown.still - known.still).max(axis=1, initial=0.0)
    return np.asarray(np.maximum(lively, moved) * np.sqrt(shown.fullness))


def is_unknown(known: Patterns, shown: Recent) -> np.ndarray:
    """Tell which rows show a pattern that the fleet never showed."""
    return np.asarray(strangeness(known, shown) > known.limit)


def _fit(shown: Recent) -> Patterns:
    full = shown.at(shown.fullness >= min(1.0, float(shown.fullness.max())))
    centre = np.median(full.lively, axis=0)
    apart = full.lively - centre
    _, sizes, axes = np.linalg.svd(apart[:: max(len(apart) // _MOST_ROWS, 1)], full_matrices=False)
    explained = np.cumsum(sizes**2) / max(float((sizes**2).sum()), 1e-12)
    count = min(int(np.searchsorted(explained, _EXPLAINED)) + 1, _MOST_DIRECTIONS, max(apart.shape[1] - 1, 0))
    directions = axes[:count]
    off = apart - apart @ directions.T @ directions
    return Patterns(centre, directions, _whitening(off), np.median(full.still, axis=0), np.inf, 0)


def _whitening(off: Floats) -> Floats:
    """Scale what is left over by its own spread, direction by direction, leaving out those that hold nothing."""
    spread, axes = np.linalg.eigh(np.atleast_2d(off.T @ off) / max(len(off), 1))
    keep = spread > 1e-6 * max(float(spread.max(initial=0.0)), 1e-12)
    return np.asarray(axes[:, keep] / np.sqrt(spread[keep]))
