"""Runs are what sensors told of several units from new, cycle by cycle, until each failed or was last heard of."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifecycle.grade import Floats
from telemetry.refusal import Refusal

Places = NDArray[np.int64]
_KEYS = ("unit", "cycle")
_SETTING = "set"
_NUMBERS = 0.5
"""A column of which less than half are numbers is none of figures."""


class UnusableRuns(Refusal):
    """A file of runs holds no unit, no cycle or not a single usable row."""


class Runs(NamedTuple):
    """Rows sorted by unit and cycle; `starts` holds the first row of each unit and, last, the number of rows."""

    names: NDArray[np.object_]
    starts: Places
    cycle: Floats
    settings: Floats
    signals: Floats
    columns: tuple[str, ...]
    dropped: int = 0

    @property
    def unit(self) -> Places:
        """Give the place of each row's unit in `names`."""
        return np.repeat(np.arange(len(self.names)), np.diff(self.starts))

    @property
    def last(self) -> Places:
        """Give the last row of each unit."""
        return self.starts[1:] - 1

    @property
    def lives(self) -> Floats:
        """Give the last cycle of each unit: its life, where it ran to failure."""
        return self.cycle[self.last]

    @property
    def left(self) -> Floats:
        """Give the cycles from each row to the last of its unit."""
        return self.lives[self.unit] - self.cycle

    def of(self, units: Places) -> "Runs":
        """Give the runs of some units only, in the order asked."""
        sizes = np.diff(self.starts)[units]
        rows = np.concatenate([np.arange(self.starts[at], self.starts[at + 1]) for at in units])
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return self._replace(
            names=self.names[units],
            starts=starts,
            cycle=self.cycle[rows],
            settings=self.settings[rows],
            signals=self.signals[rows],
        )


def columns_of(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Tell settings (set, set1, ...) from signals: every other column of numbers that is neither unit nor cycle."""
    rest = [str(name) for name in frame.columns if name not in _KEYS]
    numbers = [name for name in rest if pd.to_numeric(frame[name], errors="coerce").notna().mean() >= _NUMBERS]
    return [name for name in numbers if name.startswith(_SETTING)], [n for n in numbers if not n.startswith(_SETTING)]


def runs_of(frame: pd.DataFrame, *, settings: Sequence[str], signals: Sequence[str], name: str = "file") -> Runs:
    """Read a table of unit, cycle and sensors; rows without unit or cycle, and repeated ones, are dropped and counted.

    A missing value takes the last one of its unit before it, else the middle of the column.
    """
    if any(key not in frame.columns for key in _KEYS):
        raise UnusableRuns(f"the {name} file has no column {' or no column '.join(_KEYS)}; both are needed", field=name)
    kept = frame.assign(cycle=pd.to_numeric(frame["cycle"], errors="coerce")).replace([np.inf, -np.inf], np.nan)
    kept = kept.dropna(subset=list(_KEYS))
    kept = kept.assign(unit=kept["unit"].astype(str)) if kept["unit"].dtype.kind not in "iuf" else kept
    kept = kept.drop_duplicates(list(_KEYS)).sort_values(list(_KEYS), kind="stable")
    if kept.empty:
        raise UnusableRuns(f"the {name} file has no row with a unit and a cycle", field=name)
    values = kept[[*settings, *signals]].apply(pd.to_numeric, errors="coerce").astype(float)
    values = values.groupby(kept["unit"]).ffill().fillna(values.median()).fillna(0.0)
    names, sizes = np.unique(kept["unit"].to_numpy(), return_counts=True)
    return Runs(
        names=names.astype(object),
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        cycle=kept["cycle"].to_numpy(float),
        settings=values[list(settings)].to_numpy(float),
        signals=values[list(signals)].to_numpy(float),
        columns=tuple(signals),
        dropped=len(frame) - len(kept),
    )
