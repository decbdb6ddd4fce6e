"""Calibration holds a forecast against what came for units it had not seen, and widens it until it keeps its word."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.runs import Places

INTERVAL = 0.8
LEAST_UNITS = 30
"""Below so many units an interval is told as "not calibrated"."""
_NEAR = 0.2
"""Share of the held-out forecasts that counts as near a new one."""
_LEAST_NEAR = 60
_CENTRAL = (1 - INTERVAL) / 2
_TAILS = np.linspace(0.02, 0.2, 37)
_FOLDS = 10
_LEVELS = 5


class Calibration(NamedTuple):
    """Held-out forecasts, sorted, with what each missed and its unit.

    `tails` is the share of misses left out on either side, one for each fifth of the forecasts (which begin at
    `edges`), so chosen that intervals made from the other units alone cover 80 % of the truths of that fifth;
    `coverage` is what they did cover, all together.
    """

    forecast: Floats
    missed: Floats
    unit: Places
    edges: Floats
    tails: Floats
    coverage: float
    units: int

    @property
    def is_calibrated(self) -> bool:
        """Tell whether there were units enough to speak of a measured coverage."""
        return self.units >= LEAST_UNITS


class Interval(NamedTuple):
    """P10 and P90 of many forecasts."""

    p10: Floats
    p90: Floats


def calibrate(forecast: Floats, truth: Floats, unit: Places, low: float = 0.0, high: float = np.inf) -> Calibration:
    """Keep what held-out forecasts missed, and how far out to go for 80 %; `low` and `high` bound what may be told."""
    order = np.argsort(forecast, kind="stable")
    names = np.unique(unit)
    edges = np.unique(np.quantile(forecast, np.arange(_LEVELS) / _LEVELS))
    tails = np.full(len(edges), _CENTRAL)
    held = Calibration(forecast[order], (truth - forecast)[order], unit[order], edges, tails, float("nan"), len(names))
    if held.units < 2:  # noqa: PLR2004 - one unit cannot be held against others
        return held
    covered = np.zeros((len(_TAILS), len(forecast)), dtype=bool)
    for some in np.array_split(names, min(_FOLDS, held.units)):
        mine = np.isin(held.unit, some)
        covered[:, mine] = _covered(held, mine, low, high)
    level = _level(held, held.forecast)
    best = np.array([_widest_needed(covered[:, level == at].mean(axis=1)) for at in range(len(edges))])
    return held._replace(tails=_TAILS[best], coverage=float(covered[best[level], np.arange(len(level))].mean()))


def interval(held: Calibration, forecast: Floats, low: float = 0.0, high: float = np.inf) -> Interval:
    """Give the interval around each forecast: what the nearest held-out forecasts missed."""
    near = np.sort(held.missed[_near(held.forecast, forecast)], axis=1)
    tail = held.tails[_level(held, forecast)]
    below, above = (_read_off(near, share) for share in (tail, 1 - tail))
    return Interval(np.clip(forecast + below, low, high), np.clip(forecast + above, low, high))


def conformal_factor(truth: Floats, p10: Floats, p50: Floats, p90: Floats) -> float:
    """Give the factor by which intervals must be stretched about their middle to cover 80 % of these truths.

    >>> truth = np.arange(-9.0, 10.0)
    >>> round(conformal_factor(truth, np.full(19, -2.0), np.zeros(19), np.full(19, 2.0)), 2)
    4.0
    """
    side = np.where(truth < p50, p50 - p10, p90 - p50)
    ratio = np.abs(truth - p50) / np.maximum(side, 1e-9)
    rank = min(int(np.ceil(INTERVAL * (len(ratio) + 1))), len(ratio))
    return float(np.sort(ratio)[rank - 1]) if len(ratio) else 1.0


def _near(held: Floats, forecast: Floats) -> Places:
    """Give for each forecast the places of the held-out ones that come nearest to it."""
    near = min(max(round(_NEAR * len(held)), _LEAST_NEAR), len(held))
    begin = np.clip(np.searchsorted(held, forecast) - near // 2, 0, len(held) - near)
    return np.asarray(begin[:, None] + np.arange(near)[None, :], dtype=np.int64)


def _covered(held: Calibration, mine: np.ndarray, low: float, high: float) -> np.ndarray:
    """Tell, for each tail, which truths of some units lie in intervals made without those units."""
    asked, truth = held.forecast[mine], (held.forecast + held.missed)[mine]
    near = held.missed[~mine][_near(held.forecast[~mine], asked)]
    below, above = (np.clip(asked + np.quantile(near, levels, axis=1), low, high) for levels in (_TAILS, 1 - _TAILS))
    return np.asarray((below <= truth) & (truth <= above))


def _widest_needed(covered: Floats) -> int:
    """Give the place of the largest tail that still covers enough; of the smallest where none does."""
    return max([at for at, share in enumerate(covered) if share >= INTERVAL], default=0)


def _level(held: Calibration, forecast: Floats) -> Places:
    return np.clip(np.searchsorted(held.edges, forecast, side="right") - 1, 0, len(held.edges) - 1)


def _read_off(rows: Floats, share: Floats) -> Floats:
    """Give from each sorted row the quantile of its own share, between its neighbours."""
    at = share * (rows.shape[1] - 1)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, rows.shape[1] - 1)
    one, two = (np.take_along_axis(rows, some[:, None], axis=1)[:, 0] for some in (low, high))
    return np.asarray(one + (at - low) * (two - one))
