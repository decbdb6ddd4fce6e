"""A thing's routes become straight lines in the price, a row a likely grade, and nothing is counted twice."""

from uuid import UUID

import numpy as np
import pytest

from lifecycle.portfolio.holdings import BARRED
from lifecycle.portfolio.market import Scenarios
from lifecycle.portfolio.standing import (
    LEAST_CHANCE,
    Grade,
    Standing,
    as_cells,
    best_route,
    cells_of,
    holdings_of,
    quarter,
)
from lifecycle.portfolio.totals import totals
from lifecycle.product import RouteTerms
from lifecycle.route.economics import Takings, Worth, take

TERMS = [
    RouteTerms(route="reuse", worst_grade="B", price_fraction=0.9, labour_minutes=20, carbon_saved=60),
    RouteTerms(route="refurbish", worst_grade="C", price_fraction=0.8, labour_minutes=90, parts_cost=120),
    RouteTerms(route="recycle", logistics_cost=6),
]


def grade(letter: str, chance: float, *, price: float = 1000.0) -> Grade:
    worth = Worth(letter, price, {"A": 1.0, "C": 0.8, "E": 0.3}[letter], parts=0.0, scrap=10.0)
    return Grade(
        chance,
        tuple(take(one, worth, wage=45) for one in TERMS),
        tuple(take(one, worth._replace(at_grade_a=0.0), wage=45) for one in TERMS),
    )


def standing(*grades: Grade, years: float = 1.0, sd: float = 0.25, category: str = "chairs") -> Standing:
    return Standing(UUID(int=1), category, years, sd, 500.0, grades)


def still(cells: int, market: float = 1.0) -> Scenarios:
    return Scenarios(np.full((cells, 65_536), market), np.zeros((0, 65_536)))


def test_at_a_market_of_one_each_grade_nets_what_its_best_route_does() -> None:
    thing = standing(grade("A", 0.5), grade("C", 0.3), grade("E", 0.2), sd=0.0)
    cells = cells_of([thing])
    values, counts = np.unique(totals(holdings_of([thing], cells), still(1), seed=1).round(6)[0], return_counts=True)
    nets = [max(one.net for one in each.priced if one.barred is None) for each in thing.grades]
    assert values.tolist() == sorted(round(net, 6) for net in nets)
    assert (counts / 65_536).tolist() == pytest.approx([0.2, 0.3, 0.5], abs=1e-4)


def test_what_is_barred_stays_barred_at_any_market() -> None:
    held = holdings_of([standing(grade("E", 1.0))], [("chairs", 1.0)])
    assert held.fixed[0].tolist() == [BARRED, BARRED, 4.0]
    assert totals(held, still(1, market=50.0), seed=1).max() == 4.0


def test_the_market_takes_its_own_part_of_the_spread() -> None:
    near, far = (standing(grade("A", 1.0), years=years, sd=0.3) for years in (0.0, 4.0))
    cells = cells_of([near, far])
    held = holdings_of([near, far], cells)
    assert held.sd.tolist() == pytest.approx([0.3, 0.0])
    assert held.cell.tolist() == [cells.index(("chairs", 0.0)), cells.index(("chairs", 4.0))]


def test_markets_are_told_apart_by_category_and_quarter() -> None:
    things = [standing(category=name, years=years) for name, years in (("b", 1.0), ("a", 0.9), ("a", 0.2))]
    assert cells_of(things) == [("a", 0.25), ("a", 1.0), ("b", 1.0)]
    assert [cell.category for cell in as_cells(cells_of(things))] == [0, 0, 1]
    assert quarter(0.26) == 0.5


def test_a_price_of_carbon_is_in_what_a_route_nets_and_may_turn_the_choice() -> None:
    cheap = standing(grade("A", 1.0, price=20.0))
    assert best_route(cheap) == "recycle"
    assert best_route(cheap, carbon_price=345) == "reuse"
    plain, priced = (holdings_of([cheap], cells_of([cheap]), carbon_price=price) for price in (0.0, 345.0))
    assert priced.fixed[0, 0] - plain.fixed[0, 0] == pytest.approx(345 * 0.06)


def test_a_grade_that_is_hardly_possible_is_left_out() -> None:
    held = holdings_of([standing(grade("A", 0.9995), grade("E", 0.0005))], [("chairs", 1.0)])
    assert (held.low.tolist(), held.high.tolist()) == ([0.0], [1.0])


def test_nothing_is_held_as_nothing() -> None:
    assert holdings_of([], []).share.shape == (0, 1)
    assert best_route(standing()) is None


def test_a_thing_may_get_stuck_only_at_a_grade_that_it_may_have() -> None:
    shut = (Takings("reuse", barred="route.barred_by_grade"),)
    assert not standing(grade("A", 0.6), grade("E", 0.4)).may_get_stuck
    assert standing(grade("A", 0.6), Grade(0.4, shut, shut)).may_get_stuck
    assert not standing(grade("A", 1.0), Grade(LEAST_CHANCE / 2, shut, shut)).may_get_stuck
