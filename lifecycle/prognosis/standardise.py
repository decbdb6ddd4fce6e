"""Signals are made comparable: how far each lies from what is normal for a new unit under the same operation."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.runs import Places, Runs

_GAP = 0.1
"""Settings that lie farther apart than this share of their range are different ways of operation."""
_FEW = 0.005
"""A way of operation with less than this share of the rows is none of its own."""
_YOUNG = 0.15
"""So much of a life counts as new."""
_SAME = 0.9999
_STILL = 1e-3
"""A signal that never moved is trusted to a thousandth of its value."""
_LEAST_VALUES = 4
_LIMIT = 50.0


class Normal(NamedTuple):
    """What is normal for new units: edges between ways of operation, and mean and spread of each signal in each."""

    edges: tuple[Floats, ...]
    ways: Places
    mean: Floats
    spread: Floats
    lively: Places
    still: Places


def normal_of(runs: Runs) -> Normal:
    """Learn from units that ran to failure what new ones show, by way of operation."""
    edges = tuple(_edges(column) for column in runs.settings.T)
    code = _code(runs.settings, edges)
    ways = np.array([way for way in np.unique(code) if (code == way).mean() >= _FEW], dtype=np.int64)
    place = _nearest(code, ways)
    young = runs.cycle <= np.maximum(_YOUNG * runs.lives, 5.0)[runs.unit]
    mean, spread = _moments(runs.signals, place, young, len(ways))
    apart = (runs.signals - mean[place]) / np.maximum(spread[place], 1e-12)
    lively = _lively(runs.signals, apart, spread)
    still = np.setdiff1d(np.arange(runs.signals.shape[1]), lively)
    floor = _STILL * np.maximum(np.abs(mean), 1e-6)
    spread = np.where(np.isin(np.arange(spread.shape[1]), still), np.maximum(spread, floor), np.maximum(spread, 1e-12))
    return Normal(edges, ways, mean, spread, lively, still)


def standardised(normal: Normal, runs: Runs) -> Floats:
    """Give each signal as so many spreads from the normal of its way of operation, within 50 either way."""
    place = _nearest(_code(runs.settings, normal.edges), normal.ways)
    return np.asarray(np.clip((runs.signals - normal.mean[place]) / normal.spread[place], -_LIMIT, _LIMIT))


def _edges(column: Floats) -> Floats:
    values = np.unique(column)
    steps = np.diff(values)
    wide = np.flatnonzero(steps > _GAP * (values[-1] - values[0])) if len(values) > 1 else np.array([], dtype=np.int64)
    return np.asarray(values[wide] + steps[wide] / 2)


def _code(settings: Floats, edges: tuple[Floats, ...]) -> Places:
    code = np.zeros(len(settings), dtype=np.int64)
    for column, cut in zip(settings.T, edges, strict=True):
        code = code * (len(cut) + 1) + np.searchsorted(cut, column)
    return code


def _nearest(code: Places, ways: Places) -> Places:
    """Give each row the place of its way of operation; one never seen takes the first."""
    at = np.minimum(np.searchsorted(ways, code), len(ways) - 1)
    return np.where(ways[at] == code, at, 0).astype(np.int64)


def _moments(signals: Floats, place: Places, young: np.ndarray, ways: int) -> tuple[Floats, Floats]:
    rows = [young & (place == way) for way in range(ways)]
    rows = [some if some.sum() >= _LEAST_VALUES else place == way for way, some in enumerate(rows)]
    return np.array([signals[some].mean(0) for some in rows]), np.array([signals[some].std(0) for some in rows])


def _lively(signals: Floats, apart: Floats, spread: Floats) -> Places:
    """Keep signals that move, take more than a few values, and do not repeat an earlier one."""
    moving = [
        at
        for at in range(signals.shape[1])
        if (spread[:, at] > 1e-9 * np.maximum(np.abs(signals[:, at]).max(), 1e-12)).any()
        and len(np.unique(signals[:, at])) >= _LEAST_VALUES
    ]
    alike = np.abs(np.corrcoef(apart[:, moving].T)) if len(moving) > 1 else np.eye(len(moving))
    fresh = [at for row, at in enumerate(moving) if not (alike[row, :row] > _SAME).any()]
    return np.array(fresh, dtype=np.int64)
