"""Evidence is what is known of each unit at a moment: its age, its trace, its recent signals, its damage and pace."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.fleet_space import Space, space_of
from lifecycle.prognosis.pattern_guard import Recent
from lifecycle.prognosis.runs import Places, Runs
from lifecycle.prognosis.standardise import Normal, normal_of, standardised
from lifecycle.prognosis.trace import traces, trailing_mean, trailing_slope, windows_for

_AS_NEW = 0.9
_DIRECTIONS = 3


class Yardstick(NamedTuple):
    """What a fleet that ran to failure teaches about reading signals: normals, window lengths, and the damage scale."""

    normal: Normal
    windows: tuple[int, ...]
    wear: Space
    as_new: float
    end: float


class Evidence(NamedTuple):
    """One row a moment; `still` are signals that never moved in the fleet."""

    age: Floats
    trace: Floats
    recent: Floats
    still: Floats
    fullness: Floats
    damage: Floats
    pace: Floats

    def at(self, rows: Places) -> "Evidence":
        """Give the evidence of some moments only."""
        return Evidence(*(column[rows] for column in self))

    @property
    def shown(self) -> Recent:
        """Give what the pattern guard looks at."""
        return Recent(self.recent, self.still, self.fullness)

    @property
    def departure(self) -> Floats:
        """Give how far the recent signals lie from new, whatever the direction, in its logarithm."""
        return np.asarray(np.log(np.maximum(np.linalg.norm(self.recent, axis=1), 1e-6)))


def yardstick_of(runs: Runs, cap: float) -> Yardstick:
    """Learn from units that ran to failure how to read the signals of others."""
    normal, windows = normal_of(runs), windows_for(runs.lives)
    recent = _recent(standardised(normal, runs)[:, normal.lively], runs, windows[1])
    wear = space_of(recent, np.minimum(runs.left, cap), _DIRECTIONS)
    health = wear.places(recent).sum(axis=1)
    as_new = float(np.quantile(health, _AS_NEW))
    return Yardstick(normal, windows, wear, as_new, max(as_new - float(np.median(health[runs.last])), 1e-6))


def evidence_of(yardstick: Yardstick, runs: Runs) -> Evidence:
    """Read every moment of some runs, each from what was known then."""
    told = standardised(yardstick.normal, runs)
    lively, still = told[:, yardstick.normal.lively], told[:, yardstick.normal.still]
    recent = _recent(lively, runs, yardstick.windows[1])
    damage = yardstick.as_new - yardstick.wear.places(recent).sum(axis=1)
    return Evidence(
        age=runs.cycle,
        trace=traces(lively, runs.cycle, runs.starts, yardstick.windows),
        recent=recent,
        still=_recent(still, runs, yardstick.windows[1]),
        fullness=np.minimum((np.arange(len(runs.cycle)) - runs.starts[runs.unit] + 1) / yardstick.windows[1], 1.0),
        damage=damage,
        pace=np.concatenate([trailing_slope(damage[part, None], yardstick.windows[2])[:, 0] for part in _parts(runs)]),
    )


def _recent(signals: Floats, runs: Runs, length: int) -> Floats:
    return np.vstack([trailing_mean(signals[part], length) for part in _parts(runs)])


def _parts(runs: Runs) -> list[slice]:
    return [slice(int(low), int(high)) for low, high in zip(runs.starts, runs.starts[1:], strict=False)]
