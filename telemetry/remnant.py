"""What must stay of a counter's day so that, its other readings forgotten, whole days are still counted exactly."""

from collections.abc import Sequence

import numpy as np

from telemetry.track import Marks, Track

_ENDS = 2
"""Whether a reading is a slip of the meter is told by its two neighbours, which may lie across midnight."""


def remnant(track: Track, swapped_at: Sequence[int] = ()) -> Marks:
    """Mark the readings of one day that stay: the first and last two, and those around every fall and every swap.

    Between two of them the counter only rose, so what it rose is the difference of the two.

    >>> value = np.array([1.0, 2, 3, 4, 5, 0, 1, 2, 3, 4])
    >>> one = np.ones(len(value), dtype=np.int64)
    >>> value[remnant(Track(one, np.arange(len(value)), value, one))].tolist()
    [1.0, 2.0, 4.0, 5.0, 0.0, 1.0, 3.0, 4.0]
    """
    stays = np.zeros(len(track), dtype=bool)
    stays[:_ENDS] = stays[-_ENDS:] = True
    swapped = np.isin(track.at[1:], swapped_at)
    fell = np.flatnonzero((track.value[1:] < track.value[:-1]) | swapped)
    for beside in (-1, 0, 1, 2):
        stays[np.clip(fell + beside, 0, len(track) - 1)] = True
    return stays
