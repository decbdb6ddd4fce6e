"""How well totals are foretold: portfolios drawn from sales that were kept back, with their intervals and risks."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.portfolio.forecast import DRAWS, SEED
from lifecycle.portfolio.holdings import Holdings, Whole, bounds_of
from lifecycle.portfolio.loss import CONFIDENCE
from lifecycle.portfolio.market import Scenarios, draw_markets
from lifecycle.portfolio.standing import TENTH, as_cells, own_sd, quarter
from lifecycle.portfolio.totals import totals
from lifecycle.valuation.backtest import Backtest, Judged, report_of
from lifecycle.valuation.interval import Quantiles
from telemetry.refusal import Refusal

PORTFOLIOS = 400
"""Portfolios that are drawn, in equal shares over the months of sale."""
_MOST_SPREAD = 3.0
"""In the logarithm: a textbook that knows nothing says no more than that."""


class TooFewForPortfolios(Refusal):
    """The test file holds fewer sales than one portfolio has things."""


class Drawn(NamedTuple):
    """Portfolios: the rows of each (P, size), and how many different months they come from."""

    rows: Whole
    months: int


def with_totals(judged: Judged, *, size: int) -> Backtest:
    """Measure single things and, for each engine, how often the total of so many fell within what was told.

    Prices move as in a portfolio's forecast: a market a category at a horizon, half of it common to all, and each
    thing's own spread. `total_coverage80` is the share of totals between P10 and P90, `var_breaches` the share that
    lost more than the value at risk (95 %), `total_bias` the median of (told - paid) / paid. Draws are seeded.
    Raises TooFewForPortfolios.
    """
    drawn = draw_portfolios(judged.sales.figure("time"), size=size)
    paid = np.exp(judged.sales.goal)[drawn.rows].sum(axis=1)
    report = report_of(judged)
    engines = {
        name: {**report.engines[name], **_held(_totals(judged, told, drawn.rows), paid)}
        for name, told in judged.told.items()
    }
    said = f"{len(drawn.rows)} portfolios of {size} things each were drawn from {drawn.months} spans of sale."
    return report._replace(engines=engines, notes=[*report.notes, said])


def draw_portfolios(time: Floats, *, size: int, seed: int = SEED) -> Drawn:
    """Draw portfolios of things sold in one month, or in as many months as it takes. Raises TooFewForPortfolios."""
    if not 1 <= size <= len(time):
        raise TooFewForPortfolios(
            f"a portfolio of {size} things cannot be drawn from {len(time)} sales of the test file", field="portfolio"
        )
    chance = np.random.default_rng(seed)
    spans = _spans(time, size)
    each = -(-PORTFOLIOS // len(spans))
    rows = [chance.choice(span, size, replace=False) for span in spans for _ in range(each)]
    return Drawn(np.array(rows, dtype=np.int64), len(spans))


def _spans(time: Floats, size: int) -> list[Whole]:
    """Give the rows month by month; a month with too few is joined with the next, the last with the one before."""
    order = np.argsort(time, kind="stable")
    months = np.floor(np.nan_to_num(time[order], nan=-1.0) * 12)
    spans: list[Whole] = []
    waiting = np.array([], dtype=np.int64)
    for month in np.unique(months):
        waiting = np.concatenate([waiting, order[months == month]])
        if len(waiting) >= size:
            spans.append(waiting)
            waiting = np.array([], dtype=np.int64)
    if spans and len(waiting):
        spans[-1] = np.concatenate([spans[-1], waiting])
    return spans


def _totals(judged: Judged, told: Quantiles, rows: Whole) -> Floats:
    """Give the totals (P, S) of each portfolio in each scenario."""
    categories = judged.sales.word("category").to_numpy()
    horizons = [quarter(float(years)) for years in judged.ahead]
    cells = sorted(set(zip(categories.tolist(), horizons, strict=True)))
    places = {cell: at for at, cell in enumerate(cells)}
    cell = np.array([places[one] for one in zip(categories.tolist(), horizons, strict=True)], dtype=np.int64)
    sd = np.minimum((told.high - told.low) / (2 * TENTH), _MOST_SPREAD)
    own = np.array([own_sd(float(one), years) for one, years in zip(sd, horizons, strict=True)])
    flat = rows.ravel()
    middle = np.exp(told.middle)[flat, None]
    holdings = Holdings.of(middle, np.zeros_like(middle), cell=cell[flat], sd=own[flat])
    market = draw_markets(as_cells(cells), scenarios=DRAWS, seed=SEED)
    bounds = bounds_of(np.repeat(np.arange(len(rows)), rows.shape[1]))
    return totals(holdings, Scenarios(market, np.zeros((0, DRAWS))), seed=SEED, bounds=bounds)


def _held(total: Floats, paid: Floats) -> dict[str, float]:
    low, middle, high, worst = np.quantile(total, (0.1, 0.5, 0.9, 1 - CONFIDENCE), axis=1)
    return {
        "total_coverage80": float(np.mean((low <= paid) & (paid <= high))),
        "var_breaches": float(np.mean(paid < worst)),
        "total_bias": float(np.median(middle / paid - 1)),
        "total_width80": float(np.median((high - low) / middle)),
    }
