"""Deterioration in steps from one inspection to the next, by level and by the move before (semi-Markov).

Long horizons are made of recent short steps, so they follow how the fleet fares now, not how it fared long ago.
"""

import numpy as np

from lifecycle.condition.deterioration_change import CELLS, CHANGES, cell_of, learned_changes, middle_of, outcomes_at
from lifecycle.condition.deterioration_figures import figure
from lifecycle.condition.deterioration_levels import A_POINT, MOST, level_of, shifted
from lifecycle.condition.deterioration_pairs import MOVES, Origins, Pairs, move_of
from lifecycle.condition.scores import Ranks
from lifecycle.grade import Floats

_STATES = MOVES * CELLS
_OFFSETS = np.arange(CHANGES) - MOST
_AT_ONCE = 512


class SemiMarkov:
    """Steps of the length that is usual between two inspections of this fleet."""

    def __init__(self, pairs: Pairs) -> None:
        """Find the usual step; steps and their powers are learned when they are first asked for."""
        self._pairs = pairs
        self._step = _usual_step(pairs)
        self._learned: dict[int, Floats] = {}
        self._onward: dict[int, Floats] = {}
        self._moves: Floats | None = None

    def cumulative(self, origins: Origins, horizon: int) -> Floats:
        """Give the distribution of the index after so many years."""
        level = level_of(origins.points)
        rest = horizon % self._step
        first = rest or min(horizon, self._step)
        row = origins.move * CELLS + cell_of(level)
        steps = (horizon - first) // self._step
        if steps == 0:
            return shifted(np.cumsum(self._changes(first), axis=1), row, level)
        return self._reached(row, level, first) @ self._after(steps)

    def _changes(self, years: int) -> Floats:
        if years not in self._learned:
            outcomes = outcomes_at(self._pairs, years, figure("recent", "half_life_years"))
            self._learned[years] = learned_changes(outcomes)
        return self._learned[years]

    def _reached(self, row: Ranks, level: Ranks, years: int) -> Floats:
        """Give the chance of every state after the first step."""
        return landed(self._changes(years), row, level)

    def _after(self, steps: int) -> Floats:
        """Give, for each state, the distribution of the index after so many whole steps."""
        level = np.tile(middle_of(np.arange(CELLS)), MOVES)
        states = np.arange(_STATES)
        if self._moves is None:
            self._moves = landed(self._changes(self._step), states, level)
            self._onward[1] = shifted(np.cumsum(self._changes(self._step), axis=1), states, level)
        for done in range(max(self._onward) + 1, steps + 1):
            self._onward[done] = self._moves @ self._onward[done - 1]
        return self._onward[steps]


def landed(change: Floats, row: Ranks, level: Ranks) -> Floats:
    """Give the chance of every state, move and half point, after a change by which things leave their levels."""
    found = np.empty((len(row), _STATES))
    moved = move_of(_OFFSETS / A_POINT) * CELLS
    for start in range(0, len(row), _AT_ONCE):
        lot = slice(start, start + _AT_ONCE)
        reached = np.clip(level[lot, None] + _OFFSETS[None], 0, MOST)
        state = moved[None] + cell_of(reached)
        size = len(state)
        place = (np.arange(size)[:, None] * _STATES + state).ravel()
        found[lot] = np.bincount(place, change[row[lot]].ravel(), size * _STATES).reshape(size, _STATES)
    return found


def _usual_step(pairs: Pairs) -> int:
    """Give the most common time between one inspection and the next, in years."""
    order = np.lexsort((pairs.horizon, pairs.origin_year, pairs.asset))
    key = np.stack([pairs.asset[order], pairs.origin_year[order]])
    first = np.ones(len(order), dtype=bool)
    first[1:] = (key[:, 1:] != key[:, :-1]).any(axis=0)
    steps = pairs.horizon[order][first]
    return int(np.bincount(steps).argmax()) if len(steps) else 1
