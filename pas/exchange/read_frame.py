"""A file of figures that others measured, read whole as a table whose cells stand as they were written."""

from pathlib import Path

import pandas as pd

from pas.exchange.cell import MISSING
from pas.exchange.sheet import Sheet, UnreadableFile, read_sheet


def read_frame(file: Path, columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read csv, csv.gz, xlsx or parquet. Raises UnreadableFile where it is none, or lacks one of the columns."""
    with file.open("rb") as opened:
        sheet = read_sheet(opened, file.name)
    names = [name.strip().lower() for name in sheet.headings]
    missing = [name for name in columns if name not in names]
    if missing:
        found = ", ".join(names)[:200]
        sentence = f"{file.name!r} lacks the column {', '.join(missing)}; its first row names {found}"
        raise UnreadableFile(sentence, field="file")
    return _frame(sheet, names)


def with_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn every column that holds nothing but numbers, or cells that say "not known", into numbers."""
    return pd.DataFrame({name: _numbers(frame[name]) for name in frame.columns})


def _frame(sheet: Sheet, names: list[str]) -> pd.DataFrame:
    """Lay the rows out; a row that is too short has gaps, and what stands beyond the headings is left."""
    width = len(names)
    rows = [(*row[:width], *[None] * (width - len(row))) for row in sheet.rows]
    frame = pd.DataFrame(rows, columns=pd.Index(names), dtype=object)
    frame = frame.loc[:, ~frame.columns.duplicated()]
    if sheet.point_decimals is not False:
        return frame
    return frame.replace(to_replace=r"^\s*([+-]?\d+),(\d+)\s*$", value=r"\1.\2", regex=True)


def _numbers(column: "pd.Series[str]") -> "pd.Series[str] | pd.Series[float]":
    known = column.mask(column.astype(str).str.strip().str.lower().isin(MISSING))
    numbers = pd.to_numeric(known, errors="coerce")
    return column if (numbers.isna() & known.notna()).any() else numbers
