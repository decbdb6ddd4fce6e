"""Give all readings as a file, series by series, in canonical units."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from sqlmodel import Session, col, select

from pas.exchange.asset_names import all_public_ids
from pas.exchange.column import Row
from pas.exchange.reading_columns import COLUMNS
from pas.exchange.write_sheet import write_sheet
from telemetry.queries import kept_from, metrics, series
from telemetry.refusal import Refusal
from telemetry.tables import SeriesRecord

_TO = datetime(2200, 1, 1, tzinfo=UTC)
_SHEET_ROWS = 1_048_575
_SCHEMA = pa.schema(
    [
        ("asset", pa.string()),
        ("metric", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("value", pa.float64()),
        ("unit", pa.string()),
    ]
)


class TooManyForASheet(Refusal):
    """A workbook holds about a million rows."""


def export_readings(session: Session, *, file: BinaryIO, form: str) -> int:
    """Write every reading that is kept; give how many. Raises TooManyForASheet."""
    tables = _tables(session)
    if form == "xlsx":
        return write_sheet(COLUMNS, _rows(tables), file, form)
    if form == "parquet":
        with pq.ParquetWriter(file, _SCHEMA, compression="zstd") as writer:
            return _written(writer, tables)
    if form == "csv.gz":
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed, _csv(packed) as writer:
            return _written(writer, tables)
    with _csv(file) as writer:
        return _written(writer, tables)


def _csv(file: Any) -> Any:
    file.write((",".join(_SCHEMA.names) + "\n").encode())
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
    return arrow_csv.CSVWriter(file, _SCHEMA, write_options=options)


def _written(writer: Any, tables: Iterator[pa.Table]) -> int:
    count = 0
    for table in tables:
        writer.write_table(table)
        count += table.num_rows
    return count


def _tables(session: Session) -> Iterator[pa.Table]:
    """Give each series as a table, by asset and metric."""
    publics, known = all_public_ids(session), metrics(session)
    query = select(SeriesRecord.asset_id, SeriesRecord.metric).order_by(col(SeriesRecord.metric))
    named = [(publics.get(asset_id, str(asset_id)), metric, asset_id) for asset_id, metric in session.exec(query)]
    for public, metric, asset_id in sorted(named):
        frame = series(session, asset_id=asset_id, metric=metric, start=kept_from(known[metric]), end=_TO)
        columns: Row = {"asset": public, "metric": metric, "unit": known[metric].unit}
        whole = frame.assign(**columns)[_SCHEMA.names]
        yield pa.Table.from_pandas(whole, schema=_SCHEMA, preserve_index=False)


def _rows(tables: Iterator[pa.Table]) -> Iterator[Row]:
    count = 0
    for table in tables:
        count += table.num_rows
        if count > _SHEET_ROWS:
            raise TooManyForASheet("a workbook holds 1,048,575 readings; ask for parquet or csv", field="format")
        yield from table.to_pylist()
