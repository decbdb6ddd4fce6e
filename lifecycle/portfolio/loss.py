"""What a portfolio may lose against its books: quantiles of the total, value at risk and expected shortfall."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats

CONFIDENCE = 0.95


class Spread(NamedTuple):
    """How a total may come out, in money of the currency of the holdings.

    `value_at_risk` is what is lost against the books, or more, in one scenario of twenty; `expected_shortfall` is the
    mean loss of that twentieth. Both are negative where even then more comes in than is booked.
    """

    mean: float
    p10: float
    p50: float
    p90: float
    booked: float
    value_at_risk: float
    expected_shortfall: float


def spread(total: Floats, *, booked: float) -> Spread:
    """Read one total (S,) off its scenarios.

    >>> found = spread(np.arange(101.0), booked=100.0)
    >>> found.p10, found.p50, found.value_at_risk, found.expected_shortfall
    (10.0, 50.0, 95.0, 97.5)
    """
    lost = booked - total
    at_risk = float(np.quantile(lost, CONFIDENCE))
    low, middle, high = (float(one) for one in np.quantile(total, (0.1, 0.5, 0.9)))
    worst = float(lost[lost >= at_risk].mean())
    return Spread(float(total.mean()), low, middle, high, booked, at_risk, worst)
