"""What is remembered of each series between two batches, so that a rule goes on where it stopped."""

from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard

States = npt.NDArray[Any]
"""One record a series, sorted by series; the fields are those of `RECORD`."""

RING = 8
"""So many of the latest alarms of a series are remembered, to tell when it chatters."""
NEVER = -(1 << 61)
"""A moment before every reading."""
STILL = 1 << 61
"""When an alarm clears that has not cleared."""

RECORD = np.dtype(
    [
        ("series", "<i8"),
        ("last_at", "<i8"),
        ("last_value", "<f8"),
        ("on", "?"),
        ("run_since", "<i8"),
        ("peak", "<f8"),
        ("same_since", "<i8"),
        ("same_count", "<i8"),
        ("open", "?"),
        ("began", "<i8"),
        ("raised", "<i8"),
        ("cleared", "<i8"),
        ("extreme", "<f8"),
        ("times", "<i8"),
        ("chatters", "?"),
        ("recent", "<i8", (RING,)),
    ]
)
"""`on` is the side of the limit on which the series stood and `run_since` since when; `peak` is the worst since.

`began` to `chatters` are of its last alarm, which may still be open; `same_since` and `same_count` tell how long and
how often the last value was repeated; `recent` are the moments of its latest alarms, oldest first.
"""
_LEVEL = 1


def blank(series: npt.NDArray[np.int64]) -> States:
    """Give the states of series of which nothing was judged yet.

    >>> bool(blank(np.array([7]))["open"][0])
    False
    """
    made = np.zeros(len(series), dtype=RECORD)
    made["series"] = series
    for name in ("last_at", "run_since", "same_since", "began", "raised", "recent"):
        made[name] = NEVER
    made["last_value"], made["peak"], made["extreme"], made["cleared"] = np.nan, -np.inf, -np.inf, STILL
    return made


def of_series(states: States, series: npt.NDArray[np.int64]) -> States:
    """Give the states of some series, sorted, blank where there is none.

    >>> of_series(blank(np.array([2, 9])), np.array([9, 11]))["series"].tolist()
    [9, 11]
    """
    found = blank(series)
    at = np.searchsorted(states["series"], series)
    there = at < len(states)
    there[there] = states["series"][at[there]] == series[there]
    found[there] = states[at[there]]
    return found


def put(states: States, fresh: States) -> States:
    """Put fresh states in the place of those of the same series."""
    kept = states[~np.isin(states["series"], fresh["series"])]
    both = np.concatenate([kept, fresh])
    return both[np.argsort(both["series"], kind="stable")]


def pack(states: States) -> bytes:
    """Write states as bytes."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(states.tobytes())


def unpack(packed: bytes) -> States:
    """Read states back."""
    return np.frombuffer(zstandard.ZstdDecompressor().decompress(packed), dtype=RECORD).copy()
