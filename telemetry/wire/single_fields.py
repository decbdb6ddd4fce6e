"""Lines of line protocol that all hold one field and a moment, taken apart by Arrow without touching a line one by one.

Does not know the grammar: whatever is not as plain as that is left to `telemetry.wire.lines`, which gives the same.
"""

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from telemetry.track import Numbers, Places
from telemetry.wire.arrow_columns import coded_in
from telemetry.wire.cells import Cells, Coded

_NOT_PLAIN = (b'"', b"\\", b"#", b"\r")
"""Signs of a line that must be read by the grammar."""
_WORTH_IT = 200_000
"""Bytes from which on Arrow is quicker than Python."""
_LINE = re.compile(rb"[^\s=,]+(?:,[^\s,]+)* [^\s=,]+=[^\s=,]+ -?[0-9]+\n")
_WORD = pa.dictionary(pa.int32(), pa.string())


class SingleFields(NamedTuple):
    """What stands before the field of each line, the field's name and number, the count of its moment, and both raw."""

    head: Coded[str]
    metric: Coded[str]
    value: Numbers
    at: Places
    raw_value: Cells
    raw_at: Cells


def single_fields(body: bytes) -> SingleFields | None:
    """Take lines apart; None where some are not plain, hold several fields, no moment or a value that is no number.

    None as well where there are too few to be worth it.
    """
    worth_it = len(body) >= _WORTH_IT and _LINE.match(body) is not None
    return taken_apart(body) if worth_it and not any(sign in body for sign in _NOT_PLAIN) else None


def taken_apart(body: bytes) -> SingleFields | None:
    """Take lines apart, however few there are."""
    try:
        head, field, at = _columns(body, " ", head=_WORD, field=pa.string(), at=pa.string())
        if pc.any(pc.match_substring(at, "x", ignore_case=True)).as_py():
            return None  # Arrow takes 0x1f for a number
        count = pc.cast(at, pa.int64())
        (joined,) = pc.binary_join(pa.ListArray.from_arrays([0, len(field)], field), "\n")
        name, number = _columns(joined.as_buffer(), "=", name=_WORD, number=pa.float64())
    except pa.ArrowException:
        return None
    heads, names, value = coded_in(head), coded_in(name), number.to_numpy(zero_copy_only=False) + 0.0
    if len(value) != len(field) or not np.isfinite(value).all() or not _are_plain(heads.word, names.word):
        return None
    return SingleFields(
        head=heads,
        metric=names,
        value=value,
        at=count.to_numpy(zero_copy_only=False),
        raw_value=Cells(len(field), lambda row: field[row].as_py().partition("=")[2]),
        raw_at=Cells(len(at), lambda row: at[row].as_py()),
    )


def _columns(letters: bytes | pa.Buffer, delimiter: str, **types: pa.DataType) -> list[pa.Array]:
    """Cut a text at every delimiter; raises ArrowInvalid where a line has not as many cells as there are types."""
    table = csv.read_csv(
        pa.py_buffer(letters),
        csv.ReadOptions(use_threads=False, column_names=list(types), block_size=len(letters) + 1),
        csv.ParseOptions(delimiter=delimiter, quote_char=False, double_quote=False, escape_char=False),
        csv.ConvertOptions(column_types=types, strings_can_be_null=False, null_values=[]),
    )
    return [column.combine_chunks() for column in table.columns]


def _are_plain(heads: list[str], names: list[str]) -> bool:
    """Tell whether the grammar would read these words so: a measurement and pairs; a name without a comma."""
    return all(names) and not any("," in name for name in names) and all(map(_is_head, heads))


def _is_head(word: str) -> bool:
    measurement, *pairs = word.split(",")
    return bool(measurement) and all(name and value for name, _, value in _parted(pairs))


def _parted(pairs: list[str]) -> list[tuple[str, str, str]]:
    return [pair.partition("=") if pair.count("=") == 1 else ("", "", "") for pair in pairs]
