"""The price new of each thing that is sold: as it was told, or reckoned back from the sales of its like."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from lifecycle.grade import Floats
from lifecycle.valuation.observed import Observed

_STEPS = ("", "category", "make", "product")
"""Each level begins at the one before it; with few sales it stays near."""
_BORROWED = 2.0
"""A level weighs as so many sales of its own."""
_PACES = (-0.5, -0.02)


class PricesNew(NamedTuple):
    """What a thing costs new, as a logarithm, by product, make and category; `is_told` where the files say so."""

    levels: Mapping[str, Mapping[str, float]]
    is_told: bool

    def of(self, sales: Observed) -> Floats:
        """Give the logarithm of each price new; of an unknown product that of its make or category."""
        found = np.full(len(sales), self.levels[""][""])
        for name in _STEPS[1:]:
            level = sales.word(name).map(self.levels[name]).to_numpy(dtype=np.float64)
            found = np.where(np.isnan(level), found, level)
        told = sales.figure("log_new")
        return np.where(np.isnan(told), found, told) if self.is_told else found


def learn_prices_new(sales: Observed) -> PricesNew:
    """Learn them: from the prices told, where most are; else from each product's sales, made younger at one pace."""
    told = sales.figure("log_new")
    is_told = bool((~np.isnan(told)).mean() > 0.5)  # noqa: PLR2004 - most
    age = np.nan_to_num(sales.figure("age"), nan=float(np.nanmedian(np.append(sales.figure("age"), 0.0))))
    level = told if is_told else sales.goal - _pace(sales, age) * age
    return PricesNew(_levels(sales, level), is_told)


def _pace(sales: Observed, age: Floats) -> float:
    """Give by how much the logarithm of the price falls a year, among sales of the same product."""
    product = sales.word("product").to_numpy()
    table = pd.DataFrame({"age": age, "price": sales.goal})
    apart = table - table.groupby(product).transform("mean")
    square = float((apart["age"] ** 2).sum())
    pace = float((apart["age"] * apart["price"]).sum()) / square if square > 0 else -0.15
    return float(np.clip(pace, *_PACES))


def _levels(sales: Observed, level: Floats) -> dict[str, dict[str, float]]:
    known = ~np.isnan(level)
    table = pd.DataFrame({"level": level[known], **{name: sales.word(name)[known] for name in _STEPS[1:]}})
    levels = {"": {"": float(table["level"].median())}}
    before = pd.Series(levels[""][""], index=table.index)
    for name in _STEPS[1:]:
        grouped = table["level"].groupby(table[name])
        start = before.groupby(table[name]).mean()
        found = (grouped.sum() + _BORROWED * start) / (grouped.count() + _BORROWED)
        levels[name] = {str(word): float(value) for word, value in found.items()}
        before = table[name].map(levels[name]).astype(float)
    return levels
