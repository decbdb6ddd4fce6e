"""How well the engines value what others paid: learned on one file, judged on another, each with its interval."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lifecycle.grade import Floats
from lifecycle.valuation.choice import choose, losses
from lifecycle.valuation.cold_start import mean_bias, start_cold
from lifecycle.valuation.forward import Fold, folds_ahead, foretell_all, month_folds, one_fold, validation_folds
from lifecycle.valuation.interval import Errors, Quantiles, calibrate, interval, one_errors
from lifecycle.valuation.ladder import TEXTBOOK, rungs
from lifecycle.valuation.measures import measure
from lifecycle.valuation.observed import Observed, in_known_currencies, is_dated, join, observe
from telemetry.refusal import Refusal


class TooShort(Refusal):
    """The sales to learn from do not begin so many years before those that are judged."""


class Backtest(NamedTuple):
    """The measures of each engine, the one chosen within the train file alone, and what was odd."""

    engines: Mapping[str, Mapping[str, float]]
    chosen: str
    notes: list[str]

    def document(self) -> dict[str, Any]:
        """Give the report as others read it."""
        return {"engines": self.engines, "chosen": self.chosen, "notes": self.notes}


class Asked(NamedTuple):
    """How what is judged is asked: at once, anew each month, or so many years before."""

    monthly: bool = False
    years_before: float | None = None


class Judged(NamedTuple):
    """Sales that were foretold, lot by lot: what each engine told of each, what was paid, and how it was done."""

    sales: Observed
    ahead: Floats
    told: Mapping[str, Quantiles]
    seconds: Mapping[str, float]
    chosen: str
    notes: list[str]


def judge(train: pd.DataFrame, test: pd.DataFrame, *, asked: Asked, engine: str | None = None) -> Judged:
    """Fit on the train file and foretell the test file, each sale once.

    Nothing is tuned on the test file: the engine is chosen on sales of the train file that were held out. Raises
    NoSales, UnknownEngine and TooShort.
    """
    learned, judged, notes = _read(train, test)
    both, folds = _folds(learned, judged, asked)
    known = learned if asked.years_before is None else learned.where(learned.figure("time") < folds[0].origin)
    names = rungs(engine, len(known))
    tried = foretell_all(known, validation_folds(known, monthly=asked.monthly), names)
    errors = {name: one_errors([part.errors[name] for part in tried]) for name in names}
    chosen = engine or choose(losses(errors, now=_last(known)))
    told = foretell_all(both, folds, names, tried[0].prior)
    order = np.concatenate([np.flatnonzero(fold.ask) for fold in folds])
    sales = Observed(*(table.iloc[order].reset_index(drop=True) for table in both))
    return Judged(
        sales,
        np.concatenate([part.errors[names[0]].ahead for part in told]),
        {
            name: _walk([part.errors[name] for part in told], folds, errors[name], is_told=name in TEXTBOOK)
            for name in names
        },
        {name: round(sum(part.seconds[name] for part in (*tried, *told)), 3) for name in names},
        chosen,
        [*notes, *_how(learned, judged, asked), *_left(judged, sales), _why(errors, chosen)],
    )


def backtest_values(
    train: pd.DataFrame, test: pd.DataFrame, *, monthly: bool = False, engine: str | None = None
) -> Backtest:
    """Measure every engine on the test file; with `monthly` learn anew each month. Raises what `judge` raises."""
    return report_of(judge(train, test, asked=Asked(monthly=monthly), engine=engine))


def report_of(judged: Judged) -> Backtest:
    """Measure what was told of each sale."""
    engines = {
        name: measure(told, judged.sales.goal) | {"seconds": judged.seconds[name]} for name, told in judged.told.items()
    }
    return Backtest(engines, judged.chosen, judged.notes)


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


def _folds(learned: Observed, judged: Observed, asked: Asked) -> tuple[Observed, list[Fold]]:
    both = join([learned, judged])
    is_asked = np.arange(len(both)) >= len(learned)
    if asked.years_before is not None:
        folds = folds_ahead(both, is_asked, years=asked.years_before) if is_dated(learned) else []
        if not folds:
            raise TooShort(
                f"no sale of the test file has enough sales {asked.years_before:g} years and more before it: give a "
                "train file that is dated and begins earlier, or fewer years",
                field="horizon_years",
            )
        return both, folds
    return both, month_folds(both, is_asked) if asked.monthly and is_dated(learned) else [one_fold(both, is_asked)]


def _walk(told: list[Errors], folds: list[Fold], before: Errors, *, is_told: bool) -> Quantiles:
    """Give each lot the interval that the errors before it call for, its own not among them.

    Where `is_told` the middle stays what the engine said: a textbook learns nothing from what it was off.
    """
    parts, seen = [], before
    for errors, fold in zip(told, folds, strict=True):
        learned = calibrate(seen, now=fold.origin)
        learned = learned._replace(middle=0.0) if is_told else learned
        parts.append(interval(learned, errors.told, errors.ahead))
        seen = one_errors([seen, errors])
    return Quantiles(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _last(sales: Observed) -> float:
    time = sales.figure("time")
    return float(np.nanmax(time)) if np.isfinite(time).any() else float("nan")


def _left(judged: Observed, asked: Observed) -> list[str]:
    left = len(judged) - len(asked)
    return [f"test: {left:,} sales have too few sales so long before them, and are not judged."] if left else []


def _how(learned: Observed, judged: Observed, asked: Asked) -> list[str]:
    """Say how it was learned, and what of the test file was never seen."""
    way = "forward in time" if is_dated(learned) else "part by part, at random, as its sales are not dated"
    said = [f"The engine was chosen within the train file alone, {way}."]
    if asked.years_before is not None:
        said.append(f"Each sale was foretold from what was sold {asked.years_before:g} years before it or earlier.")
    if asked.monthly and not is_dated(learned):
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
