"""A portfolio adds up as a plain loop over things and scenarios would, by the fast road and by the exact one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from lifecycle.portfolio.collapse import collapsed_totals, collapses
from lifecycle.portfolio.holdings import BARRED, Holdings, HoldingsDisagree, bounds_of
from lifecycle.portfolio.loss import spread
from lifecycle.portfolio.market import Cell, Scenarios, draw_markets
from lifecycle.portfolio.totals import totals

SEED = 3


def drawn(seed: int, *, n: int = 40, routes: int = 3, drivers: int = 0, cells: int = 3) -> Holdings:
    generator = np.random.default_rng(seed)
    fixed = generator.normal(0, 50, (n, routes))
    fixed[generator.random((n, routes)) < 0.3] = BARRED
    fixed[:, 0] = -7.0
    share = np.maximum(generator.normal(40, 60, (n, routes)), 0)
    share[:, 0] = 0
    by_driver = generator.normal(0, 5, (n, routes, drivers))
    return Holdings.of(share, fixed, by_driver=by_driver, cell=generator.integers(0, cells, n))


def scenarios(seed: int, *, cells: int = 3, drivers: int = 0, so_many: int = 2_500) -> Scenarios:
    generator = np.random.default_rng([seed, 9])
    return Scenarios(generator.lognormal(0, 0.4, (cells, so_many)), generator.normal(30, 8, (drivers, so_many)))


def plain(holdings: Holdings, seen: Scenarios) -> list[float]:
    """Add up as one would with a pencil."""
    sums = []
    for s in range(seen.market.shape[1]):
        total = 0.0
        for row in range(len(holdings.cell)):
            nets = []
            for route in range(holdings.share.shape[1]):
                if holdings.fixed[row, route] == BARRED:
                    continue
                net = holdings.share[row, route] * seen.market[holdings.cell[row], s] + holdings.fixed[row, route]
                net += sum(holdings.by_driver[row, route, k] * seen.drivers[k, s] for k in range(len(seen.drivers)))
                nets.append(net)
            total += max(nets)
        sums.append(total)
    return sums


@pytest.mark.parametrize("drivers", [0, 1, 3])
def test_the_compiled_road_equals_the_plain_loop(drivers: int) -> None:
    holdings, seen = drawn(1, drivers=drivers), scenarios(1, drivers=drivers, so_many=1_100)
    assert_allclose(totals(holdings, seen, seed=SEED)[0], plain(holdings, seen), rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 30), routes=st.integers(1, 6))
def test_the_collapse_equals_the_loop_wherever_it_says_it_holds(seed: int, n: int, routes: int) -> None:
    holdings, seen = drawn(seed, n=n, routes=routes), scenarios(seed, so_many=60)
    assert collapses(holdings, seen)
    assert_allclose(collapsed_totals(holdings, seen), plain(holdings, seen), rtol=1e-9, atol=1e-6)


def test_a_market_of_nothing_and_equal_routes_collapse_too() -> None:
    share = np.array([[0.0, 10.0, 10.0, 20.0], [5.0, 5.0, 0.0, 0.0]])
    fixed = np.array([[0.0, 0.0, -5.0, -10.0], [1.0, 1.0, 1.0, BARRED]])
    holdings, seen = Holdings.of(share, fixed), Scenarios(np.array([[0.0, 0.5, 1.0, 3.0]]), np.zeros((0, 4)))
    assert collapsed_totals(holdings, seen).tolist() == pytest.approx(plain(holdings, seen)) == [1.0, 8.5, 16.0, 66.0]


def test_it_says_where_the_collapse_does_not_hold() -> None:
    holdings, seen = drawn(2), scenarios(2)
    assert not collapses(holdings._replace(sd=holdings.sd + 0.1), seen)
    assert not collapses(holdings._replace(high=holdings.high / 2), seen)
    assert not collapses(drawn(2, drivers=1), scenarios(2, drivers=1))


def test_groups_add_up_to_the_whole_in_every_scenario() -> None:
    holdings, seen = drawn(4, drivers=2), scenarios(4, drivers=2)
    noisy = holdings._replace(sd=np.full(40, 0.3))
    by_group = totals(noisy, seen, seed=SEED, bounds=bounds_of(np.repeat([5, 6, 9], [10, 1, 29])))
    assert by_group.shape == (3, 2_500)
    assert_allclose(by_group.sum(axis=0), totals(noisy, seen, seed=SEED)[0], rtol=1e-9)


def test_the_tenth_percentile_of_a_whole_is_above_the_sum_of_its_parts() -> None:
    holdings, seen = drawn(5, n=60), scenarios(5)
    parts = totals(holdings._replace(sd=np.full(60, 0.4)), seen, seed=SEED, bounds=np.arange(61))
    assert np.quantile(parts.sum(axis=0), 0.1) > np.quantile(parts, 0.1, axis=1).sum()


def test_noise_has_the_spread_it_says_and_no_two_things_share_it() -> None:
    n, sd = 300, 0.25
    holdings = Holdings.of(np.ones((n, 1)), np.zeros((n, 1)), sd=np.full(n, sd))
    still = Scenarios(np.ones((1, 10_000)), np.zeros((0, 10_000)))
    each = np.log(totals(holdings, still, seed=SEED, bounds=np.arange(n + 1)))
    assert abs(float(each.mean())) < 0.002
    assert float(each.std()) == pytest.approx(sd, rel=0.01)
    together = np.corrcoef(each)[np.triu_indices(n, 1)]
    assert abs(float(together.mean())) < 0.002
    assert float(together.std()) < 0.013
    assert float(each.mean(axis=0).std()) == pytest.approx(sd / n**0.5, rel=0.05)


def test_a_thing_is_in_one_grade_in_each_scenario_as_often_as_its_chances_say() -> None:
    chances = np.array([0.25, 0.45, 0.2, 0.1])
    high = np.cumsum(chances)
    rows = Holdings.of(np.zeros((4, 1)), np.array([[1.0], [10.0], [100.0], [1000.0]]))
    doubted = rows._replace(thing=np.zeros(4, dtype=np.int64), low=high - chances, high=high)
    still = Scenarios(np.ones((1, 65_536)), np.zeros((0, 65_536)))
    values, counts = np.unique(totals(doubted, still, seed=SEED)[0], return_counts=True)
    assert values.tolist() == [1.0, 10.0, 100.0, 1000.0]
    assert_allclose(counts / 65_536, chances, atol=2e-5)


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    holdings, seen = drawn(6)._replace(sd=np.full(40, 0.2)), scenarios(6)
    first = totals(holdings, seen, seed=1)
    assert_array_equal(first, totals(holdings, seen, seed=1))
    assert (first != totals(holdings, seen, seed=2)).any()


def test_markets_spread_by_the_root_of_the_years_and_share_a_factor() -> None:
    cells = [Cell(0, 0), Cell(0, 1), Cell(0, 4), Cell(1, 4)]
    logs = np.log(draw_markets(cells, scenarios=40_000, seed=SEED, common=0.5))
    assert not logs[0].any()
    assert logs[1].std() == pytest.approx(0.15, rel=0.05)
    assert_allclose(logs[2], 2 * logs[1])
    assert np.corrcoef(logs[2], logs[3])[0, 1] == pytest.approx(0.5, abs=0.05)
    one = draw_markets(cells, scenarios=100, seed=SEED, common=1.0)
    assert_allclose(one[2], one[3])


def test_what_may_be_lost_is_told_against_the_books() -> None:
    found = spread(np.array([80.0] * 90 + [20.0] * 10), booked=100.0)
    assert (found.p50, found.value_at_risk, found.expected_shortfall) == (80.0, 80.0, 80.0)
    assert spread(np.array([120.0, 130.0]), booked=100.0).value_at_risk < 0


def test_columns_that_do_not_fit_are_a_programming_error() -> None:
    holdings = drawn(7)
    for wrong in (holdings._replace(sd=np.zeros(3)), holdings._replace(cell=holdings.cell + 5)):
        with pytest.raises(HoldingsDisagree):
            totals(wrong, scenarios(7), seed=SEED)


def test_nothing_held_nets_nothing() -> None:
    nothing = drawn(8).rows(np.arange(0))
    assert not totals(nothing, scenarios(8), seed=SEED).any()
    assert not collapsed_totals(nothing, scenarios(8)).any()
