"""Things compared at equal use: what a metric was when each of them had been used as much, whenever that was."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd

from telemetry.moment import DAY, Moments
from telemetry.track import Marks, Numbers, Places

_STEPS = 20
"""About so many steps are made where nobody says how long one is."""
_ROUND = (1.0, 2.0, 5.0, 10.0)


class Unplaced(StrEnum):
    """Why it is not known how much a thing had been used at a moment."""

    BEFORE = "before-the-meter"
    """The meter was not read yet."""
    AFTER = "after-the-meter"
    """The meter was not read any more."""
    GAP = "meter-was-silent"
    """The meter was silent for days and then stood more than a step higher."""


class UseCurve(NamedTuple):
    """How much a thing had been used in all at some moments, in their order."""

    moment: Moments
    use: Numbers
    known: Marks
    """For each moment whether the use up to the next one is known, as good as a straight line."""


class Placed(NamedTuple):
    """How much a thing had been used at other moments, NaN where that is not known, and there why."""

    use: Numbers
    why: dict[Unplaced, Marks]


NEVER = UseCurve(np.empty(0, np.int64), np.empty(0), np.empty(0, bool))
"""Of a meter that was never read."""


def use_curve(day: Places, increase: Numbers, *, opening: float, step: float) -> UseCurve:
    """Draw the use of a thing from what its meter counted on days with readings, in their order.

    `day` counts from 1970; `opening` is what was used before the first of them. An increase after days without a
    reading came at an unknown pace: it is a gap if it is more than a step.

    >>> use_curve(np.array([0, 1, 9]), np.array([5.0, 6.0, 50.0]), opening=100.0, step=10.0).known.tolist()
    [True, True, False, False]
    """
    if not len(day):
        return NEVER
    at = np.append(day[:1], day + 1) * DAY
    use = opening + np.append(0.0, np.cumsum(increase))
    known = (np.diff(at) <= DAY) | (increase <= step)
    return UseCurve(at, use, np.append(known, False))


def placed(curve: UseCurve, at: Moments) -> Placed:
    """Tell how much a thing had been used at moments; nothing is drawn beyond the meter's readings or across a gap."""
    if not len(curve.moment):
        return Placed(np.full(len(at), np.nan), {Unplaced.BEFORE: np.ones(len(at), dtype=bool)})
    before, after = at < curve.moment[0], at > curve.moment[-1]
    place = np.clip(np.searchsorted(curve.moment, at, side="right") - 1, 0, len(curve.moment) - 1)
    gap = ~before & ~after & ~curve.known[place] & (at != curve.moment[place])
    use = np.interp(at, curve.moment, curve.use)
    why = {Unplaced.BEFORE: before, Unplaced.AFTER: after, Unplaced.GAP: gap}
    return Placed(np.where(before | after | gap, np.nan, use), why)


def steps(use: Numbers, measured: pd.DataFrame, *, step: float) -> pd.DataFrame:
    """Sum up what was measured by steps of use: columns use, count, total, minimum, maximum; `use` begins a step.

    `measured` has the last four columns; rows of unknown use are left out.
    """
    there = ~np.isnan(use)
    begins = np.floor(use[there] / step) * step
    return _by_use(measured.loc[there, ["count", "total", "minimum", "maximum"]].assign(use=begins))


def together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the steps of parts of a life together."""
    return _by_use(pd.concat(parts, ignore_index=True)) if parts else _NO_STEPS


def _by_use(rows: pd.DataFrame) -> pd.DataFrame:
    found = rows.groupby("use", sort=True).agg(
        count=("count", "sum"), total=("total", "sum"), minimum=("minimum", "min"), maximum=("maximum", "max")
    )
    return found.reset_index()


_NO_STEPS = pd.DataFrame({name: np.empty(0) for name in ("use", "count", "total", "minimum", "maximum")})


def fitting_step(most: float) -> float:
    """Choose a round step, so that a life of so much use has about twenty.

    >>> fitting_step(17_000), fitting_step(0.9), fitting_step(0)
    (1000.0, 0.05, 1.0)
    """
    if most <= 0:
        return 1.0
    exact = most / _STEPS
    power = 10.0 ** np.floor(np.log10(exact))
    return float(power * next(one for one in _ROUND if one * power >= exact * (1 - 1e-9)))
