"""How much an index changes over a horizon, learned from the fleet: from like levels, after like moves, lately."""

from typing import NamedTuple

import numpy as np

from lifecycle.condition.deterioration_figures import figure
from lifecycle.condition.deterioration_levels import A_POINT, MOST, level_of, shifted
from lifecycle.condition.deterioration_pairs import MOVES, Origins, Pairs
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

    Rows are moves times cells. Where nobody was near, what came from farther away speaks.
    """
    counted = _counted(outcomes)
    near = _kernel(figure("neighbours", "points"))
    far = _kernel(figure("neighbours", "points_of_last_resort"))
    others = figure("neighbours", "weight_of_other_moves")
    mixed = counted * (1 - others) + counted.sum(axis=0) * others
    nearby = near @ mixed
    anywhere = far @ counted.sum(axis=0) + _TINY
    borrowed = anywhere / anywhere.sum(axis=1, keepdims=True) * figure("neighbours", "outcomes_of_last_resort")
    chance = (nearby + borrowed).reshape(MOVES * CELLS, CHANGES)
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))


def _counted(outcomes: Outcomes) -> Floats:
    """Count by move, cell and change, scaled so that weights are numbers of outcomes."""
    origins = outcomes.pairs.origins
    place = (origins.move * CELLS + cell_of(level_of(origins.points))) * CHANGES + column_of(outcomes.change)
    counted = np.bincount(place, outcomes.weight, MOVES * CELLS * CHANGES)
    return np.asarray(counted.reshape(MOVES, CELLS, CHANGES))


def _kernel(points: float) -> Floats:
    """Weigh cells by their distance."""
    at = np.arange(CELLS) / 2
    return np.asarray(np.exp(-0.5 * ((at[:, None] - at[None]) / points) ** 2))


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
