"""The plain ways of foretelling an index, which every cleverer one must beat."""

import numpy as np

from lifecycle.condition.deterioration_change import Outcomes, outcomes_at, spread
from lifecycle.condition.deterioration_figures import figure
from lifecycle.condition.deterioration_levels import LEVELS, level_of, shifted
from lifecycle.condition.deterioration_pairs import Origins, Pairs
from lifecycle.condition.scores import Ranks
from lifecycle.grade import Floats

_EVIDENCE = (0.5, 2.0, 8.0, 32.0, 128.0, 1e9)
"""Candidates for k: after how many own intervals a thing's own trend weighs as much as the fleet's."""


class Persistence:
    """It stays as it was, give or take what the fleet's changes were, up or down alike."""

    def __init__(self, pairs: Pairs) -> None:
        """Keep the outcomes."""
        self._pairs = pairs

    def cumulative(self, origins: Origins, horizon: int) -> Floats:
        """Give the distribution of the index after so many years."""
        outcomes = outcomes_at(self._pairs, horizon)
        return _around(origins.points, _both_ways(outcomes.change, outcomes.weight))


class OwnTrend:
    """It goes on as its own inspections went, give or take how wrong that was."""

    def __init__(self, pairs: Pairs) -> None:
        """Keep the outcomes."""
        self._pairs = pairs

    def cumulative(self, origins: Origins, horizon: int) -> Floats:
        """Give the distribution of the index after so many years."""
        outcomes = outcomes_at(self._pairs, horizon)
        missed = outcomes.change - outcomes.pairs.origins.slope * horizon
        return _around(origins.points + origins.slope * horizon, _both_ways(missed, outcomes.weight))


class FleetDrift:
    """It wears as the fleet does on average, give or take how things differ."""

    def __init__(self, pairs: Pairs) -> None:
        """Keep the outcomes."""
        self._pairs = pairs

    def cumulative(self, origins: Origins, horizon: int) -> Floats:
        """Give the distribution of the index after so many years."""
        outcomes = outcomes_at(self._pairs, horizon)
        return _around(origins.points, spread(outcomes.change, outcomes.weight))


class ShrunkTrend:
    """Its own trend and the fleet's: `d = (n d_own + k d_fleet) / (n + k)` with n own intervals, k fitted."""

    def __init__(self, pairs: Pairs) -> None:
        """Keep the outcomes; k is fitted for each horizon."""
        self._pairs = pairs

    def cumulative(self, origins: Origins, horizon: int) -> Floats:
        """Give the distribution of the index after so many years."""
        outcomes = outcomes_at(self._pairs, horizon)
        fleet = float(np.average(outcomes.change, weights=outcomes.weight)) if len(outcomes.weight) else 0.0
        k = min(_EVIDENCE[::-1], key=lambda candidate: _missed_by(outcomes, fleet, horizon, candidate))
        missed = outcomes.change - shrunk(outcomes.pairs.origins, fleet, horizon, k)
        return _around(origins.points + shrunk(origins, fleet, horizon, k), spread(missed, outcomes.weight))


def shrunk(origins: Origins, fleet: float, horizon: int, k: float) -> Floats:
    """Give the change to expect: the more own intervals, the more the own trend counts.

    >>> one = Origins(np.array([80.0]), np.array([0]), np.array([-1.0]), np.array([2]))
    >>> shrunk(one, -4.0, 2, 2.0).tolist()
    [-3.0]
    """
    return np.asarray((origins.intervals * origins.slope * horizon + k * fleet) / (origins.intervals + k))


def _missed_by(outcomes: Outcomes, fleet: float, horizon: int, k: float) -> float:
    expected = shrunk(outcomes.pairs.origins, fleet, horizon, k)
    return float((np.abs(outcomes.change - expected) * outcomes.weight).sum())


class OutcomeTable:
    """What became of things of the same band; a band with too few outcomes borrows from the bands beside it."""

    def __init__(self, pairs: Pairs, limits: tuple[float, ...]) -> None:
        """Lay the bands so that each holds a like share of the fleet, and none reaches over a limit of a grade."""
        self._pairs = pairs
        share = figure("bands", "share_of_outcomes")
        parts = np.quantile(pairs.origins.points, np.arange(share, 1, share)) if len(pairs.change) else np.zeros(0)
        self._edges = np.unique(np.concatenate([np.round(parts, 1), np.array(limits)]))
        self._learned: dict[int, Floats] = {}

    def cumulative(self, origins: Origins, horizon: int) -> Floats:
        """Give the distribution of the index after so many years."""
        if horizon not in self._learned:
            self._learned[horizon] = self._learn(outcomes_at(self._pairs, horizon))
        return np.asarray(self._learned[horizon][self._band(origins.points)])

    def _band(self, index: Floats) -> Ranks:
        return np.searchsorted(self._edges, index, side="right").astype(np.int64)

    def _learn(self, outcomes: Outcomes) -> Floats:
        bands = len(self._edges) + 1
        index = outcomes.pairs.origins.points
        place = self._band(index) * LEVELS + level_of(index + outcomes.change)
        counted = np.bincount(place, outcomes.weight, bands * LEVELS).astype(np.float64).reshape(bands, LEVELS)
        return np.vstack([_backed_off(counted, band) for band in range(bands)])


def _backed_off(counted: Floats, band: int) -> Floats:
    """Widen the band until there are outcomes enough."""
    fewest = min(figure("bands", "fewest_outcomes"), float(counted.sum()))
    for reach in range(len(counted)):
        near = counted[max(band - reach, 0) : band + reach + 1].sum(axis=0)
        if near.sum() >= fewest * (1 - 1e-9) > 0:
            return np.asarray(np.cumsum(near) / near.sum())
    return np.linspace(0, 1, LEVELS)


def _both_ways(change: Floats, weight: Floats) -> Floats:
    return spread(np.concatenate([change, -change]), np.concatenate([weight, weight]))


def _around(middle: Floats, cumulative: Floats) -> Floats:
    return shifted(cumulative, np.zeros(len(middle), dtype=np.int64), level_of(middle))
