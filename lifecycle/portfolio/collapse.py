"""Where only the market moves, the total is found without a loop over things: by sorting where routes change."""

import numpy as np

from lifecycle.grade import Floats
from lifecycle.portfolio.holdings import BARRED, Holdings
from lifecycle.portfolio.market import Scenarios


def collapses(holdings: Holdings, scenarios: Scenarios) -> bool:
    """Tell whether the collapse is exact: no noise of a thing's own, no doubt of its grade, nothing but the market."""
    known = not holdings.sd.any() and bool((holdings.low <= 0).all() and (holdings.high >= 1).all())
    return known and not len(scenarios.drivers)


def collapsed_totals(holdings: Holdings, scenarios: Scenarios) -> Floats:
    """Give the (S,) totals of one portfolio, exactly what `totals` gives where `collapses` holds.

    What a thing nets is then the upper envelope of a few straight lines in the market: it bends where the best route
    changes. All bends of a cell are sorted once, what they add is summed up before each, and every scenario looks up
    its place. Takes n log n for the things and log n for a scenario. A market is never below nothing.
    Raises HoldingsDisagree.
    """
    holdings.check(cells=len(scenarios.market), drivers=0)
    total = np.zeros(scenarios.market.shape[1])
    order = np.argsort(holdings.cell, kind="stable")
    ends = np.searchsorted(holdings.cell[order], np.arange(len(scenarios.market) + 1))
    for cell, market in enumerate(scenarios.market):
        rows = order[ends[cell] : ends[cell + 1]]
        total += _of_cell(holdings.share[rows], holdings.fixed[rows], market)
    return total


def _of_cell(share: Floats, fixed: Floats, market: Floats) -> Floats:
    at, more_share, more_fixed = _bends(share, fixed)
    order = np.argsort(at)
    slope, level = (np.concatenate([[0.0], np.cumsum(column[order])]) for column in (more_share, more_fixed))
    place = np.searchsorted(at[order], market, side="right")
    return np.asarray(slope[place] * market + level[place])


def _bends(share: Floats, fixed: Floats) -> tuple[Floats, Floats, Floats]:
    """Walk along the envelope of each row from a market of nothing upwards; give where it bends, and by how much.

    At most one bend a route: from each line the next is the one that crosses it first with a steeper slope.
    """
    n, routes = share.shape
    here = np.zeros(n)
    slope, level = np.zeros(n), np.zeros(n)
    at, more_share, more_fixed = [], [], []
    best = _first(share, fixed)
    rows = np.arange(n)
    for _ in range(routes):
        at.append(here)
        more_share.append(share[rows, best] - slope)
        more_fixed.append(fixed[rows, best] - level)
        slope, level = share[rows, best], fixed[rows, best]
        here, best = _next(share, fixed, slope, level, best)
    flat = [np.concatenate(column) for column in (at, more_share, more_fixed)]
    kept = np.isfinite(flat[0])
    return flat[0][kept], flat[1][kept], flat[2][kept]


def _first(share: Floats, fixed: Floats) -> np.ndarray:
    """Give the best route where the market is worth nothing; of equals the steeper."""
    most = fixed.max(axis=1, keepdims=True)
    return np.asarray(np.argmax(np.where(fixed == most, share, -np.inf), axis=1))


def _next(share: Floats, fixed: Floats, slope: Floats, level: Floats, best: np.ndarray) -> tuple[Floats, np.ndarray]:
    """Give where and on which line each row goes on; at infinity where no line is steeper."""
    steeper = (share > slope[:, None]) & (fixed > BARRED)
    with np.errstate(divide="ignore", invalid="ignore"):
        cross = np.where(steeper, (level[:, None] - fixed) / (share - slope[:, None]), np.inf)
    soonest = cross.min(axis=1)
    steepest = np.where(cross == soonest[:, None], share, -np.inf)
    return soonest, np.where(np.isfinite(soonest), steepest.argmax(axis=1), best)
