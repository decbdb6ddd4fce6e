"""A track is the readings of many series in three columns, sorted by series and moment, one reading a moment."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from telemetry.moment import DAY, Moments

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
"""A column of row numbers or of series numbers."""

Marks = npt.NDArray[np.bool_]
"""For each row yes or no."""

_ALIKE = 1e-9


class Track(NamedTuple):
    """Readings in columns. `origin` is the row of the batch a reading came in, `STORED` for one we had."""

    series: Places
    at: Moments
    value: Numbers
    origin: Places

    def take(self, which: Marks | Places | slice) -> "Track":
        """Pick rows."""
        return Track(self.series[which], self.at[which], self.value[which], self.origin[which])

    def columns(self) -> tuple[list[int], list[int], list[float]]:
        """Give series, moments and values as plain lists."""
        return self.series.tolist(), self.at.tolist(), self.value.tolist()

    def __len__(self) -> int:
        """Count the readings, not the columns."""
        return len(self.at)


STORED = -1
REMNANT = -2
"""A reading that stayed of a day whose others were forgotten; less by how many those were, told beside one of them."""
EMPTY = Track(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))


class Settled(NamedTuple):
    """What became of a batch beside what was stored."""

    track: Track
    """Everything there is now, stored and fresh, sorted, one reading a moment."""
    duplicates: int
    conflicting: Places
    """Rows of the batch that say something else than the reading that came first."""


def join(tracks: list[Track]) -> Track:
    """Put tracks one behind the other, unsorted."""
    return Track(*(np.concatenate(columns) for columns in zip(*tracks, strict=True)))


def settle(stored: Track, arrived: Track) -> Settled:
    """Merge a batch into what is stored: the first reading of a moment stays, whatever comes later.

    The same value again is a duplicate, another value a conflict; neither changes anything.
    """
    both = join([stored, arrived])
    both = both.take(np.lexsort((both.at, both.series)))
    first = starts(both.series, both.at)
    kept = np.repeat(both.value[first], np.diff(np.append(first, len(both))))
    again = np.ones(len(both), dtype=bool)
    again[first] = False
    same = np.isclose(both.value, kept, rtol=_ALIKE, atol=_ALIKE)
    return Settled(
        track=both.take(first),
        duplicates=int(np.count_nonzero(again & same)),
        conflicting=np.sort(both.origin[again & ~same]),
    )


def starts(*keys: npt.NDArray[np.int64]) -> Places:
    """Give where a run of equal keys begins in sorted columns.

    >>> starts(np.array([1, 1, 2]), np.array([5, 5, 5])).tolist()
    [0, 2]
    """
    length = len(keys[0])
    changed = np.zeros(length, dtype=bool)
    changed[:1] = True
    for key in keys:
        changed[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(changed)


def days_of(track: Track) -> tuple[Places, Places]:
    """Cut a track into series-days: where each begins, and where the last one ends as well; and the day numbers."""
    days = track.at // DAY
    begin = starts(track.series, days)
    return np.append(begin, len(track)), days[begin]
