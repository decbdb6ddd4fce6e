"""Cut a file of readings into batches in the one form that is taken in: asset, metric, at, value and unit."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import BinaryIO, NamedTuple

import pandas as pd

from pas.exchange.column import heading, names_of
from pas.exchange.kind import Options
from pas.exchange.mend_readings import mend_moments, mend_values
from pas.exchange.read_drafts import BadOption, NotOfThatKind, habits_of
from pas.exchange.reading_columns import COLUMNS
from pas.exchange.reading_frames import Source, source_of_readings
from pas.exchange.report import RowRefusal
from pas.exchange.sheet import FileTooLarge, Sheet

MOST_READINGS = 100_000_000


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


def batches(file: BinaryIO, file_name: str, *, options: Options, known_metrics: Iterable[str]) -> Iterator[Batch]:
    """Read a file batch by batch; the same file gives the same batches.

    Raises UnreadableFile, FileTooLarge, NotOfThatKind and BadOption.
    """
    source = source_of_readings(file, file_name)
    layout = _layout(source.headings, options, set(known_metrics))
    numbers, told = _numbers(source), 0
    for frame in _within_limit(source.frames):
        rows = list(islice(numbers, len(frame)))
        batch = _batch(frame, layout, options, point_decimals=source.point_decimals, rows=rows)
        yield batch._replace(refusals=source.ragged[told:] + batch.refusals)
        told = len(source.ragged)
    if source.ragged[told:]:
        yield Batch(pd.DataFrame(), source.ragged[told:], {})


def _numbers(source: Source) -> Iterator[int]:
    """Count the rows as a spreadsheet does, past those that were refused on the way."""
    refused, known = set[int](), 0
    for row in count(source.first_row):
        if known < len(source.ragged):
            refused |= {refusal.row for refusal in source.ragged[known:]}
            known = len(source.ragged)
        if row not in refused:
            yield row


def _within_limit(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    seen = 0
    for frame in frames:
        seen += len(frame)
        if seen > MOST_READINGS:
            raise FileTooLarge(f"the file has more than {MOST_READINGS} rows; send it in parts", field="file")
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
    frame: pd.DataFrame, layout: Layout, options: Options, *, point_decimals: bool | None, rows: Sequence[int]
) -> Batch:
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
