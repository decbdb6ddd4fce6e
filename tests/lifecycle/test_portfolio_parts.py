"""A portfolio equals its parts, scenario by scenario, under each dependence that we state."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lifecycle.grade import Floats
from lifecycle.portfolio.holdings import Holdings, bounds_of
from lifecycle.portfolio.market import Cell, Scenarios, draw_markets
from lifecycle.portfolio.totals import totals

SEED = 11
DRAWS = 8_192


def things(seed: int, n: int, *, sd: float) -> Holdings:
    generator = np.random.default_rng(seed)
    share = generator.uniform(10, 100, (n, 1))
    cell = generator.integers(0, 3, n)
    return Holdings.of(share, np.zeros((n, 1)), cell=cell, sd=np.full(n, sd))


def market(common: float) -> Scenarios:
    cells = [Cell(0, 2.0), Cell(1, 2.0), Cell(2, 2.0)]
    return Scenarios(draw_markets(cells, scenarios=DRAWS, seed=SEED, common=common), np.zeros((0, DRAWS)))


def each(held: Holdings, seen: Scenarios) -> Floats:
    return totals(held, seen, seed=SEED, bounds=np.arange(len(held.cell) + 1))


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 25), common=st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_the_whole_is_the_sum_of_its_things_in_every_scenario(seed: int, n: int, common: float) -> None:
    held, seen = things(seed, n, sd=0.2), market(common)
    whole = totals(held, seen, seed=SEED)[0]
    assert_allclose(each(held, seen).sum(axis=0), whole, rtol=1e-9)
    order = np.argsort(held.cell, kind="stable")
    groups = totals(held.rows(order), seen, seed=SEED, bounds=bounds_of(held.cell[order]))
    assert_allclose(groups.sum(axis=0), whole, rtol=1e-9)


def test_only_where_one_factor_moves_all_do_quantiles_add_up() -> None:
    held = things(1, 20, sd=0.0)
    for common, adds_up in ((1.0, True), (0.5, False), (0.0, False)):
        parts = each(held, market(common))
        whole = np.quantile(parts.sum(axis=0), 0.1)
        of_parts = np.quantile(parts, 0.1, axis=1).sum()
        assert bool(whole == pytest.approx(of_parts, rel=1e-9)) is adds_up
        assert whole >= of_parts - 1e-6


def test_the_more_is_common_the_wider_the_whole_and_the_mean_stays() -> None:
    held = things(2, 30, sd=0.2)
    wholes = [totals(held, market(common), seed=SEED)[0] for common in (0.0, 0.5, 1.0)]
    widths = [float(np.quantile(one, 0.9) - np.quantile(one, 0.1)) for one in wholes]
    assert widths == sorted(widths)
    assert widths[2] > 1.15 * widths[0]
    assert [float(one.mean()) for one in wholes] == pytest.approx([float(wholes[1].mean())] * 3, rel=0.02)


def test_where_nothing_is_shared_variances_add_up() -> None:
    n = 40
    held = Holdings.of(np.full((n, 1), 50.0), np.zeros((n, 1)), sd=np.full(n, 0.3))
    still = Scenarios(np.ones((1, DRAWS)), np.zeros((0, DRAWS)))
    parts = each(held, still)
    assert float(parts.sum(axis=0).var()) == pytest.approx(float(parts.var(axis=1).sum()), rel=0.06)
