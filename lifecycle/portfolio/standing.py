"""A thing as a portfolio holds it: what each route nets at each grade it may have on its last day."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np

from lifecycle.grade import Floats
from lifecycle.portfolio.holdings import BARRED, Holdings
from lifecycle.portfolio.market import SPREAD_PER_ROOT_YEAR, Cell
from lifecycle.route.economics import Takings

TENTH = 1.2815515655446004
_QUARTERS = 4
LEAST_CHANCE = 0.001
"""A grade less likely than this is left out; the others share its chance."""


class Grade(NamedTuple):
    """A grade that a thing may have: how likely, and every route's takings at the median price and at none."""

    chance: float
    priced: Sequence[Takings]
    unpriced: Sequence[Takings]


class Standing(NamedTuple):
    """One thing: its category, how far ahead its last day lies, how surely its own price is known, and its grades.

    `sd` is in the logarithm, the market's part included; `booked` is what the books say it is worth on that day.
    """

    asset_id: UUID
    category: str
    years: float
    sd: float
    booked: float
    grades: Sequence[Grade]

    @property
    def may_get_stuck(self) -> bool:
        """Say whether it may have a grade at which no route is open: then nobody can say what it nets."""
        likely = [grade for grade in self.grades if grade.chance >= LEAST_CHANCE]
        return not all(any(taken.barred is None for taken in grade.priced) for grade in likely)


def quarter(years: float) -> float:
    """Give the horizon in whole quarters of a year, upwards: markets are told apart no finer.

    >>> [quarter(years) for years in (-0.3, 0.1, 0.25, 1.9)]
    [0.0, 0.25, 0.25, 2.0]
    """
    return max(0.0, float(np.ceil(years * _QUARTERS - 1e-9)) / _QUARTERS)


def cells_of(standings: Sequence[Standing]) -> list[tuple[str, float]]:
    """List the markets that move the things: each category at each horizon."""
    return sorted({(one.category, quarter(one.years)) for one in standings})


def as_cells(cells: Sequence[tuple[str, float]]) -> list[Cell]:
    """Give the markets with their categories numbered."""
    names = sorted({category for category, _ in cells})
    return [Cell(names.index(category), years) for category, years in cells]


def holdings_of(
    standings: Sequence[Standing], cells: Sequence[tuple[str, float]], *, carbon_price: float = 0.0
) -> Holdings:
    """Give the things as holdings, a row a likely grade; rows stand in the order of the things.

    What the market already does to a price is taken off its own spread.
    """
    routes = max((len(grade.priced) for one in standings for grade in one.grades), default=1)
    places = {cell: at for at, cell in enumerate(cells)}
    rows = [row for at, one in enumerate(standings) for row in _rows(one, at, routes, carbon_price)]
    things = np.array([row.thing for row in rows], dtype=np.int64)
    horizons = [quarter(one.years) for one in standings]
    cell = [places[one.category, years] for one, years in zip(standings, horizons, strict=True)]
    own = [own_sd(one.sd, years) for one, years in zip(standings, horizons, strict=True)]
    return Holdings(
        share=np.array([row.share for row in rows], dtype=np.float64).reshape(-1, routes),
        fixed=np.array([row.fixed for row in rows], dtype=np.float64).reshape(-1, routes),
        by_driver=np.zeros((len(rows), routes, 0)),
        cell=np.array(cell, dtype=np.int64)[things],
        sd=np.array(own, dtype=np.float64)[things],
        thing=things,
        low=np.array([row.low for row in rows], dtype=np.float64),
        high=np.array([row.high for row in rows], dtype=np.float64),
    )


class _Row(NamedTuple):
    thing: int
    share: Floats
    fixed: Floats
    low: float
    high: float


def _rows(one: Standing, thing: int, routes: int, carbon_price: float) -> Iterator[_Row]:
    """Give a row for each likely grade; what is left out is shared among them."""
    likely = [grade for grade in one.grades if grade.chance >= LEAST_CHANCE]
    edges = np.cumsum([0.0, *(grade.chance for grade in likely)])
    edges = edges / max(edges[-1], LEAST_CHANCE)
    for grade, low, high in zip(likely, edges[:-1], edges[1:], strict=True):
        share, fixed = _lines(grade, routes, carbon_price)
        yield _Row(thing, share, fixed, float(low), 1.0 if grade is likely[-1] else float(high))


def own_sd(sd: float, years: float) -> float:
    """Give what is left of a spread when the market's part of it is taken off."""
    return float(np.sqrt(max(sd**2 - SPREAD_PER_ROOT_YEAR**2 * years, 0.0)))


def _lines(grade: Grade, routes: int, carbon_price: float) -> tuple[Floats, Floats]:
    share, fixed = np.zeros(routes), np.full(routes, BARRED)
    for at, (priced, unpriced) in enumerate(zip(grade.priced, grade.unpriced, strict=True)):
        if priced.barred is None:
            share[at] = priced.income - unpriced.income
            fixed[at] = unpriced.net_at(carbon_price)
    return share, fixed


def best_route(standing: Standing, *, carbon_price: float = 0.0) -> str | None:
    """Name the route expected to net most over the grades, where it is open at all of them; of equals the first."""
    expected: dict[str, float] = {}
    for at, taken in enumerate(standing.grades[0].priced if standing.grades else ()):
        each = [(grade.chance, grade.priced[at]) for grade in standing.grades if grade.chance >= LEAST_CHANCE]
        if all(one.barred is None for _, one in each):
            expected[taken.route] = sum(chance * one.net_at(carbon_price) for chance, one in each)
    return max(expected, key=lambda route: expected[route]) if expected else None
