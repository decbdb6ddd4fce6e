"""What a portfolio nets in each scenario: every thing takes the route that is best for it there."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from lifecycle.grade import Floats
from lifecycle.portfolio.holdings import Holdings, Whole
from lifecycle.portfolio.market import Scenarios

_LONG = 1 << 16
"""So many draws are made once; each thing reads its own stretch of them."""
_STEP = 0.01
"""Noise is told apart by its standard deviation in steps of so much, in the logarithm."""
_PARTS = 64
"""A portfolio without groups is summed in so many parts, in order: the same figures on any number of cores."""


class Chance(NamedTuple):
    """Draws that all things share: noise by level, and numbers between 0 and 1 for grades; wrapped by S at the end."""

    levels: Floats
    noise: Floats
    draws: Floats


def totals(holdings: Holdings, scenarios: Scenarios, *, seed: int, bounds: Whole | None = None) -> Floats:
    """Give the (groups, S) totals of holdings, one group unless `bounds` say where groups begin and end.

    In each scenario a thing has one grade, one price and the route that nets most. The noise of two things is
    independent: each reads a stretch of its own of the same shuffled, evenly spaced quantiles. Standard deviations of
    noise are taken in steps of 0.01. The same seed gives the same figures, to the bit on one machine.
    Raises HoldingsDisagree.
    """
    from lifecycle.portfolio.kernel_gateway import sum_up  # noqa: PLC0415 - compiling takes seconds, once

    cells, drawn = scenarios.market.shape
    holdings.check(cells=cells, drivers=len(scenarios.drivers))
    ends = _even(len(holdings.cell)) if bounds is None else bounds
    holdings = holdings.rows(_near(holdings, ends))
    chance = _draw(holdings.sd, drawn, seed)
    starts = np.random.default_rng([seed, 1]).integers(0, _LONG, size=(2, int(holdings.thing.max(initial=0)) + 1))
    parts = sum_up(
        **{name: np.ascontiguousarray(getattr(holdings, name)) for name in ("share", "fixed", "by_driver", "cell")},
        low=holdings.low,
        high=holdings.high,
        market=np.ascontiguousarray(scenarios.market),
        drivers=np.ascontiguousarray(scenarios.drivers),
        noise=chance.noise,
        of=np.searchsorted(chance.levels, _level(holdings.sd)).astype(np.int64),
        begins=starts[0][holdings.thing],
        draws=chance.draws,
        draws_at=starts[1][holdings.thing],
        bounds=ends,
    )
    return parts.sum(axis=0, keepdims=True) if bounds is None else parts


def _near(holdings: Holdings, ends: Whole) -> Whole:
    """Bring together, within each group, rows that read the same noise and market: they stay in the cache."""
    group = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    return np.lexsort((holdings.cell, _level(holdings.sd), group))


def _even(n: int) -> Whole:
    return np.linspace(0, n, min(_PARTS, max(n, 1)) + 1).astype(np.int64)


def _level(sd: Floats) -> Floats:
    return np.asarray(np.round(sd / _STEP))


def _draw(sd: Floats, scenarios: int, seed: int) -> Chance:
    """Shuffle evenly spaced quantiles once; where nothing is noisy the noise is 1."""
    generator = np.random.default_rng([seed, 0])
    even = (np.arange(_LONG) + 0.5) / _LONG
    normal = np.resize(generator.permutation(ndtri(even)), _LONG + scenarios)
    levels = np.unique(_level(sd)) if len(sd) else np.zeros(1)
    return Chance(
        levels,
        np.exp(levels[:, None] * _STEP * normal),
        np.resize(generator.permutation(even), _LONG + scenarios),
    )
