"""Foretelling sales that were not yet seen: forward in time where sales are dated, else each part from the others."""

from collections.abc import Collection, Mapping, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.product import Product
from lifecycle.valuation.hedonic import Prior
from lifecycle.valuation.interval import Errors
from lifecycle.valuation.ladder import fit_ladder
from lifecycle.valuation.observed import Mask, Observed, is_dated

_LAST_YEAR = 6
"""Origins within the last year of what is known: every second month."""
_ORIGINS = (0.55, 0.7, 0.85)
"""Shares of the sales after which a forecast is made, where it is not refitted each month."""
_PARTS, _PARTS_OF_MANY, _MANY = 5, 3, 20_000
_LEAST_TO_LEARN = 30
_SPANS_A_YEAR, _MOST_SPANS = 4, 8
"""Quarters are asked one by one of a model that was fitted years before, longer spans where there are many."""


class Fold(NamedTuple):
    """One lot: what is learned from, what is asked, and the moment between (NaN where sales are not dated)."""

    learn: Mask
    ask: Mask
    origin: float


class Foretold(NamedTuple):
    """What each engine told before it had seen, the seconds it took, and the prior that serves the next fit."""

    errors: Mapping[str, Errors]
    seconds: Mapping[str, float]
    prior: Prior | None


def validation_folds(sales: Observed, *, monthly: bool) -> list[Fold]:
    """Split what is known to find out how well it foretells itself."""
    if len(sales) < 2 * _LEAST_TO_LEARN:
        return _parts(sales, min(_PARTS, len(sales)))
    if not is_dated(sales):
        return _parts(sales, _PARTS_OF_MANY if len(sales) > _MANY else _PARTS)
    return (monthly and _by_month_of_last_year(sales)) or _by_share(sales)


def month_folds(sales: Observed, is_asked: Mask) -> list[Fold]:
    """Ask month by month, having learned from all that is not asked and from what was sold before the month began."""
    time = sales.figure("time")
    months = np.floor(time * 12)
    folds = []
    for month in np.unique(months[is_asked & ~np.isnan(time)]):
        learn = ~is_asked & ~(time >= (month + 1) / 12) | (is_asked & (time < month / 12))
        folds.append(Fold(learn, is_asked & (months == month), month / 12))
    undated = is_asked & np.isnan(time)
    return [Fold(~is_asked, undated, _last(sales, ~is_asked)), *folds] if undated.any() else folds


def folds_ahead(sales: Observed, is_asked: Mask, *, years: float) -> list[Fold]:
    """Ask by spans of time, having learned only from what was sold so many years before a span begins.

    A span without enough to learn from so long before is not asked: the list may be empty.
    """
    time = sales.figure("time")
    asked = time[is_asked & ~np.isnan(time)]
    if not len(asked):
        return []
    wide = max(1 / _SPANS_A_YEAR, float(np.ptp(asked)) / _MOST_SPANS)
    span = np.floor((time - asked.min()) / wide)
    folds = []
    for number in np.unique(span[is_asked & ~np.isnan(time)]):
        origin = float(asked.min() + number * wide - years)
        fold = Fold(time < origin, is_asked & (span == number), origin)
        if fold.learn.sum() >= _LEAST_TO_LEARN:
            folds.append(fold)
    return folds


def one_fold(sales: Observed, is_asked: Mask) -> Fold:
    """Ask all at once."""
    return Fold(~is_asked, is_asked, _last(sales, ~is_asked))


def foretell(
    sales: Observed,
    fold: Fold,
    names: Collection[str],
    prior: Prior | None,
    declared: Mapping[str, Product] | None = None,
) -> Foretold:
    """Fit the engines on what a fold learns from, ask them what it asks, and set that beside what was paid."""
    ladder = fit_ladder(sales.where(fold.learn), names, prior, declared)
    asked = sales.where(fold.ask)
    origin = fold.origin if np.isnan(fold.origin) else min(fold.origin, _last(sales, fold.learn))
    ahead = np.nan_to_num(np.maximum(asked.figure("time") - origin, 0))
    errors, seconds = {}, {}
    for name, engine in ladder.engines.items():
        began = perf_counter()
        errors[name] = Errors(asked.figure("time"), asked.goal, engine.ask(asked), ahead)
        seconds[name] = ladder.seconds[name] + perf_counter() - began
    return Foretold(errors, seconds, ladder.prior)


def foretell_all(
    sales: Observed,
    folds: Sequence[Fold],
    names: Collection[str],
    prior: Prior | None = None,
    declared: Mapping[str, Product] | None = None,
) -> list[Foretold]:
    """Foretell every fold; the prior learned on the first serves the later ones."""
    parts: list[Foretold] = []
    for fold in folds:
        parts.append(foretell(sales, fold, names, prior, declared))
        prior = prior or parts[-1].prior
    return parts


def _parts(sales: Observed, count: int) -> list[Fold]:
    part = np.random.default_rng(7).permutation(len(sales)) % max(count, 1)
    if count < 2:  # noqa: PLR2004 - one sale alone can only be held against itself
        everything = np.ones(len(sales), dtype=bool)
        return [Fold(everything, everything, float("nan"))]
    return [Fold(part != number, part == number, float("nan")) for number in range(count)]


def _by_month_of_last_year(sales: Observed) -> list[Fold]:
    time = sales.figure("time")
    last = float(np.nanmax(time))
    starts = last - 1 + np.arange(_LAST_YEAR) / _LAST_YEAR
    return _at(time, [float(start) for start in starts])


def _by_share(sales: Observed) -> list[Fold]:
    time = sales.figure("time")
    return _at(time, [float(start) for start in np.unique(np.nanquantile(time, _ORIGINS))])


def _at(time: Floats, starts: list[float]) -> list[Fold]:
    """Make a fold from each start to the next one, where there is enough to learn from and something to ask."""
    folds = []
    for start, end in zip(starts, [*starts[1:], np.inf], strict=True):
        fold = Fold(~(time >= start), (time >= start) & (time < end), start)
        if (time < start).sum() >= _LEAST_TO_LEARN and fold.ask.any():
            folds.append(fold)
    return folds


def _last(sales: Observed, rows: Mask) -> float:
    time = sales.figure("time")[rows]
    known = time[~np.isnan(time)]
    return float(known.max()) if len(known) else float("nan")
