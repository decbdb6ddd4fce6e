"""To outlive a date is to reach it before the functional end: what finance asks of a thing under contract."""

import numpy as np

from lifecycle.condition.chances import below_normal
from lifecycle.condition.index import TENTH

_NARROW = 1e-3


def chance_to_outlive(days: tuple[float | None, float | None, float | None], *, horizon: float) -> float | None:
    """Give how likely more than so many days are left, from P10, P50 and P90; None where these cannot be told.

    Between them the logarithm of the days is taken to be normal, on each side with a width of its own.

    >>> quantiles = (200.0, 400.0, 800.0)
    >>> [chance_to_outlive(quantiles, horizon=days) for days in (0, 200, 400, 800)]
    [1.0, 0.9, 0.5, 0.1]
    """
    low, middle, high = days
    if low is None or middle is None or high is None:
        return None
    if horizon <= 0:
        return 1.0
    if high <= 0:
        return 0.0
    low, middle, high = max(low, _NARROW), max(middle, _NARROW), max(high, _NARROW)
    side = np.log(middle / low) if horizon < middle else np.log(high / middle)
    deviations = np.log(horizon / middle) / max(float(side) / TENTH, _NARROW)
    return float(np.round(1 - below_normal(np.array([deviations]))[0], 3))
