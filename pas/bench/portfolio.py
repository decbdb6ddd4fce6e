"""How long a whole portfolio takes under many scenarios, beside plain numpy on a part of the same things."""

import resource
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.portfolio.collapse import collapsed_totals
from lifecycle.portfolio.holdings import BARRED, Holdings
from lifecycle.portfolio.loss import Spread, spread
from lifecycle.portfolio.market import Cell, Scenarios, draw_markets
from lifecycle.portfolio.totals import totals

ROUTES, CATEGORIES, HORIZONS, DRIVERS, SEED = 4, 8, 5, 2, 20260930
NOT_REUSABLE = 0.2
NAIVE_PAIRS = 20_000_000
"""So many pairs of a thing and a scenario are given to plain numpy: all of them would take minutes."""


class Road(NamedTuple):
    """One way to add the portfolio up; `ratio` is its pace over plain numpy's."""

    road: str
    things: int
    scenarios: int
    seconds: float
    pairs_per_second: float
    ratio: float
    greatest_difference: float | None


class PortfolioSpeed(NamedTuple):
    """Every road, the compiled one's answer, and the most memory that this process held, in mebibytes."""

    roads: list[Road]
    spread: Spread
    compiling: float
    peak_memory: int

    def document(self) -> dict[str, Any]:
        """Give it as plain names and values."""
        told = self._asdict() | {"roads": [road._asdict() for road in self.roads]}
        return told | {"spread": self.spread._asdict()}


def bench_portfolio(*, things: int, scenarios: int, rounds: int, tick: Callable[[int], None]) -> PortfolioSpeed:
    """Measure each road in turn, and take the median; every answer is held against plain numpy's.

    `general` has four routes, a wage and a price of CO2 that move, and noise of each thing's own; `market only` moves
    nothing but the market, compiled; `collapsed` is the same by sorting.
    """
    fleet, seen = _draw(things, scenarios)
    still = seen._replace(drivers=np.zeros((0, scenarios)))
    bare = fleet._replace(by_driver=np.zeros((things, ROUTES, 0)), sd=np.zeros(things))
    few = min(things, max(NAIVE_PAIRS // scenarios, 1))

    begun = perf_counter()
    totals(fleet.rows(np.arange(1)), seen, seed=SEED)
    compiling = perf_counter() - begun

    took: dict[str, list[float]] = {"general": [], "market only": [], "collapsed": [], "plain numpy": []}
    answers: dict[str, Floats] = {}
    for _ in range(rounds):
        for name, run in (
            ("general", lambda: totals(fleet, seen, seed=SEED)[0]),
            ("market only", lambda: totals(bare, still, seed=SEED)[0]),
            ("collapsed", lambda: collapsed_totals(bare, still)),
            ("plain numpy", lambda: _naive(bare.rows(np.arange(few)), still)),
        ):
            begun = perf_counter()
            answers[name] = run()
            took[name].append(perf_counter() - begun)
            tick(1)
    off = {
        "general": _off(totals(_quiet(fleet, few), seen, seed=SEED)[0], _naive(_quiet(fleet, few), seen)),
        "market only": _off(answers["market only"], answers["collapsed"]),
        "collapsed": _off(collapsed_totals(bare.rows(np.arange(few)), still), answers["plain numpy"]),
    }
    pace = few * scenarios / float(np.median(took["plain numpy"]))
    roads = [_road(name, few if name == "plain numpy" else things, scenarios, took[name], pace, off) for name in took]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return PortfolioSpeed(roads, spread(answers["general"], booked=_booked(fleet)), compiling, peak)


def _road(name: str, things: int, scenarios: int, took: list[float], pace: float, off: dict[str, float]) -> Road:
    seconds = float(np.median(took))
    pairs = things * scenarios / seconds
    return Road(name, things, scenarios, seconds, pairs, pairs / pace, off.get(name))


def _draw(things: int, scenarios: int) -> tuple[Holdings, Scenarios]:
    """Draw a fleet: reuse, refurbish (wage and CO2), harvest (wage), recycle, at markets of one to five years ahead."""
    generator = np.random.default_rng(SEED)
    price = generator.lognormal(6, 1, things)
    share = price[:, None] * np.array([0.8, 0.95, 0.4, 0.0])
    fixed = np.column_stack([-0.1 * price, -0.2 * price, -0.1 * price, generator.normal(2, 5, things)])
    fixed[generator.random(things) < NOT_REUSABLE, 0] = BARRED
    by_driver = np.zeros((things, ROUTES, DRIVERS))
    by_driver[:, 1, 0], by_driver[:, 2, 0] = -generator.gamma(2, 1, things), -generator.gamma(2, 0.5, things)
    by_driver[:, :3, 1] = generator.gamma(2, 0.01, (things, 3))
    cells = [Cell(category, years) for category in range(CATEGORIES) for years in range(1, HORIZONS + 1)]
    drivers = np.stack([generator.normal(45, 5, scenarios), generator.lognormal(5.8, 0.3, scenarios)])
    cell, sd = generator.integers(0, len(cells), things), np.round(generator.uniform(0.1, 0.35, things), 2)
    held = Holdings.of(share, fixed, by_driver=by_driver, cell=cell, sd=sd)
    return held, Scenarios(draw_markets(cells, scenarios=scenarios, seed=SEED), drivers)


def _booked(fleet: Holdings) -> float:
    """Take as booked what the things would fetch today, sold as they are."""
    return float(fleet.share[:, 0].sum())


def _quiet(fleet: Holdings, few: int) -> Holdings:
    """Take some things without noise of their own, so that plain numpy can follow."""
    return fleet.rows(np.arange(few))._replace(sd=np.zeros(few))


def _naive(holdings: Holdings, seen: Scenarios) -> Floats:
    """Add up as numpy is usually written: every thing, route and scenario at once, ten scenarios at a time."""
    sums = [
        np.max(
            holdings.share[:, :, None] * seen.market[holdings.cell, None, at : at + 10]
            + holdings.fixed[:, :, None]
            + (holdings.by_driver @ seen.drivers[:, at : at + 10] if len(seen.drivers) else 0.0),
            axis=1,
        ).sum(axis=0)
        for at in range(0, seen.market.shape[1], 10)
    ]
    return np.concatenate(sums)


def _off(ours: Floats, theirs: Floats) -> float:
    """Give the greatest difference, as a share of the figure."""
    return float(np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1.0)))
