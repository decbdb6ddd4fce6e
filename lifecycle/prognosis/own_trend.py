"""The own trend goes on as it went, until this unit's damage is that at which the fleet's units ended."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.runs import Places

_BINS = 25
_SLOWEST = 1e-6


class Passage(NamedTuple):
    """A table from the passage time of the own trend to what the fleet's units then really had left, never falling."""

    passage: Floats
    left: Floats


def passage_times(damage: Floats, pace: Floats, end: float, *, accelerating: bool, longest: float) -> Floats:
    """Give the time until the damage reaches its end, in a straight line, or straight in its logarithm."""
    if accelerating:
        floor = 0.02 * end
        pace = pace / np.maximum(damage, floor)
        way = np.log(end) - np.log(np.clip(damage, floor, end))
    else:
        way = np.maximum(end - damage, 0.0)
    return np.asarray(np.minimum(way / np.maximum(pace, _SLOWEST), longest))


def calibrated_passage(passage: Floats, left: Floats) -> Passage:
    """Learn from the fleet what a passage time is worth: means by equal shares, made monotone by pooling."""
    order = np.argsort(passage, kind="stable")
    parts = np.array_split(order, min(_BINS, len(order)))
    return Passage(
        np.array([passage[part].mean() for part in parts]),
        rising(np.array([left[part].mean() for part in parts]), np.array([len(part) for part in parts])),
    )


def passage_left(table: Passage, passage: Floats) -> Floats:
    """Read what is left for each passage time."""
    return np.asarray(np.interp(passage, table.passage, table.left))


def rising(values: Floats, weight: Places) -> Floats:
    """Pool neighbours that fall until none does (isotonic regression).

    >>> rising(np.array([1.0, 3.0, 2.0, 4.0]), np.array([1, 1, 1, 1])).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    pools: list[tuple[float, float, int]] = []
    for value, heavy in zip(values, weight, strict=True):
        pools.append((float(value), float(heavy), 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, first, some), (two, second, more) = pools[-2:]
            pools[-2:] = [((one * first + two * second) / (first + second), first + second, some + more)]
    return np.repeat([pool[0] for pool in pools], [pool[2] for pool in pools])
