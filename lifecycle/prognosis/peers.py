"""Peers are earlier units of the fleet that once stood where this one stands; what became of them is what we tell."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.runs import Places

PEERS = 150
_LOT = 2_000_000
"""Distances held in memory at a time."""


class Peers(NamedTuple):
    """Of each thing asked about: the rows of its nearest histories, and how far they lie."""

    rows: Places
    distance: Floats


class Told(NamedTuple):
    """What became of the peers: mean, P10, P50, P90 of what they had left, and how many different units they were."""

    mean: Floats
    p10: Floats
    p50: Floats
    p90: Floats
    units: Places


def nearest(library: Floats, asked: Floats, count: int = PEERS) -> Peers:
    """Find the nearest histories of each place asked about, exactly, a lot at a time; fewer where there are fewer."""
    count = min(count, len(library))
    lot = max(_LOT // max(len(library), 1), 1)
    found = [_nearest(library, asked[low : low + lot], count) for low in range(0, len(asked), lot)]
    rows, distance = (np.concatenate([part[at] for part in found]) for at in (0, 1)) if found else _nobody(count)
    return Peers(rows, distance)


def told(peers: Peers, left: Floats, unit: Places) -> Told:
    """Sum up what the peers had left; `left` and `unit` are of the rows of the library."""
    outcomes = left[peers.rows]
    low, middle, high = np.quantile(outcomes, [0.1, 0.5, 0.9], axis=1)
    units = np.sort(unit[peers.rows], axis=1)
    return Told(outcomes.mean(axis=1), low, middle, high, 1 + (np.diff(units, axis=1) != 0).sum(axis=1))


def _nearest(library: Floats, asked: Floats, count: int) -> tuple[Places, Floats]:
    square = (library**2).sum(1)[None, :] - 2 * asked @ library.T + (asked**2).sum(1)[:, None]
    rows = np.argpartition(square, count - 1, axis=1)[:, :count]
    return rows.astype(np.int64), np.sqrt(np.maximum(np.take_along_axis(square, rows, axis=1), 0))


def _nobody(count: int) -> tuple[Places, Floats]:
    return np.zeros((0, count), dtype=np.int64), np.zeros((0, count))
