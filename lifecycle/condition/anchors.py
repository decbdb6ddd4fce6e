"""Anchors are where each component stood when last seen: sight after sight weighed against the wear between them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifecycle.condition.assumptions import figure
from lifecycle.condition.wear_curve import worn_down
from lifecycle.grade import Floats, rank_of

Places = NDArray[np.int64]


class Sights(NamedTuple):
    """What was seen, in columns: of which row, how good, how surely, at which reading of its clock.

    Sorted by row, then by time. `resets` marks a repair, which starts its component anew without a question.
    """

    row: Places
    points: Floats
    spread: Floats
    worn: Floats
    look: Places
    resets: NDArray[np.bool_]


class Anchors(NamedTuple):
    """Of each row the index and its spread when last seen, and how it came to that.

    `look` is the last sight of the row, -1 where nobody ever looked; `seen` what that sight alone said, `expected`
    what was foretold for it, NaN of a first one. `jump` is 1 where it was far better than foretold and -1 where it
    was far worse: then only the sight counts.
    """

    points: Floats
    spread: Floats
    worn: Floats
    look: Places
    seen: Floats
    expected: Floats
    weight: Floats
    jump: Places


def stand(
    rows: int, sights: Sights, *, unseen: tuple[float, float], rate: Floats, scatter: Floats, worn_at_start: Floats
) -> Anchors:
    """Weigh all sights, the first of every row at once, then the second, and so on.

    The first is taken as it is: that a thing was as new is an assumption, not a sight. A later one is averaged with
    what was foretold by the inverse of their variances, unless both differ by more than three deviations.
    """
    now = _unseen(rows, unseen, worn_at_start)
    turn = _turns(sights.row)
    for place in range(int(turn.max(initial=-1)) + 1):
        at = np.flatnonzero(turn == place)
        _see(now, sights, at, rate, scatter)
    return now


def scatter_at(points: Floats, scatter: Floats) -> Floats:
    """Give the points squared that a rated life adds from this level on."""
    return np.take_along_axis(scatter, rank_of(points)[:, None], axis=1)[:, 0]


def _unseen(rows: int, unseen: tuple[float, float], worn: Floats) -> Anchors:
    points, spread = unseen
    nothing = np.full(rows, np.nan)
    none = np.zeros(rows, dtype=np.int64)
    return Anchors(
        np.full(rows, points),
        np.full(rows, spread),
        worn.copy(),
        none - 1,
        nothing,
        nothing.copy(),
        np.ones(rows),
        none,
    )


def _turns(row: Places) -> Places:
    """Count the sights of each row: 0 for its first."""
    if not len(row):
        return row
    starts = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    return np.arange(len(row)) - np.repeat(starts, np.diff(np.append(starts, len(row))))


def _see(now: Anchors, sights: Sights, at: Places, rate: Floats, scatter: Floats) -> None:
    """Take one sight of each of some rows."""
    row, points, spread, worn = sights.row[at], sights.points[at], sights.spread[at], sights.worn[at]
    resets = sights.resets[at]
    before, first = now.points[row], now.look[row] < 0
    lives = np.maximum(worn - now.worn[row], 0)
    expected = np.clip(worn_down(before, lives, rate=rate[row]), 0, 100)
    variance = now.spread[row] ** 2 + scatter_at(before, scatter[row]) * lives
    noise = spread**2
    total = np.maximum(variance + noise, 1e-9)
    off = points - expected
    is_jump = ~first & (off**2 > figure("jump", "deviations") ** 2 * total)
    anew = first | is_jump | resets
    gain = np.where(anew, 1.0, variance / total)
    now.points[row] = np.clip(np.where(anew, points, expected + gain * off), 0, 100)
    now.spread[row] = np.where(anew, spread, np.sqrt(variance * noise / total))
    now.worn[row], now.look[row], now.seen[row], now.weight[row] = worn, sights.look[at], points, gain
    now.expected[row] = np.where(first, np.nan, expected)
    now.jump[row] = np.where(is_jump & ~resets, np.sign(off), 0).astype(np.int64)
