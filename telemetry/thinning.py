"""Show the shape of many readings by a few of them: a chart has a thousand points, a year of minutes half a million."""

from collections.abc import Iterable

import numpy as np
from tsdownsample import MinMaxDownsampler, MinMaxLTTBDownsampler

from telemetry.moment import Moments
from telemetry.track import Numbers, Places

FEWEST, MOST = 10, 10_000
"""How few and how many readings a shape is told by."""
_HELD = 500_000
"""So many readings are held in memory at once."""


def thinned(at: Moments, value: Numbers, *, points: int) -> Places:
    """Choose at most `points` rows that look like all of them; the first, last, lowest and highest are among them.

    The moments rise and no value is NaN, as in every stored series.

    >>> thinned(np.arange(100), np.where(np.arange(100) == 57, 9.0, 0.0), points=10)[[0, -1]].tolist()
    [0, 99]
    """
    if len(at) <= points:
        return np.arange(len(at))
    chosen = MinMaxLTTBDownsampler().downsample(at, value, n_out=points - 2)  # type: ignore[no-untyped-call]
    return _with_extremes(chosen, value)


def thinned_pieces(pieces: Iterable[tuple[Moments, Numbers]], *, points: int) -> tuple[Moments, Numbers, int]:
    """Choose among readings that come piece by piece, too many to be held at once; also tell how many they were."""
    count, held = 0, [(np.empty(0, np.int64), np.empty(0))]
    for piece in pieces:
        count += len(piece[0])
        held = _within_bounds([*held, piece])
    at, value = _joined(held)
    chosen = thinned(at, value, points=points)
    return at[chosen], value[chosen], count


def _within_bounds(held: list[tuple[Moments, Numbers]]) -> list[tuple[Moments, Numbers]]:
    """Keep an outline of the earlier readings, far finer than what is shown, when they become too many."""
    if sum(len(at) for at, _ in held) <= _HELD:
        return held
    at, value = _joined(held)
    outline = MinMaxDownsampler().downsample(at, value, n_out=_HELD // 5 * 2)  # type: ignore[no-untyped-call]
    chosen = _with_extremes(outline, value)
    return [(at[chosen], value[chosen])]


def _joined(held: list[tuple[Moments, Numbers]]) -> tuple[Moments, Numbers]:
    return np.concatenate([at for at, _ in held]), np.concatenate([value for _, value in held])


def _with_extremes(chosen: Places, value: Numbers) -> Places:
    """Add the two ends and the two extremes, which the samplers may pass over."""
    ends = [0, len(value) - 1, int(value.argmin()), int(value.argmax())]
    return np.union1d(chosen.astype(np.int64), np.array(ends))
