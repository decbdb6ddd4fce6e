"""A cold start: whole products are hidden, a few of their sales are given back, and the rest is foretold from those."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.valuation.forward import Fold, Foretold, foretell_all
from lifecycle.valuation.interval import Errors, Quantiles, calibrate, interval, one_errors
from lifecycle.valuation.observed import Mask, Observed, join
from telemetry.refusal import Refusal

MOST = 80
"""Products that are hidden in turn: those with the most sales to be judged on."""
_LOTS = 4
_LEAST_JUDGED = 3
_LEAST_LEARNED = 20


class NothingToHide(Refusal):
    """No product has enough sales in both files to be hidden and judged."""


class Lot(NamedTuple):
    """Products hidden together: what each engine told of their other train sales, and of those in the test file."""

    within: Mapping[str, Errors]
    judged: Mapping[str, Errors]
    products: list[str]
    origin: float


class Cold(NamedTuple):
    """All lots, and the seconds that each engine took."""

    lots: list[Lot]
    seconds: Mapping[str, float]

    def within(self, name: str) -> Errors:
        """Give the errors within the train file, by which an engine is chosen."""
        return one_errors([lot.within[name] for lot in self.lots])

    def told(self, name: str) -> tuple[Quantiles, Floats]:
        """Give quantiles and prices; the interval of a lot rests on the other lots' errors within the train file."""
        parts = []
        for lot in self.lots:
            others = [other.within[name] for other in self.lots if other is not lot] or [lot.within[name]]
            errors = lot.judged[name]
            parts.append(interval(calibrate(one_errors(others), now=lot.origin), errors.told, errors.ahead))
        low, middle, high = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Quantiles(low, middle, high), np.concatenate([lot.judged[name].goal for lot in self.lots])

    def products(self) -> list[str]:
        """Give the product of each sale that is judged, in the same order."""
        return [product for lot in self.lots for product in lot.products]


def start_cold(train: Observed, test: Observed, *, given: int, names: Collection[str]) -> Cold:
    """Hide products lot by lot, give so many of their sales back, and foretell the rest. Raises NothingToHide."""
    both = join([train, test])
    is_test = np.arange(len(both)) >= len(train)
    lots = _lots(train, test, given)
    hidden = [both.word("product").isin(lot).to_numpy() for lot in lots]
    back = _given_back(both, ~is_test & np.logical_or.reduce(hidden), given)
    last = _last(train)
    folds = [Fold((~is_test & ~some) | (back & some), some & ~back, last) for some in hidden]
    told = foretell_all(both, folds, names)
    seconds = {name: sum(part.seconds[name] for part in told) for name in names}
    return Cold([_lot(both, is_test, fold, part) for fold, part in zip(folds, told, strict=True)], seconds)


def mean_bias(told: Quantiles, goal: Floats, products: list[str]) -> float:
    """Give the mean over products of how far off the median of each is."""
    off, names = np.exp(told.middle - goal) - 1, np.array(products, dtype=object)
    return float(np.mean([abs(float(np.median(off[names == name]))) for name in dict.fromkeys(products)]))


def _lots(train: Observed, test: Observed, given: int) -> list[list[str]]:
    """Choose the products, and part them so that sisters stay behind in every lot."""
    learned, judged = train.word("product").value_counts(), test.word("product").value_counts()
    fit = [
        (-int(count), str(name))
        for name, count in judged.items()
        if count >= _LEAST_JUDGED and learned.get(name, 0) > given
    ]
    chosen = [name for _, name in sorted(fit)[:MOST]]
    lots = [lot for at in range(_LOTS) if (lot := chosen[at::_LOTS])]
    kept = [len(train) - int(train.word("product").isin(lot).sum()) for lot in lots]
    if not lots or min(kept) < _LEAST_LEARNED:
        raise NothingToHide(
            f"no product can be hidden: it takes {_LEAST_JUDGED} sales in the test file, more than {given} in the "
            f"train file, and {_LEAST_LEARNED} sales of other products there",
            field="cold_start",
        )
    return lots


def _given_back(sales: Observed, rows: Mask, given: int) -> Mask:
    """Take so many sales of each product by chance, the same ones each time."""
    chance = np.random.default_rng(7).permutation(len(sales))
    order = np.flatnonzero(rows)[np.argsort(chance[rows], kind="stable")]
    rank = sales.word("product").iloc[order].groupby(sales.word("product").iloc[order]).cumcount().to_numpy()
    back = np.zeros(len(sales), dtype=bool)
    back[order[rank < given]] = True
    return back


def _lot(sales: Observed, is_test: Mask, fold: Fold, told: Foretold) -> Lot:
    judged = is_test[fold.ask]
    products = sales.word("product")[fold.ask & is_test].tolist()
    within = {name: errors.where(~judged) for name, errors in told.errors.items()}
    return Lot(within, {name: errors.where(judged) for name, errors in told.errors.items()}, products, fold.origin)


def _last(sales: Observed) -> float:
    known = sales.told["time"].dropna()
    return float(known.max()) if len(known) else float("nan")
