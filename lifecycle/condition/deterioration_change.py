"""How much an index changes over a horizon, learned from the fleet: from like levels, after like moves, lately."""

from typing import NamedTuple

import numpy as np

from lifecycle.condition.deterioration_figures import figure
from lifecycle.condition.deterioration_levels import A_POINT, LEVELS, MOST, level_of, shifted
from lifecycle.condition.deterioration_pairs import MOVES, ROSE, Origins, Pairs, move_of
from lifecycle.condition.scores import Ranks
from lifecycle.grade import Floats

CELLS = 201
"""Half points, for which the change is learned; a thing then starts from its own tenth."""
CHANGES = 2 * MOST + 1
_TINY = 1e-12


class Outcomes(NamedTuple):
    """Changes as if all had come over one horizon, each with its weight."""

    pairs: Pairs
    change: Floats
    weight: Floats


def cell_of(level: Ranks) -> Ranks:
    """Give the half point in which a level lies."""
    return level * 2 // A_POINT


def middle_of(cell: Ranks) -> Ranks:
    """Give the level in the middle of a half point.

    >>> middle_of(np.array([0, 141, 200])).tolist()
    [2, 707, 1000]
    """
    return np.minimum(cell * A_POINT // 2 + 2, MOST)


def outcomes_at(pairs: Pairs, horizon: int, half_life: float = np.inf) -> Outcomes:
    """Take the outcomes whose horizon is near, the nearer the heavier; reach farther where they are few.

    A change over another horizon counts with the root of the ratio: indices jump, they do not slide.
    """
    reach = figure("neighbours", "years")
    weight = np.zeros(0)
    for _ in range(8):
        weight = np.exp(-0.5 * ((pairs.horizon - horizon) / reach) ** 2)
        if weight.sum() >= figure("evidence", "fewest_outcomes"):
            break
        reach *= 2
    latest = pairs.outcome_year.max(initial=0)
    weight = weight * 0.5 ** ((latest - pairs.outcome_year) / half_life)
    near = weight > weight.max(initial=0) * 1e-4
    scale = np.sqrt(horizon / np.maximum(pairs.horizon, 1))
    return Outcomes(pairs.at(near), (pairs.change * scale)[near], weight[near])


def column_of(change: Floats) -> Ranks:
    """Give the column of a change in tenths, from -100 to 100."""
    return np.clip(np.rint(change * A_POINT), -MOST, MOST).astype(np.int64) + MOST


def spread(change: Floats, weight: Floats) -> Floats:
    """Give the cumulative distribution of weighted changes, as one row."""
    counted = np.bincount(column_of(change), weight + _TINY, CHANGES)
    return np.asarray(np.cumsum(counted / counted.sum()))[None]


def learned_changes(outcomes: Outcomes) -> Floats:
    """Give the chance of each change by move and cell: likely what things of a like level did after a like move.

    Rows are moves times cells. Where few were near after that move, those after any move speak, then those farther.
    """
    near = _smoothed(outcomes, figure("neighbours", "points"))
    far = _smoothed(outcomes, figure("neighbours", "points_of_last_resort")).sum(axis=0)
    after_any = near.sum(axis=0) + _shares(far) * figure("neighbours", "outcomes_of_last_resort")
    chance = near + _shares(after_any) * figure("neighbours", "outcomes_after_any_move")
    return _shares(chance).reshape(MOVES * CELLS, CHANGES)


def _shares(counted: Floats) -> Floats:
    """Make each row add up to 1."""
    return np.asarray((counted + _TINY) / (counted + _TINY).sum(axis=-1, keepdims=True))


def _smoothed(outcomes: Outcomes, points: float) -> Floats:
    """Count by move, cell and change what came nearby.

    Wear and damage take points away; a repair brings a thing to a level, wherever it was.
    """
    at = np.arange(CELLS) / 2
    near = np.exp(-0.5 * ((at[:, None] - at[None]) / points) ** 2)
    origins, change = outcomes.pairs.origins, outcomes.change
    repaired = move_of(change) == ROSE
    place = origins.move * CELLS + cell_of(level_of(origins.points))
    to = level_of(origins.points + change)
    worn = _counted(place[~repaired], column_of(change[~repaired]), outcomes.weight[~repaired], CHANGES)
    lifted = _counted(place[repaired], to[repaired], outcomes.weight[repaired], LEVELS)
    return np.asarray(near @ worn + _as_changes(near @ lifted))


def _counted(place: Ranks, column: Ranks, weight: Floats, columns: int) -> Floats:
    counted = np.bincount(place * columns + column, weight, MOVES * CELLS * columns)
    return counted.astype(np.float64).reshape(MOVES, CELLS, columns)


def _as_changes(reached: Floats) -> Floats:
    """Turn chances of the level reached into chances of the change from each cell; a repair makes nothing worse."""
    change = np.maximum(np.arange(LEVELS)[None] - middle_of(np.arange(CELLS))[:, None], 1) + MOST
    row = np.arange(MOVES * CELLS).reshape(MOVES, CELLS, 1)
    place = (row * CHANGES + change[None]).ravel()
    counted = np.bincount(place, reached.ravel(), MOVES * CELLS * CHANGES).astype(np.float64)
    return counted.reshape(MOVES, CELLS, CHANGES)


class Peers:
    """What things of a like level did over this very horizon after a like move."""

    def __init__(self, pairs: Pairs) -> None:
        """Keep the outcomes; each horizon is learned when it is first asked for."""
        self._pairs = pairs
        self._learned: dict[int, Floats] = {}

    def cumulative(self, origins: Origins, horizon: int) -> Floats:
        """Give the distribution of the index after so many years."""
        if horizon not in self._learned:
            outcomes = outcomes_at(self._pairs, horizon, figure("recent", "half_life_years"))
            self._learned[horizon] = np.cumsum(learned_changes(outcomes), axis=1)
        level = level_of(origins.points)
        return shifted(self._learned[horizon], origins.move * CELLS + cell_of(level), level)
