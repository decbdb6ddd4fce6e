"""A thing as a portfolio holds it: what each route nets at each grade it may have on its last day."""

from collections.abc import Sequence
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


def quarter(years: float) -> float:
    """Give the horizon in whole quarters of a year, upwards: markets are told apart no finer.

    >>> [quarter(years) for years in (-0.3, 0.1, 0.25, 1.9)]
    [0.0, 0.25, 0.25, 2.0]
    """
    return float(np.ceil(max(years, 0.0) * _QUARTERS - 1e-9)) / _QUARTERS


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
    rows: list[tuple[Floats, Floats, int, float, int, float, float]] = []
    places = {cell: at for at, cell in enumerate(cells)}
    for at, one in enumerate(standings):
        likely = [grade for grade in one.grades if grade.chance >= LEAST_CHANCE]
        total, below = sum(grade.chance for grade in likely), 0.0
        own = one.sd**2 - SPREAD_PER_ROOT_YEAR**2 * quarter(one.years)
        for grade in likely:
            low, below = below, below + grade.chance / total
            share, fixed = _lines(grade, routes, carbon_price)
            high = 1.0 if grade is likely[-1] else below
            rows.append((share, fixed, places[one.category, quarter(one.years)], max(own, 0.0) ** 0.5, at, low, high))
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 7
    share, fixed = (np.array(column, dtype=np.float64).reshape(-1, routes) for column in columns[:2])
    cell, thing = (np.array(columns[at], dtype=np.int64) for at in (2, 4))
    sd, low, high = (np.array(columns[at], dtype=np.float64) for at in (3, 5, 6))
    return Holdings(share, fixed, np.zeros((len(rows), routes, 0)), cell, sd, thing, low, high)


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
