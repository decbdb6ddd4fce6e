"""Write rows as csv, xlsx or parquet in such a way that reading them gives the same rows again."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from pas.exchange.cell import Nested
from pas.exchange.column import Column, Row
from pas.exchange.day import Day, Moment
from pas.exchange.number import Number, Whole
from pas.exchange.quoting import quoted

_FIRST_SPREADSHEET_YEAR = 1901


def write_sheet(columns: Sequence[Column], rows: Iterable[Row], file: BinaryIO, form: str) -> int:
    """Write rows in a format of `sheet.format_of`; give how many."""
    writers = {"csv": _as_csv, "csv.gz": _as_packed_csv, "xlsx": _as_xlsx, "parquet": _as_parquet}
    return writers[form](columns, rows, file)


def _as_packed_csv(columns: Sequence[Column], rows: Iterable[Row], file: BinaryIO) -> int:
    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
        return _as_csv(columns, rows, packed)  # type: ignore[arg-type]


def _as_csv(columns: Sequence[Column], rows: Iterable[Row], file: BinaryIO) -> int:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - counted for the answer
        writer.writerow([_text(row.get(column.name)) for column in columns])
    text.detach()
    return count


def _text(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return repr(value)
    return "" if value is None else _worded(value)


def _worded(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def _as_xlsx(columns: Sequence[Column], rows: Iterable[Row], file: BinaryIO) -> int:
    import xlsxwriter  # noqa: PLC0415 - heavy, and only for this format

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet, bold, day = (
        book.add_worksheet(),
        book.add_format({"bold": True}),
        book.add_format({"num_format": "yyyy-mm-dd"}),
    )
    sheet.freeze_panes(1, 0)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, max(12, len(column.name) + 2))
        sheet.write_string(0, position, column.name, bold)
    count = 0
    for count, row in enumerate(rows, start=1):
        for position, column in enumerate(columns):
            _write_cell(sheet, count, position, row.get(column.name), day)
    book.close()
    file.write(buffer.getvalue())
    return count


def _write_cell(sheet: Any, row: int, position: int, value: Any, day: Any) -> None:
    if value is None:
        return
    if type(value) is date and value.year >= _FIRST_SPREADSHEET_YEAR:
        sheet.write_datetime(row, position, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001 - a day has no zone
    elif isinstance(value, int | float | Decimal) and _survives(value):
        sheet.write_number(row, position, value)
    else:
        sheet.write_string(row, position, _text(value))


def _survives(value: float | Decimal) -> bool:
    """Tell whether a workbook, which keeps sixteen digits, gives this very number back."""
    return Decimal(repr(value) if isinstance(value, float) else value) == Decimal(f"{value:.16G}")


def _as_parquet(columns: Sequence[Column], rows: Iterable[Row], file: BinaryIO) -> int:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only for this format
    import pyarrow.parquet as pq  # noqa: PLC0415

    kept = list(rows)
    table = pa.table({column.name: _typed(column, [row.get(column.name) for row in kept]) for column in columns})
    pq.write_table(table, file, compression="zstd")
    return len(kept)


def _typed(column: Column, values: list[Any]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    kinds: dict[type, Any] = {
        Number: pa.float64(),
        Whole: pa.int64(),
        Day: pa.date32(),
        Moment: pa.timestamp("us", "UTC"),
    }
    chosen = kinds.get(type(column.cell))
    if chosen is not None:
        return pa.array(values, chosen)
    nested = isinstance(column.cell, Nested)
    return pa.array(
        [value if value is None or (not nested and isinstance(value, str)) else _worded(value) for value in values],
        pa.string(),
    )
