"""Mend columns of readings in place: dates and numbers that people wrote otherwise than machines do."""

from datetime import datetime
from typing import Any

import pandas as pd

from pas.exchange.cell import Habits, Wrong
from pas.exchange.day import Moment
from pas.exchange.number import Number
from pas.exchange.report import RowRefusal

_OTHER_DATE = r"^\s*(?:\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}/\d|\d{5}(?:\.\d+)?\s*$)"
_GROUPED = r"\d\s*[,'’\s]\s*\d"
_DOUBTFUL = r"^\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*$"


def mend_moments(readings: pd.DataFrame, habits: Habits) -> list[RowRefusal]:
    """Bring the column `at` to ISO form; rows that are refused as doubtful lose their number."""
    return _mend(readings, "at", Moment(), habits) if _needs_reading(readings["at"]) else []


def mend_values(readings: pd.DataFrame, habits: Habits) -> list[RowRefusal]:
    """Tell points from commas in the column `value`; rows that are refused as doubtful lose their number."""
    needed = _needs_telling(readings["value"], _GROUPED if habits.point_decimals else f"{_GROUPED}|{_DOUBTFUL}")
    refusals = _mend(readings, "value", Number(), habits) if needed else []
    if habits.missing:
        _leave_out_missing(readings, habits)
    return refusals


def _leave_out_missing(readings: pd.DataFrame, habits: Habits) -> None:
    """Take rows whose value means "not known" for empty cells: they lose their number, and are no readings."""
    numbers = pd.to_numeric(readings["value"], errors="coerce")
    unknown = numbers.isin([float(number) for number in habits.missing]) & readings["row"].notna()
    if unknown.any():
        habits.note("numbers that mean missing were left out")
        readings["row"] = readings["row"].astype("object").mask(unknown, None)


def _is_text(column: "pd.Series[Any]") -> "pd.Series[bool]":
    return column.map(lambda cell: isinstance(cell, str)).astype(bool)


def _needs_reading(column: "pd.Series[Any]") -> bool:
    """Tell whether moments are written otherwise than in ISO form somewhere in the column."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    if column.dtype == object and not _is_text(column).all():
        return True
    return bool(column.str.contains(_OTHER_DATE).any())


def _needs_telling(column: "pd.Series[Any]", pattern: str) -> bool:
    """Tell whether points and commas must be told apart somewhere in the column."""
    if pd.api.types.is_numeric_dtype(column):
        return False
    texts = column[_is_text(column)] if column.dtype == object else column
    return bool(texts.astype("str").str.contains(pattern).any())


def _mend(readings: pd.DataFrame, name: str, cell: Moment | Number, habits: Habits) -> list[RowRefusal]:
    """Read a column as people write it; what is doubtful is refused, what is nonsense is left to the quarantine."""
    refusals, mended, rows = [], [], readings["row"].tolist()
    raws = readings[name].tolist()
    for place, (raw, value) in enumerate(zip(raws, cell.read(raws, habits), strict=True)):
        if isinstance(value, Wrong) and value.is_doubtful and rows[place] is not None:
            shown = str(raw)[:80]
            refusals.append(RowRefusal(row=rows[place], column=name, value=shown, why=value.why, right=value.right))
            rows[place] = None
        kept = value is None or isinstance(value, Wrong)
        mended.append(raw if kept else value.isoformat() if isinstance(value, datetime) else value)
    readings[name] = pd.Series(mended, index=readings.index, dtype=object)
    readings["row"] = pd.Series(rows, index=readings.index, dtype=object)
    return refusals
