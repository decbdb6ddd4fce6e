"""Held out: each unit of the fleet is foretold by engines that never saw it, at moments like those asked about."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.engines import PLAIN, SENSING, Forecast, Known
from lifecycle.prognosis.evidence import Evidence, Yardstick, evidence_of, yardstick_of
from lifecycle.prognosis.runs import Places, Runs

FOLDS = 8
MOMENTS = 24
"""Moments taken of each held-out unit."""
BEYOND = 1.15
"""Moments reach so far beyond the cap, so that what lies about it is calibrated too."""
ALIKE = 0.15
"""Engines whose held-out error lies within this share of the best are averaged; the others did not earn it."""
STEADIER = 0.03
"""The average is preferred to a single engine that is better by no more than this share: it is steadier."""
AVERAGE = "average"
_SEED = 7


class Fitted(NamedTuple):
    """Engines fitted on a fleet, and how its signals are read."""

    yardstick: Yardstick
    engines: Mapping[str, Forecast]

    def foretell(self, asked: Evidence, cap: float) -> dict[str, Floats]:
        """Give what each engine foretells at each moment, within 0 and the cap."""
        return {name: np.clip(engine(asked), 0, cap) for name, engine in self.engines.items()}


class HeldOut(NamedTuple):
    """Forecasts for held-out units, what they really had left (capped), and which unit each was."""

    forecasts: Mapping[str, Floats]
    left: Floats
    unit: Places


def fit(runs: Runs, cap: float) -> Fitted:
    """Fit every engine that the signals allow."""
    yardstick = yardstick_of(runs, cap)
    evidence = evidence_of(yardstick, runs)
    known = Known(evidence, np.minimum(runs.left, cap), runs.unit, runs.lives, yardstick.end, cap)
    usable = {**PLAIN, **SENSING} if len(yardstick.normal.lively) else PLAIN
    return Fitted(yardstick, {name: engine(known) for name, engine in usable.items()})


def hold_out(runs: Runs, ages: Floats, cap: float) -> HeldOut:
    """Foretell every unit by the others, cut off at ages such as those asked about."""
    chance = np.random.default_rng(_SEED)
    folds = np.array_split(chance.permutation(len(runs.names)), min(FOLDS, len(runs.names)))
    parts = [_one_fold(runs, fold, ages, cap, chance) for fold in folds if len(fold) < len(runs.names)]
    names = parts[0].forecasts
    forecasts = {name: np.concatenate([part.forecasts[name] for part in parts]) for name in names}
    left, unit = (np.concatenate([getattr(part, field) for part in parts]) for field in ("left", "unit"))
    return HeldOut(forecasts, left, unit)


def join(held: HeldOut) -> tuple[str, ...]:
    """Choose the engines to average: those whose error on the held-out units is about that of the best."""
    errors = _errors(held)
    return tuple(name for name, error in errors.items() if error <= (1 + ALIKE) * min(errors.values()))


def choose(held: HeldOut) -> str:
    """Choose by the held-out units alone: the average, unless a single engine is clearly better."""
    errors = _errors(held)
    best = min(errors, key=lambda name: errors[name])
    return AVERAGE if errors[AVERAGE] <= (1 + STEADIER) * errors[best] else best


def average(forecasts: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    """Give the plain average of some engines."""
    return np.asarray(np.mean([forecasts[name] for name in names], axis=0))


def _errors(held: HeldOut) -> dict[str, float]:
    return {name: float(np.sqrt(((told - held.left) ** 2).mean())) for name, told in held.forecasts.items()}


def _one_fold(runs: Runs, fold: Places, ages: Floats, cap: float, chance: np.random.Generator) -> HeldOut:
    rest = np.setdiff1d(np.arange(len(runs.names)), fold)
    fitted, mine = fit(runs.of(rest), cap), runs.of(fold)
    rows = moments(mine, ages, cap, chance)
    asked = evidence_of(fitted.yardstick, mine).at(rows)
    return HeldOut(fitted.foretell(asked, cap), np.minimum(mine.left, cap)[rows], fold[mine.unit[rows]])


def moments(runs: Runs, ages: Floats, cap: float, chance: np.random.Generator) -> Places:
    """Cut each unit off: half of the times at ages asked about, half with any life left up to the cap.

    By age alone, units far from their end would prevail, and intervals would be too narrow where it matters.
    """
    chosen = []
    for low, high in pairwise(runs.starts):
        cycles = runs.cycle[low:high]
        fitting = ages[(ages >= cycles[0]) & (ages < cycles[-1])]
        drawn = chance.choice(fitting if len(fitting) else cycles, MOMENTS // 2)
        near = np.flatnonzero((cycles[-1] - cycles <= BEYOND * cap) & (cycles >= min(ages.min(), cycles[-1])))
        rows = np.clip(np.searchsorted(cycles, drawn), 0, high - low - 1)
        chosen.append(low + np.concatenate([rows, chance.choice(near, MOMENTS // 2)]))
    return np.concatenate(chosen).astype(np.int64)
