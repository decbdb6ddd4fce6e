"""How well the engines value what others paid: learned on one file, judged on another, each with its interval."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lifecycle.grade import Floats
from lifecycle.valuation.choice import choose, losses
from lifecycle.valuation.cold_start import mean_bias, start_cold
from lifecycle.valuation.forward import Fold, foretell_all, month_folds, one_fold, validation_folds
from lifecycle.valuation.interval import Errors, Quantiles, calibrate, interval, one_errors
from lifecycle.valuation.ladder import TEXTBOOK, rungs
from lifecycle.valuation.measures import measure
from lifecycle.valuation.observed import Observed, in_known_currencies, is_dated, join, observe


class Backtest(NamedTuple):
    """The measures of each engine, the one chosen within the train file alone, and what was odd."""

    engines: Mapping[str, Mapping[str, float]]
    chosen: str
    notes: list[str]

    def document(self) -> dict[str, Any]:
        """Give the report as others read it."""
        return {"engines": self.engines, "chosen": self.chosen, "notes": self.notes}


def backtest_values(
    train: pd.DataFrame, test: pd.DataFrame, *, monthly: bool = False, engine: str | None = None
) -> Backtest:
    """Fit on the train file and foretell the test file; with `monthly` learn anew each month from what came before.

    Nothing is tuned on the test file: the engine is chosen on sales of the train file that were held out. Raises
    NoSales and UnknownEngine.
    """
    learned, judged, notes = _read(train, test)
    names = rungs(engine, len(learned))
    tried = foretell_all(learned, validation_folds(learned, monthly=monthly), names)
    errors = {name: one_errors([part.errors[name] for part in tried]) for name in names}
    chosen = engine or choose(losses(errors, now=_last(learned)))
    folds = _folds(learned, judged, monthly=monthly)
    told = foretell_all(join([learned, judged]), folds, names, tried[0].prior)
    engines = {
        name: measure(*_walk([part.errors[name] for part in told], folds, errors[name], is_told=name in TEXTBOOK))
        | {"seconds": round(sum(part.seconds[name] for part in (*tried, *told)), 3)}
        for name in names
    }
    return Backtest(engines, chosen, [*notes, *_how(learned, judged, monthly=monthly), _why(errors, chosen)])


def backtest_cold_start(train: pd.DataFrame, test: pd.DataFrame, *, given: int, engine: str | None = None) -> Backtest:
    """Hide whole products, give so many of their sales back, and foretell their sales in the test file.

    `product_bias` is the mean over the products of how far off the median of each is. The engine is chosen on the sales
    of the train file that were not given back. Raises NoSales, UnknownEngine and NothingToHide.
    """
    learned, judged, notes = _read(train, test)
    names = rungs(engine, len(learned))
    cold = start_cold(learned, judged, given=given, names=names)
    errors = {name: cold.within(name) for name in names}
    chosen = engine or choose(losses(errors, now=_last(learned)))
    engines = {}
    for name in names:
        told, goal = cold.told(name)
        bias = mean_bias(told, goal, cold.products())
        engines[name] = measure(told, goal) | {"product_bias": bias, "seconds": round(cold.seconds[name], 3)}
    hidden = f"{len(set(cold.products()))} products were hidden, {given} of their sales given back."
    return Backtest(engines, chosen, [*notes, hidden, _why(errors, chosen)])


def _read(train: pd.DataFrame, test: pd.DataFrame) -> tuple[Observed, Observed, list[str]]:
    known, asked = observe(train, name="train"), observe(test, name="test")
    learned, judged, left = in_known_currencies(known.sales, asked.sales)
    return learned, judged, [*known.notes, *asked.notes, *left]


def _folds(learned: Observed, judged: Observed, *, monthly: bool) -> list[Fold]:
    both = join([learned, judged])
    is_asked = np.arange(len(both)) >= len(learned)
    return month_folds(both, is_asked) if monthly and is_dated(learned) else [one_fold(both, is_asked)]


def _walk(told: list[Errors], folds: list[Fold], before: Errors, *, is_told: bool) -> tuple[Quantiles, Floats]:
    """Give each lot the interval that the errors before it call for, its own not among them.

    Where `is_told` the middle stays what the engine said: a textbook learns nothing from what it was off.
    """
    parts, seen = [], before
    for errors, fold in zip(told, folds, strict=True):
        learned = calibrate(seen, now=fold.origin)
        learned = learned._replace(middle=0.0) if is_told else learned
        parts.append(interval(learned, errors.told, errors.ahead))
        seen = one_errors([seen, errors])
    low, middle, high = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Quantiles(low, middle, high), np.concatenate([errors.goal for errors in told])


def _last(sales: Observed) -> float:
    time = sales.figure("time")
    return float(np.nanmax(time)) if np.isfinite(time).any() else float("nan")


def _how(learned: Observed, judged: Observed, *, monthly: bool) -> list[str]:
    """Say how it was learned, and what of the test file was never seen."""
    way = "forward in time" if is_dated(learned) else "part by part, at random, as its sales are not dated"
    said = [f"The engine was chosen within the train file alone, {way}."]
    if monthly and not is_dated(learned):
        said.append("The sales of the train file are not dated: nothing was learned anew by month.")
    unseen = int((~judged.word("product").isin(set(learned.word("product")))).sum())
    if unseen:
        said.append(f"test: {unseen:,} of {len(judged):,} sales are of products that the train file does not know.")
    if learned.told["log_new"].notna().mean() <= 0.5:  # noqa: PLR2004 - most
        said.append("Most prices new are unknown: the textbook and the curves start from ones reckoned from sales.")
    return said


def _why(errors: Mapping[str, Errors], chosen: str) -> str:
    count = len(next(iter(errors.values())).goal)
    return f"{chosen} had the least pinball loss on {count:,} held-out sales of the train file, ties to the plainer."
