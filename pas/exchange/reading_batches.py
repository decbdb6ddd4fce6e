"""Cut a file of readings into batches in the one form that is taken in: asset, metric, at, value and unit."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from pas.exchange.cell import clean
from pas.exchange.column import heading, names_of
from pas.exchange.kind import Options
from pas.exchange.mend_readings import mend_moments, mend_values
from pas.exchange.read_drafts import BadOption, NotOfThatKind, habits_of
from pas.exchange.reading_columns import COLUMNS
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
MOST_READINGS = 100_000_000
_BLOCK = 16 * 1024 * 1024
_SAMPLE = 256 * 1024


class Batch(NamedTuple):
    """Some readings, ready to be taken in, and cells that could not be read."""

    frame: pd.DataFrame
    refusals: list[RowRefusal]
    notes: dict[str, int]

    @property
    def readings(self) -> int:
        """Count the readings, refused ones too."""
        return len(self.frame) + len(self.refusals)


class Layout(NamedTuple):
    """Which column of the file means what; in the wide form each metric has a column of its own."""

    asset: str | None
    at: str
    metric: str | None
    value: str | None
    unit: str | None
    wide: dict[str, tuple[str, str]]
    left_out: list[str]


class Source(NamedTuple):
    """A file as frames of at most BATCH rows, and the separator's word on decimal points."""

    headings: list[str]
    frames: Iterator[pd.DataFrame]
    point_decimals: bool | None


def batches(file: BinaryIO, file_name: str, *, options: Options, known_metrics: Iterable[str]) -> Iterator[Batch]:
    """Read a file batch by batch; the same file gives the same batches.

    Raises UnreadableFile, FileTooLarge, NotOfThatKind and BadOption.
    """
    source = _source(file, file_name)
    layout = _layout(source.headings, options, set(known_metrics))
    first_row = 2
    for frame in _within_limit(source.frames):
        yield _batch(frame, layout, options, point_decimals=source.point_decimals, first_row=first_row)
        first_row += len(frame)


def _within_limit(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    seen = 0
    for frame in frames:
        seen += len(frame)
        if seen > MOST_READINGS:
            raise FileTooLarge(f"the file has more than {MOST_READINGS} rows; send it in parts", field="file")
        yield frame


def _source(file: BinaryIO, file_name: str) -> Source:
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
    return Source(sheet.headings, frames, sheet.point_decimals)


def _of_parquet(file: BinaryIO) -> Source:
    stored = pq.ParquetFile(file)
    _refuse_parts(stored.schema_arrow)
    names = [clean(name) for name in stored.schema_arrow.names]
    if len(names) > MOST_COLUMNS:
        raise FileTooLarge(f"at most {MOST_COLUMNS} columns", field="file")
    return Source(names, _named(_arrow_frames(stored.iter_batches(batch_size=BATCH)), names), None)


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
        return Source(headings, iter(()), None)
    file.seek(0)
    reader = arrow_csv.open_csv(
        unpacked(file, form),
        read_options=arrow_csv.ReadOptions(
            block_size=_BLOCK, encoding=encoding.removesuffix("-sig"), column_names=_unique(names), skip_rows=skipped
        ),
        parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(_unique(names), pa.string()), strings_can_be_null=False
        ),
    )
    points = {",": True, ";": False}.get(separator)
    return Source(headings, _named(_arrow_frames(_even(reader)), headings), points)


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


def _layout(headings: Sequence[str], options: Options, known_metrics: set[str]) -> Layout:
    """Find the columns. Raises NotOfThatKind and BadOption."""
    if len(set(headings)) < len(headings):
        raise NotOfThatKind("two columns have the same heading; leave one out", field="file")
    places = {name: title for title in headings for name in [_meaning(title)] if name}
    if "at" not in places:
        raise _no_readings(headings, "a column for the moment (at, time or date)")
    if "asset" not in places and not options.asset:
        raise _no_readings(headings, "a column asset; say whose they are with --asset")
    is_long = "metric" in places and "value" in places
    wide = {} if is_long else _wide(headings, options, known_metrics)
    if not is_long and not wide:
        raise _no_readings(headings, "the columns metric and value, or a column a metric (say --metric COLUMN=METRIC)")
    used = set(wide) | set(places.values())
    asset = None if options.asset else places["asset"]
    return Layout(
        asset,
        places["at"],
        places.get("metric"),
        places.get("value"),
        places.get("unit"),
        wide,
        [title for title in headings if title not in used],
    )


def _no_readings(headings: Sequence[str], lacking: str) -> NotOfThatKind:
    sentence = f"this is no file of readings: it lacks {lacking} (its columns are {', '.join(headings)[:300]})"
    return NotOfThatKind(sentence, field="file")


def _meaning(title: str) -> str | None:
    return next((column.name for column in COLUMNS if heading(title) in names_of(column)), None)


def _wide(headings: Sequence[str], options: Options, known_metrics: set[str]) -> dict[str, tuple[str, str]]:
    """Match columns with metrics: as the sender says, or else by the metric's own code."""
    if not options.metrics:
        return {title: (heading(title), "") for title in headings if heading(title) in known_metrics}
    wide: dict[str, tuple[str, str]] = {}
    for told in options.metrics:
        title, _, metric = told.partition("=")
        code, _, unit = metric.partition(":")
        if title not in headings or not code:
            sentence = f"{told[:80]!r} must read COLUMN=METRIC or COLUMN=METRIC:UNIT, with a column of the file"
            raise BadOption(sentence, field="metric")
        wide[title] = (code, unit)
    return wide


def _batch(
    frame: pd.DataFrame, layout: Layout, options: Options, *, point_decimals: bool | None, first_row: int
) -> Batch:
    rows = range(first_row, first_row + len(frame))
    asset = options.asset if layout.asset is None else frame[layout.asset]
    base = pd.DataFrame({"asset": asset, "at": frame[layout.at], "row": rows}, index=frame.index)
    readings = _wide_readings(frame, layout, base) if layout.wide else _long_readings(frame, layout, base)
    habits = habits_of(Sheet([], [], [], point_decimals), options)
    for title in layout.left_out:
        habits.note(f"column {title[:60]!r} is not known and was left out")
    refusals = [
        *mend_moments(readings, habits),
        *mend_values(readings, habits),
    ]
    whole = readings.dropna(subset=["row"]).drop(columns="row").reset_index(drop=True)
    return Batch(whole, refusals, habits.notes)


def _long_readings(frame: pd.DataFrame, layout: Layout, base: pd.DataFrame) -> pd.DataFrame:
    unit = frame[layout.unit] if layout.unit else ""
    return base.assign(metric=frame[layout.metric], value=frame[layout.value], unit=unit).reset_index(drop=True)


def _wide_readings(frame: pd.DataFrame, layout: Layout, base: pd.DataFrame) -> pd.DataFrame:
    """Put the metrics' columns below each other; an empty cell is no reading."""
    pieces = []
    for title, (metric, unit) in layout.wide.items():
        filled = (frame[title].notna() & (frame[title].astype("str").str.strip() != "")).to_numpy()
        pieces.append(base[filled].assign(metric=metric, value=frame.loc[filled, title], unit=unit))
    return pd.concat(pieces, ignore_index=True)
