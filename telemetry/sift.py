"""Tell the readings that can be believed from those that cannot, column by column."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np

from telemetry.doubt import ORDER, Doubt
from telemetry.metric import Metric
from telemetry.moment import micros
from telemetry.reading import Arrived
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
    """A batch that was checked. `doubt` gives for each row its place in `ORDER`, -1 where it is believed."""

    asset: Places
    """For each row its place in `assets`."""
    assets: list[UUID | None]
    value: Numbers
    """In the canonical unit."""
    doubt: Places

    @property
    def believed(self) -> Places:
        """Give the rows that go in."""
        return np.flatnonzero(self.doubt == _BELIEVED)


def sift(arrived: Arrived, *, metrics: Mapping[str, Metric], now: datetime) -> Sifted:
    """Check a batch against what can be: known things, known metrics, possible moments, plausible values."""
    assets = [_as_id(word) for word in arrived.asset.word]
    known = [metrics.get(word) for word in arrived.metric.word]
    value, unit_unknown, dimension_wrong = _canonical(arrived, known)
    lowest, highest = _limits(known)
    metric = arrived.metric.row
    at, finite = arrived.stamp.micros, np.isfinite(arrived.value)
    marks = {
        Doubt.UNKNOWN_ASSET: np.array([found is None for found in assets])[arrived.asset.row],
        Doubt.UNKNOWN_METRIC: np.array([found is None for found in known])[metric],
        Doubt.BAD_TIME: arrived.stamp.unreadable,
        Doubt.NO_ZONE: arrived.stamp.zoneless,
        Doubt.FUTURE: at > micros(now + AHEAD),
        Doubt.ANCIENT: at < EARLIEST,
        Doubt.NOT_A_NUMBER: ~finite,
        Doubt.UNKNOWN_UNIT: unit_unknown,
        Doubt.WRONG_DIMENSION: dimension_wrong,
        Doubt.OUT_OF_RANGE: ~((value >= lowest[metric]) & (value <= highest[metric])),
    }
    return Sifted(arrived.asset.row, assets, value, _first(marks, len(arrived)))


def _first(marks: Mapping[Doubt, Marks], length: int) -> Places:
    """Give each row the first doubt that applies."""
    found = np.full(length, _BELIEVED, dtype=np.int64)
    for doubt, mark in marks.items():
        found[mark & (found == _BELIEVED)] = ORDER.index(doubt)
    return found


def _as_id(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None


def _limits(known: list[Metric | None]) -> tuple[Numbers, Numbers]:
    lowest = [-LARGEST if m is None or m.minimum is None else max(m.minimum, -LARGEST) for m in known]
    highest = [LARGEST if m is None or m.maximum is None else min(m.maximum, LARGEST) for m in known]
    return np.array(lowest), np.array(highest)


def _canonical(arrived: Arrived, known: list[Metric | None]) -> tuple[Numbers, Marks, Marks]:
    """Convert the values, once per pair of metric and unit; mark unknown units and wrong dimensions."""
    width = len(arrived.unit.word)
    metric, unit = arrived.metric.row % len(known), arrived.unit.row % width
    pairs, of_row = np.unique(metric * width + unit, return_inverse=True)
    found = [_asked(known[pair // width], arrived.unit.word[pair % width]) for pair in pairs]
    factor, offset, fault = (np.array(column) for column in zip(*found, strict=True)) if found else (np.empty(0),) * 3
    with np.errstate(all="ignore"):
        value = arrived.value * factor[of_row] + offset[of_row]
    return value, fault[of_row] == _UNKNOWN, fault[of_row] == _WRONG


_FINE, _UNKNOWN, _WRONG = 0, 1, 2


def _asked(metric: Metric | None, unit: str) -> tuple[float, float, int]:
    """Ask how a unit converts: factor, offset, and what is wrong with it."""
    if metric is None or not unit:
        return 1.0, 0.0, _FINE
    try:
        return *conversion(unit, metric.unit), _FINE
    except UnknownUnit:
        return 1.0, 0.0, _UNKNOWN
    except WrongDimension:
        return 1.0, 0.0, _WRONG
