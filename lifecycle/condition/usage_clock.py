"""The usage clock counts how much a thing was used since a day, and for how much that counts under heat and load."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifecycle.condition.stress import Stress
from lifecycle.grade import Floats

Days = NDArray[np.int64]


class MeterDays(NamedTuple):
    """What a meter counted by day, in order; `shown` is its first reading, `opened` whether there was one before."""

    day: Days
    increase: Floats
    shown: float
    opened: bool


class LevelDays(NamedTuple):
    """The day means of one metric, in order."""

    day: Days
    mean: Floats


class Run(NamedTuple):
    """How far a clock ran from its first day up to each of some days: plain, with heat counted, with load counted too.

    In the unit of the meter, or in days where nothing is metered.
    """

    plain: Floats
    warm: Floats
    worn: Floats


def run(
    *,
    since: int,
    as_new: bool,
    meter: MeterDays | None,
    levels: Mapping[str, LevelDays],
    stresses: Sequence[Stress],
    at: Sequence[int],
) -> Run:
    """Read the clock at some days after the first: each day's use counts for what that day's heat and load make it.

    Days without a level count for the mean of the days that have one, and for one where no day has.
    """
    cuts = np.array(at, dtype=np.int64)
    plain = (
        np.maximum(cuts - since, 0).astype(np.float64) if meter is None else _used(since, cuts, meter, as_new=as_new)
    )
    heat = [stress for stress in stresses if not stress.is_load]
    warm = _stressed(since, cuts, plain, meter, levels, heat)
    return Run(plain, warm, _stressed(since, cuts, plain, meter, levels, stresses))


def _used(since: int, cuts: Days, meter: MeterDays, *, as_new: bool) -> Floats:
    """Count the use up to each day; what lies before the first reading is the counter's own start or an estimate.

    A meter that began with the thing tells by its first value; else the mean pace since is taken.
    """
    counted = _up_to(since, cuts, meter.day, meter.increase)
    first, last = int(meter.day[0]), int(meter.day[-1])
    if first <= since + 1 or meter.opened:
        return counted
    if as_new:
        return counted + max(meter.shown, 0.0) * np.clip((cuts - since) / (first - since), 0, 1)
    whole = float(meter.increase[meter.day > since].sum())
    return counted + whole / (last - first + 1) * np.clip(cuts - since, 0, first - since - 1)


def _stressed(
    since: int,
    cuts: Days,
    plain: Floats,
    meter: MeterDays | None,
    levels: Mapping[str, LevelDays],
    stresses: Sequence[Stress],
) -> Floats:
    """Weigh the use of each day by the stress of that day."""
    told = [(stress, levels[stress.metric]) for stress in stresses if stress.metric in levels]
    told = [(stress, level) for stress, level in told if (level.day > since).any()]
    if not told:
        return plain
    days = _union([level.day for _, level in told], since) if meter is None else meter.day
    amount = np.ones(len(days)) if meter is None else meter.increase
    factor, usual = np.ones(len(days)), 1.0
    for stress, level in told:
        after = level.day > since
        by_day = stress.factor(level.mean[after])
        mean = float(by_day.mean())
        place = np.clip(np.searchsorted(level.day[after], days), 0, len(by_day) - 1)
        factor = factor * np.where(level.day[after][place] == days, by_day[place], mean)
        usual *= mean
    return plain * usual + _up_to(since, cuts, days, amount * (factor - usual))


def _union(days: Sequence[Days], since: int) -> Days:
    together = np.unique(np.concatenate(days))
    return together[together > since]


def _up_to(since: int, cuts: Days, day: Days, amount: Floats) -> Floats:
    """Add up what falls after the first day and up to each of the others."""
    total = np.append(0.0, np.cumsum(np.where(day > since, amount, 0.0)))
    return np.asarray(total[np.searchsorted(day, cuts, side="right")])
