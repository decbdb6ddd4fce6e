"""An interval that held: how far off an engine was lately, scaled by how unsure it is and by the years ahead."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.valuation.assumptions import figure
from lifecycle.valuation.observed import Mask
from lifecycle.valuation.told import Told

LEVELS = (0.1, 0.5, 0.9)
_NORMAL = (-1.2815515655446004, 0.0, 1.2815515655446004)
_ENOUGH = 100
_LEAST = 20
_SHRUNK = 60.0
"""The middle is moved by what it was off, as if so many sales had shown no error."""
_LATELY = 1.0
"""Years: errors older than this say little of today's market."""


class Errors(NamedTuple):
    """Sales that an engine foretold before it had seen them: when, what was paid, what was told, and years ahead."""

    time: Floats
    goal: Floats
    told: Told
    ahead: Floats

    def where(self, rows: Mask) -> "Errors":
        """Give some of them."""
        return Errors(self.time[rows], self.goal[rows], self.told.where(rows), self.ahead[rows])

    @property
    def scaled(self) -> Floats:
        """Give each error in its own standard deviations."""
        return np.asarray((self.goal - self.told.middle) / spread_ahead(self.told, self.ahead))


class Quantiles(NamedTuple):
    """Logarithms of the price at P10, P50 and P90."""

    low: Floats
    middle: Floats
    high: Floats


class Calibration(NamedTuple):
    """Where between standard deviations P10, P50 and P90 lie, and on how many errors that rests."""

    low: float
    middle: float
    high: float
    errors: int


def spread_ahead(told: Told, ahead: Floats) -> Floats:
    """Widen what is told for a day ahead: the market drifts with the root of the years."""
    return np.asarray(np.sqrt(told.spread**2 + figure("market", "spread_per_root_year") ** 2 * np.maximum(ahead, 0)))


def calibrate(errors: Errors, *, now: float) -> Calibration:
    """Learn from the errors of the last twelve months, or from the newest hundred where there are fewer."""
    some = _lately(errors, now)
    count = len(some.goal)
    if count < _LEAST:
        return Calibration(*_NORMAL, count)
    scaled = some.scaled
    middle = float(np.median(scaled)) * count / (count + _SHRUNK)
    low = float(np.quantile(scaled, max(LEVELS[0] * (count + 1) / count - 0.5 / count, 0)))
    high = float(np.quantile(scaled, min(1 - LEVELS[0] * (count + 1) / count + 0.5 / count, 1)))
    return Calibration(min(low, middle), middle, max(high, middle), count)


def interval(calibration: Calibration, told: Told, ahead: Floats) -> Quantiles:
    """Give P10, P50 and P90."""
    spread = spread_ahead(told, ahead)
    return Quantiles(
        told.middle + calibration.low * spread,
        told.middle + calibration.middle * spread,
        told.middle + calibration.high * spread,
    )


def one_errors(parts: list[Errors]) -> Errors:
    """Put errors of several lots in one."""
    told = Told(*(np.concatenate(column) for column in zip(*(part.told for part in parts), strict=True)))
    time, goal, ahead = (np.concatenate([getattr(part, name) for part in parts]) for name in ("time", "goal", "ahead"))
    return Errors(time, goal, told, ahead)


def _lately(errors: Errors, now: float) -> Errors:
    known = ~np.isnan(errors.time)
    if not known.any():
        return errors
    recent = known & (errors.time >= now - _LATELY) & (errors.time <= now)
    if recent.sum() >= min(_ENOUGH, len(known)):
        return errors.where(recent)
    before = known & (errors.time <= now) if (errors.time <= now).any() else known
    newest = np.argsort(np.where(before, errors.time, -np.inf), kind="stable")[-min(_ENOUGH, int(before.sum())) :]
    return errors.where(np.isin(np.arange(len(known)), newest))
