"""A known pattern is how the levels of a product's things move together; what none ever showed is not foretold."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from lifecycle.alert_episode import DayLine
from lifecycle.condition.assumptions import figure
from lifecycle.grade import Floats
from lifecycle.prognosis.pattern_guard import Patterns, Recent, patterns_of, strangeness

Lines = Mapping[str, DayLine]
"""The day means of one thing, by metric."""
Table = tuple[tuple[float, ...], ...]


class KnownPattern(BaseModel):
    """The pattern of a product's fleet over some metrics: its centre, its directions, its noise, and its limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    metrics: tuple[str, ...]
    scale: tuple[float, ...]
    """The spread of each level over the fleet: levels of unlike units are held against each other in spreads."""
    centre: tuple[float, ...]
    directions: Table
    whiten: Table
    limit: float
    units: int

    def is_unlike(self, means: Mapping[str, float]) -> bool:
        """Tell whether recent means lie off all that the fleet showed; a thing without one of the levels never does."""
        if any(metric not in means for metric in self.metrics):
            return False
        shown = _shown(np.array([[means[metric] for metric in self.metrics]]) / np.array(self.scale))
        return bool(strangeness(self._patterns(), shown)[0] > self.limit)

    def _patterns(self) -> Patterns:
        width = len(self.metrics)
        return Patterns(
            centre=np.array(self.centre),
            directions=np.array(self.directions, dtype=np.float64).reshape(-1, width),
            whiten=np.array(self.whiten, dtype=np.float64).reshape(width, -1),
            still=np.zeros(0),
            limit=self.limit,
            units=self.units,
        )


def known_pattern(fleet: Sequence[Lines]) -> KnownPattern | None:
    """Learn the pattern from the weekly means of things; None of too few things, or where fewer than two levels vary.

    One level alone has no pattern: what is too high or too low of it is a matter of its rating.
    """
    metrics = _common(fleet)
    if len(metrics) < figure("pattern", "least_metrics"):
        return None
    weeks = [_weeks(lines, metrics) for lines in fleet]
    unit = np.repeat(np.arange(len(weeks)), [len(some) for some in weeks])
    if len(np.unique(unit)) < figure("pattern", "least_things"):
        return None
    rows = np.concatenate(weeks)
    scale = rows.std(axis=0)
    if (scale <= 0).any():
        return None
    known = patterns_of(_shown(rows / scale), unit)
    return KnownPattern(
        metrics=metrics,
        scale=tuple(scale.tolist()),
        centre=tuple(known.centre.tolist()),
        directions=_table(known.directions),
        whiten=_table(known.whiten),
        limit=float(known.limit),
        units=int(known.units),
    )


def _common(fleet: Sequence[Lines]) -> tuple[str, ...]:
    """Give the levels that most of the measured things have."""
    measured = [lines for lines in fleet if lines]
    names = sorted({metric for lines in measured for metric in lines})
    least = figure("pattern", "share_with_level") * len(measured)
    return tuple(name for name in names if sum(name in lines for lines in measured) >= least)


def _weeks(lines: Lines, metrics: Sequence[str]) -> Floats:
    """Give the means of the weeks in which every level was measured."""
    by_week = [_means(lines[metric]) if metric in lines else {} for metric in metrics]
    weeks = sorted(set.intersection(*(set(some) for some in by_week)))
    return np.array([[some[week] for some in by_week] for week in weeks], dtype=np.float64).reshape(-1, len(metrics))


def _means(line: DayLine) -> dict[int, float]:
    week = np.asarray(line.days, dtype=np.int64) // 7
    return {int(one): float(np.asarray(line.values)[week == one].mean()) for one in np.unique(week)}


def _shown(rows: NDArray[np.float64]) -> Recent:
    return Recent(rows, np.zeros((len(rows), 0)), np.ones(len(rows)))


def _table(rows: Floats) -> Table:
    return tuple(tuple(row) for row in rows.tolist())
