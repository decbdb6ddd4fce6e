"""The textbook values that a finance team reckons today: an even fall, and a fall by the same share each year."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.valuation.assumptions import figure
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.price_new import PricesNew, learn_prices_new
from lifecycle.valuation.told import Told

_SPREAD = 0.3


class StraightLine(NamedTuple):
    """The value falls evenly to nothing."""

    new: PricesNew
    age: float

    def ask(self, sales: Observed) -> Told:
        """Tell the value; a textbook knows neither use nor condition."""
        share = 1 - _ages(sales, self.age) / figure("straight_line", "years")
        return _told(self.new.of(sales), share)


class DecliningBalance(NamedTuple):
    """The value falls by the same share each year."""

    new: PricesNew
    age: float

    def ask(self, sales: Observed) -> Told:
        """Tell the value; a textbook knows neither use nor condition."""
        return _told(self.new.of(sales), (1 - figure("declining_balance", "rate")) ** _ages(sales, self.age))


def fit_straight_line(sales: Observed, new: PricesNew | None = None) -> StraightLine:
    """Learn no more than prices new, and the age of what has none."""
    return StraightLine(new or learn_prices_new(sales), usual_age(sales))


def fit_declining_balance(sales: Observed, new: PricesNew | None = None) -> DecliningBalance:
    """Learn no more than prices new, and the age of what has none."""
    return DecliningBalance(new or learn_prices_new(sales), usual_age(sales))


def usual_age(sales: Observed) -> float:
    """Give the median age, 0 where none is known."""
    known = sales.told["age"].dropna()
    return float(known.median()) if len(known) else 0.0


def _ages(sales: Observed, usual: float) -> Floats:
    return np.nan_to_num(sales.figure("age"), nan=usual)


def _told(log_new: Floats, share: Floats) -> Told:
    kept = np.maximum(share, figure("least", "share"))
    return Told(log_new + np.log(kept), np.full(len(kept), _SPREAD))
