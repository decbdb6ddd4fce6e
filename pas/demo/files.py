"""Write a table as people and programs send it: csv as Excel in Belgium saves it, plain csv, xlsx, or parquet."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write plain csv: comma, UTF-8, ISO dates."""
    table.to_csv(path, index=False, lineterminator="\n", date_format="%Y-%m-%d")


def write_csv_of_excel(table: pd.DataFrame, path: Path) -> None:
    """Write csv as Excel saves it in Belgium: a byte order mark, semicolons, decimal commas, day first."""
    table.to_csv(
        path, index=False, sep=";", decimal=",", encoding="utf-8-sig", lineterminator="\r\n", date_format="%d/%m/%Y"
    )


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write parquet, small and the same bytes for the same table."""
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(arrow, path, compression="zstd")


def write_xlsx(table: pd.DataFrame, path: Path, *, made_at: datetime) -> None:
    """Write a workbook with real Excel dates; decimals are text with a comma, as people type them."""
    with xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}) as workbook:
        workbook.set_properties({"created": made_at.replace(tzinfo=None)})
        sheet = workbook.add_worksheet("Blad1")
        sheet.write_row(0, 0, list(table.columns))
        for number, row in enumerate(table.itertuples(index=False), start=1):
            for column, cell in enumerate(row):
                _write(sheet, number, column, cell)


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: object) -> None:
    if isinstance(cell, pd.Timestamp):
        sheet.write_datetime(row, column, cell.tz_localize(None).to_pydatetime())
    elif isinstance(cell, float) and cell == cell:  # noqa: PLR0124 - not NaN
        sheet.write_string(row, column, f"{cell:.1f}".replace(".", ","))
    elif isinstance(cell, str) and cell:
        sheet.write_string(row, column, cell)
