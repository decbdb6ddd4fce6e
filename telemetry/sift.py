"""Tell the readings that can be believed from those that cannot, column by column."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from telemetry.delivery import Gathered
from telemetry.doubt import ORDER, Doubt
from telemetry.keeping import kept_since
from telemetry.metric import Metric
from telemetry.moment import Moments, micros, start_of
from telemetry.track import Marks, Numbers, Places
from telemetry.unit import UnknownUnit, WrongDimension, conversion

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours."""
EARLIEST = micros(datetime.fromisoformat("1990-01-01T00:00:00Z"))
"""Clocks that lost their setting say 1970 or 1980; readings of an old thing's ten years go in."""
LARGEST = 1e15
"""No metric counts further; beyond it neighbouring whole numbers cannot be told apart for sure."""

_BELIEVED = -1


class Sifted(NamedTuple):
    """Readings that were checked. `doubt` gives for each its place in `ORDER`, -1 where it is believed."""

    value: Numbers
    """In the canonical unit."""
    doubt: Places

    @property
    def believed(self) -> Places:
        """Give the rows that go in."""
        return np.flatnonzero(self.doubt == _BELIEVED)


def sift(gathered: Gathered, *, metrics: Mapping[str, Metric], now: datetime) -> Sifted:
    """Check readings against what can be: known things, known metrics, possible moments, plausible values."""
    known = [metrics.get(word) for word in gathered.metrics]
    value, unit_unknown, dimension_wrong = _canonical(gathered, known)
    lowest, highest = _limits(known)
    at, metric = gathered.micros, gathered.metric
    marks = {
        Doubt.UNKNOWN_ASSET: _none(gathered.assets)[gathered.asset],
        Doubt.UNKNOWN_METRIC: _none(known)[metric],
        Doubt.BAD_TIME: gathered.unreadable,
        Doubt.NO_ZONE: gathered.zoneless,
        Doubt.FUTURE: at > micros(now + AHEAD),
        Doubt.ANCIENT: at < EARLIEST,
        Doubt.FORGOTTEN: at < _kept_since(known, now)[metric],
        Doubt.NOT_A_NUMBER: ~np.isfinite(gathered.value),
        Doubt.UNKNOWN_UNIT: unit_unknown,
        Doubt.WRONG_DIMENSION: dimension_wrong,
        Doubt.OUT_OF_RANGE: ~((value >= lowest[metric]) & (value <= highest[metric])),
    }
    return Sifted(value, _first(marks, len(gathered)))


def _first(marks: Mapping[Doubt, Marks], length: int) -> Places:
    """Give each row the first doubt that applies."""
    found = np.full(length, _BELIEVED, dtype=np.int64)
    for doubt, mark in marks.items():
        if mark.any():
            found[mark & (found == _BELIEVED)] = ORDER.index(doubt)
    return found


def _none(things: Sequence[object]) -> Marks:
    return np.array([thing is None for thing in things], dtype=bool)


def _kept_since(known: list[Metric | None], now: datetime) -> Moments:
    """Give the first moment of which each metric's readings are kept."""
    since = [None if metric is None else kept_since(metric, now=now) for metric in known]
    return np.array([start_of(day or date.min) for day in since], dtype=np.int64)


def _limits(known: list[Metric | None]) -> tuple[Numbers, Numbers]:
    lowest = [-LARGEST if m is None or m.minimum is None else max(m.minimum, -LARGEST) for m in known]
    highest = [LARGEST if m is None or m.maximum is None else min(m.maximum, LARGEST) for m in known]
    return np.array(lowest), np.array(highest)


def _canonical(gathered: Gathered, known: list[Metric | None]) -> tuple[Numbers, Marks, Marks]:
    """Convert the values, asking once for each metric and unit; mark unknown units and wrong dimensions."""
    width = len(gathered.units)
    code = gathered.metric * width + gathered.unit
    pairs, of_row = np.unique(code, return_inverse=True) if len(known) * width > len(code) else (None, code)
    wanted = range(len(known) * width) if pairs is None else pairs.tolist()
    asked = [_asked(known[pair // width], gathered.units[pair % width]) for pair in wanted]
    factor, offset, fault = (np.array(column) for column in zip(*asked, strict=True)) if asked else (np.empty(0),) * 3
    with np.errstate(all="ignore"):
        value = gathered.value * factor[of_row] + offset[of_row]
    return value, fault[of_row] == _UNKNOWN, fault[of_row] == _WRONG


_FINE, _UNKNOWN, _WRONG = 0, 1, 2


def _asked(metric: Metric | None, unit: str) -> tuple[float, float, int]:
    """Ask how a unit converts: factor, offset, and what is wrong with it."""
    return (1.0, 0.0, _FINE) if metric is None or not unit else _converted(unit, metric.unit)


@lru_cache(maxsize=4096)
def _converted(unit: str, canonical: str) -> tuple[float, float, int]:
    """Ask once for each pair of units, those that do not fit included."""
    try:
        return *conversion(unit, canonical), _FINE
    except UnknownUnit:
        return 1.0, 0.0, _UNKNOWN
    except WrongDimension:
        return 1.0, 0.0, _WRONG
