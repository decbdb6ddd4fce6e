"""Totals of portfolios are held against what was paid: one market moves all, draws are seeded, nothing leaks."""

import numpy as np
import pandas as pd
import pytest

from lifecycle.portfolio.backtest import TooFewForPortfolios, draw_portfolios, with_totals
from lifecycle.valuation.backtest import Asked, Judged, TooShort, judge
from lifecycle.valuation.forward import folds_ahead
from lifecycle.valuation.interval import Quantiles
from lifecycle.valuation.observed import observe
from tests.lifecycle.sample_sales import sales


def _judged(count: int, *, years: float, market: float, seed: int) -> Judged:
    """Make up sales that were told well, but for a market that moved so much, month by month, and for own noise."""
    chance = np.random.default_rng(seed)
    months = np.repeat(np.arange(count // 60), 60)
    days = pd.Timestamp("2020-01-15") + pd.to_timedelta(months * 30.5, unit="D")
    frame = pd.DataFrame({"price": np.full(len(months), 1000.0), "sold_on": days.astype(str).str[:10], "category": "a"})
    observed = observe(frame, name="test").sales
    moved = chance.normal(0, market, count // 60)[months] + chance.normal(0, 0.2, len(months))
    observed.told["log_price"] = np.log(1000) + moved
    middle, sd = np.full(len(months), np.log(1000)), np.hypot(0.2, market)
    quantiles = Quantiles(middle - 1.2816 * sd, middle, middle + 1.2816 * sd)
    return Judged(observed, np.full(len(months), years), {"hedonic": quantiles}, {"hedonic": 0.0}, "hedonic", [])


def test_a_total_that_a_common_market_moves_is_covered() -> None:
    measured = with_totals(_judged(60 * 80, years=3, market=0.15 * 3**0.5, seed=1), size=50).engines["hedonic"]

    assert 0.7 <= measured["total_coverage80"] <= 0.9
    assert measured["var_breaches"] <= 0.1


def test_without_years_ahead_the_noise_of_many_things_cancels_out() -> None:
    near = with_totals(_judged(600, years=0, market=0.0, seed=2), size=50).engines["hedonic"]
    far = with_totals(_judged(600, years=3, market=0.0, seed=2), size=50).engines["hedonic"]

    assert near["total_width80"] < 0.1
    assert far["total_width80"] > 0.3
    assert 0.6 <= near["total_coverage80"] <= 0.95


def test_the_same_question_has_the_same_answer() -> None:
    judged = _judged(300, years=1, market=0.1, seed=3)
    assert with_totals(judged, size=20) == with_totals(judged, size=20)


def test_a_portfolio_is_drawn_from_one_span_of_sale_and_holds_a_thing_once() -> None:
    time = np.repeat([20.01, 20.11, 20.21], [30, 5, 40])
    drawn = draw_portfolios(time, size=25)
    assert drawn.rows.shape[1] == 25
    assert all(len(set(rows)) == 25 for rows in drawn.rows.tolist())
    assert {float(np.ptp(time[rows]) > 0.15) for rows in drawn.rows} == {0.0}


@pytest.mark.parametrize("size", [0, 11])
def test_a_portfolio_that_cannot_be_drawn_is_refused(size: int) -> None:
    with pytest.raises(TooFewForPortfolios):
        draw_portfolios(np.linspace(1, 2, 10), size=size)


def test_years_ahead_only_older_sales_are_learned_from() -> None:
    observed = observe(sales(400, seed=4), name="train").sales
    time = observed.figure("time")
    asked = time >= np.nanquantile(time, 0.8)

    folds = folds_ahead(observed, asked, years=0.5)

    assert folds
    for fold in folds:
        assert np.nanmax(time[fold.learn]) + 0.5 <= np.nanmin(time[fold.ask]) + 1e-9


def test_sales_that_begin_too_late_are_refused() -> None:
    frame = sales(200, seed=5)
    with pytest.raises(TooShort):
        judge(frame, frame, asked=Asked(years_before=29.0))
