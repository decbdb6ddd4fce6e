"""Series of inspections of many things, as others keep them: what is usable, and what was left out and why."""

from collections.abc import Mapping
from typing import NamedTuple, cast

import numpy as np
import pandas as pd

from telemetry.refusal import Refusal

COLUMNS = ("asset_id", "year", "bci")
"""Which thing, in which year, with which condition index from 0 to 100."""
FIRST_YEAR = 1800
LAST_YEAR = 2200
_GRACE = 1e-9


class NoInspections(Refusal):
    """A file holds no inspection that can be used, or none that teaches or judges anything."""


class Series(NamedTuple):
    """The inspections that can be used, by asset and year, and for each reason how many rows were left out."""

    rows: pd.DataFrame
    left_out: Mapping[str, int]
    read: int

    def told(self, name: str) -> str:
        """Say in one sentence what became of the rows of a file."""
        why = "; ".join(f"{count:,} {reason}" for reason, count in self.left_out.items() if count)
        return f"{name}: {len(self.rows):,} of {self.read:,} rows used" + (f"; left out: {why}" if why else "")


def clean_series(frame: pd.DataFrame) -> Series:
    """Keep one inspection of an asset and year; leave out, counted by reason, what is none. Raises NoInspections.

    An index of 0 means that nobody looked. Where two rows of an asset and year differ, neither is believed.
    """
    rows = pd.DataFrame(
        {
            "asset_id": frame["asset_id"].map(_name),
            "year": pd.to_numeric(frame["year"], errors="coerce"),
            "bci": pd.to_numeric(frame["bci"], errors="coerce"),
        }
    )
    reasons = _reasons(rows, frame)
    good = rows[reasons == ""].astype({"asset_id": str, "year": np.int64, "bci": np.float64})
    once = good.drop_duplicates()
    doubted = once.duplicated(["asset_id", "year"], keep=False)
    left_out = {str(reason): int(count) for reason, count in reasons[reasons != ""].value_counts().items()}
    left_out |= {"repeat another row": len(good) - len(once), "differ for one asset and year": int(doubted.sum())}
    kept = once[~doubted].sort_values(["asset_id", "year"], ignore_index=True)
    if kept.empty:
        told = Series(kept, left_out, len(frame)).told("the file")
        raise NoInspections(f"there is no inspection to learn from: {told}", field="file")
    return Series(kept, left_out, len(frame))


def _name(cell: object) -> str:
    r"""Give the identifier without the line breaks and blanks that crept into it.

    >>> _name(" ON-1\r\n "), _name(None)
    ('ON-1', '')
    """
    return "" if cell is None or cell != cell else " ".join(str(cell).split())  # noqa: PLR0124 - NaN differs from itself


def _reasons(rows: pd.DataFrame, frame: pd.DataFrame) -> "pd.Series[str]":
    """Name the first thing that is wrong with each row; empty where nothing is."""
    year, index = rows["year"], rows["bci"]
    given = frame["bci"].map(_name)
    faults = {
        "have no asset": rows["asset_id"] == "",
        f"have no year from {FIRST_YEAR} to {LAST_YEAR}": ~(
            year.between(FIRST_YEAR, LAST_YEAR) & ((year % 1).abs() < _GRACE)
        ),
        "have no index": given.isin(["", "nan", "NaN"]),
        "have an index that is no number": ~np.isfinite(index),
        "have the index 0, which means missing": index == 0,
        "have an index outside 0 to 100": ~index.between(0, 100),
    }
    return cast("pd.Series[str]", pd.Series(np.select(list(faults.values()), list(faults), default=""), rows.index))
