"""Scenarios: how the markets may stand at each horizon, with one factor that all of them share."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats

SPREAD_PER_ROOT_YEAR = 0.15
"""In the logarithm: so much restored the coverage of intervals set years ahead, on observed sales."""
FREEDOM = 5.0
"""Degrees of freedom of the Student-t factors: crashes come more often than a normal law has it."""
COMMON = 0.5
"""Share of a market's variance that all markets have in common."""


class Scenarios(NamedTuple):
    """S scenarios: `market` (cells, S) multiplies prices, `drivers` (K, S) are wages, prices of CO2 and the like."""

    market: Floats
    drivers: Floats


class Cell(NamedTuple):
    """A market at a horizon: which category, and how many years ahead."""

    category: int
    years: float


def draw_markets(
    cells: Sequence[Cell], *, scenarios: int, seed: int, common: float = COMMON, spread: float = SPREAD_PER_ROOT_YEAR
) -> Floats:
    """Draw (cells, scenarios) multipliers around 1: median 1, wider by the root of the years, the same path for all.

    The factors are Student-t, scaled to a variance of one. Of one category two horizons move together. The same seed
    gives the same draws.
    """
    generator = np.random.default_rng(seed)
    categories = max((cell.category for cell in cells), default=-1) + 1
    drawn = generator.standard_t(FREEDOM, size=(1 + categories, scenarios)) / np.sqrt(FREEDOM / (FREEDOM - 2))
    moved = np.sqrt(common) * drawn[0] + np.sqrt(1 - common) * drawn[1:]
    wide = np.array([[spread * np.sqrt(max(cell.years, 0.0))] for cell in cells])
    return np.asarray(np.exp(wide * moved[[cell.category for cell in cells]])).reshape(len(cells), scenarios)


def certain(cells: int, scenarios: int) -> Scenarios:
    """Give scenarios in which nothing moves."""
    return Scenarios(np.ones((cells, scenarios)), np.zeros((0, scenarios)))
