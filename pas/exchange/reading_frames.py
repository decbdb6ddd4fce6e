"""Open a file of readings, of whatever form, as frames of rows that are read piece by piece."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from pas.exchange.cell import clean
from pas.exchange.read_drafts import NotOfThatKind
from pas.exchange.report import RowRefusal
from pas.exchange.sheet import (
    MOST_COLUMNS,
    FileTooLarge,
    Sheet,
    UnreadableFile,
    decoding,
    format_of,
    read_sheet,
    separator_of,
    unpacked,
)

BATCH = 200_000
_BLOCK = 16 * 1024 * 1024
_SAMPLE = 256 * 1024


class Source(NamedTuple):
    """A file as frames of at most BATCH rows, and the separator's word on decimal points.

    `ragged` fills while the frames are read: the rows that have more or fewer cells than there are headings.
    """

    headings: list[str]
    frames: Iterator[pd.DataFrame]
    point_decimals: bool | None
    ragged: list[RowRefusal]
    first_row: int = 2


def source_of_readings(file: BinaryIO, file_name: str) -> Source:
    """Open a file. Raises UnreadableFile, FileTooLarge and NotOfThatKind, the frames too."""
    form = format_of(file_name)
    try:
        if form == "xlsx":
            return _of_sheet(read_sheet(file, file_name))
        return _of_parquet(file) if form == "parquet" else _of_csv(file, form)
    except (pa.ArrowException, OSError, EOFError, UnicodeError, ValueError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> UnreadableFile:
    return UnreadableFile(f"the file is damaged: {error}"[:200], field="file")


def _of_sheet(sheet: Sheet) -> Source:
    width = len(sheet.headings)
    rows = [(row + [None] * width)[:width] for row in sheet.rows]
    frames = (
        pd.DataFrame(rows[start : start + BATCH], columns=sheet.headings, dtype=object)
        for start in range(0, len(rows), BATCH)
    )
    return Source(sheet.headings, frames, sheet.point_decimals, [])


def _of_parquet(file: BinaryIO) -> Source:
    stored = pq.ParquetFile(file)
    _refuse_parts(stored.schema_arrow)
    names = [clean(name) for name in stored.schema_arrow.names]
    if len(names) > MOST_COLUMNS:
        raise FileTooLarge(f"at most {MOST_COLUMNS} columns", field="file")
    return Source(names, _named(_arrow_frames(stored.iter_batches(batch_size=BATCH)), names), None, [])


def _refuse_parts(schema: pa.Schema) -> None:
    for field in schema:
        if pa.types.is_nested(field.type):
            raise NotOfThatKind(f"column {field.name[:60]!r} holds lists or parts; give one value a cell", field="file")


def _of_csv(file: BinaryIO, form: str) -> Source:
    stream = unpacked(file, form)
    beginning = stream.read(_SAMPLE)
    encoding, _ = decoding(beginning)
    sample = beginning.decode(encoding, errors="replace").lstrip("\ufeff")
    separator = separator_of(sample)
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    names = next((row for row in rows if any(row) and not row[0].startswith("sep=")), [])
    headings, skipped = [clean(name) for name in names], rows.line_num
    if not any(headings):
        raise UnreadableFile("the file is empty: its first row must name the columns", field="file")
    if next(rows, None) is None:
        return Source(headings, iter(()), None, [])
    file.seek(0)
    ragged: list[RowRefusal] = []
    reader = arrow_csv.open_csv(
        unpacked(file, form),
        read_options=arrow_csv.ReadOptions(
            block_size=_BLOCK,
            encoding=encoding.removesuffix("-sig"),
            column_names=_unique(names),
            skip_rows=skipped,
            use_threads=False,  # with threads a ragged row would have no number
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=separator, newlines_in_values=True, invalid_row_handler=partial(_refuse_ragged, ragged)
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(_unique(names), pa.string()), strings_can_be_null=False
        ),
    )
    points = {",": True, ";": False}.get(separator)
    return Source(headings, _named(_arrow_frames(_even(reader)), headings), points, ragged, skipped + 1)


def _refuse_ragged(ragged: list[RowRefusal], row: arrow_csv.InvalidRow) -> str:
    why = f"this row has {row.actual_columns} cells under {row.expected_columns} headings"
    right = "one cell under each heading; a cell that holds the separator stands between quotation marks"
    ragged.append(RowRefusal(row=row.number or 0, column="", value=clean(row.text)[:80], why=why, right=right))
    return "skip"


def _unique(names: Sequence[str]) -> list[str]:
    return [f"{position}" for position, _ in enumerate(names)]


def _even(reader: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Join and cut what the csv reader gives into batches of one size."""
    held: list[pa.RecordBatch] = []
    for block in reader:
        held.append(block)
        while sum(one.num_rows for one in held) >= BATCH:
            table = pa.Table.from_batches(held)
            yield table.slice(0, BATCH)
            held = table.slice(BATCH).to_batches()
    if sum(one.num_rows for one in held):
        yield pa.Table.from_batches(held)


def _arrow_frames(tables: Iterable[Any]) -> Iterator[pd.DataFrame]:
    try:
        for table in tables:
            yield table.to_pandas()
    except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
        raise _damaged(error) from error


def _named(frames: Iterator[pd.DataFrame], names: Sequence[str]) -> Iterator[pd.DataFrame]:
    for frame in frames:
        frame.columns = pd.Index(names)
        yield frame
