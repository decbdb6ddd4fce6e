"""Readings in InfluxDB's line protocol: `office,asset=PJ-00001 co2=412.5,illuminance=300i 1774792800000000000`.

The tag `asset` names the thing and a tag `unit` the unit of the whole line; other tags are passed over. A field's name
is the metric, and where that is `value` the measurement is.
"""

import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from telemetry.moment import micros
from telemetry.reading import Arrived, Raw, Stamps, Words
from telemetry.track import Numbers, Places
from telemetry.wire.cells import (
    Cell,
    Coded,
    known_words,
    numbers_of,
    one_by_one,
    repeated_stamps,
    stamps_from,
    stamps_of,
    words_of,
)
from telemetry.wire.lines import Head, read_head, read_lines
from telemetry.wire.precision import Precision, from_counts
from telemetry.wire.single_fields import SingleFields, single_fields
from telemetry.wire.unreadable import unreadable

_FIGURES = re.compile(r"[0-9+\-.eE]*+")
_DIGITS = re.compile(r"[0-9-]*+")
_WHOLE = re.compile(r"[+-]?[0-9]+[iu]")
_COUNT = re.compile(r"[+-]?[0-9]{1,40}")
_QUOTED = re.compile(r'\\(["\\])')
_TRUTH = {"t": True, "T": True, "true": True, "True": True, "TRUE": True}
_TRUTH |= {"f": False, "F": False, "false": False, "False": False, "FALSE": False}
_SAME_AS_MEASUREMENT = "value"


def from_line_protocol(body: bytes, precision: Precision, *, now: datetime) -> Arrived:
    """Read lines; a line without a moment speaks of `now`.

    Raises UnreadableBatch.
    """
    fields = single_fields(body)
    return _from_texts(body, precision, now) if fields is None else _from_single_fields(fields, precision)


def _from_single_fields(fields: SingleFields, precision: Precision) -> Arrived:
    said, row = [read_head(head) for head in fields.head.word], fields.head.row
    return Arrived(
        asset=known_words(Coded(row, [head.asset for head in said])),
        metric=_metrics(fields.metric, said, row),
        unit=known_words(Coded(row, [head.unit for head in said])),
        stamp=stamps_from(from_counts(fields.at, precision)),
        value=fields.value,
        raw=Raw(fields.raw_at, fields.raw_value),
    )


def _from_texts(body: bytes, precision: Precision, now: datetime) -> Arrived:
    try:
        lines = read_lines(body.decode())
    except UnicodeDecodeError as error:
        raise unreadable(f"the lines are no UTF-8: {error}") from error
    said, row = [read_head(head) for head in lines.head.word], np.repeat(lines.head.row, lines.fields)
    return Arrived(
        asset=known_words(Coded(row, [head.asset for head in said])),
        metric=_metrics(lines.metric, said, row),
        unit=known_words(Coded(row, [head.unit for head in said])),
        stamp=repeated_stamps(_stamps(lines.at, precision, now), lines.fields),
        value=_numbers(lines.value),
        raw=Raw(one_by_one(lines.at, lines.fields), lines.value),
    )


def _metrics(names: Coded[str], heads: Sequence[Head], row: Places) -> Words:
    if _SAME_AS_MEASUREMENT not in names.word:
        return known_words(names)
    pairs = zip((names.word[name] for name in names.row), (heads[head].measurement for head in row), strict=True)
    return words_of([measurement if name == _SAME_AS_MEASUREMENT else name for name, measurement in pairs])


def _stamps(cells: Sequence[str], precision: Precision, now: datetime) -> Stamps:
    absent = np.array([not cell for cell in cells], dtype=bool) if "" in cells else None
    stamp = stamps_of(_counts(cells), precision=precision)
    if absent is not None:
        stamp.micros[absent], stamp.unreadable[absent] = micros(now), False
    return stamp


def _counts(cells: Sequence[str]) -> Sequence[Cell]:
    if _DIGITS.fullmatch("".join(cells)) and "" not in cells:
        try:
            return list(map(int, cells))
        except ValueError:
            pass  # such as 12-5: read one by one
    return [int(cell) if _COUNT.fullmatch(cell) else cell for cell in cells]


def _numbers(cells: Sequence[str]) -> Numbers:
    if _FIGURES.fullmatch("".join(cells)):
        try:
            return np.array(list(map(float, cells)), dtype=np.float64) + 0.0
        except ValueError:
            pass  # such as 1-5: read one by one
    return numbers_of([_value(cell) for cell in cells])[0]


def _value(cell: str) -> Cell:
    """Read a field: whole numbers end in i, yes and no are 1 and 0, and text in quotes is read as text."""
    if cell in _TRUTH:
        return _TRUTH[cell]
    if cell.startswith('"'):
        return _QUOTED.sub(r"\1", cell[1:-1])
    return cell[:-1] if _WHOLE.fullmatch(cell) else cell
