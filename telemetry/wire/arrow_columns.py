"""Columns as Arrow holds them, made into the columns of a batch without touching a reading one by one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from telemetry.moment import Moments
from telemetry.reading import NO_MOMENT, Stamps, Words, numbers
from telemetry.stamps import Texts, read_fixed
from telemetry.track import Numbers
from telemetry.wire.cells import Cells, Coded, known_words, stamps_from, the_rest
from telemetry.wire.precision import Precision, from_counts

_PRECISIONS = {"s": Precision.S, "ms": Precision.MS, "us": Precision.US, "ns": Precision.NS}


def words_in(column: pa.Array) -> Words:
    """Read a column of text, plain or by dictionary; none is the empty word."""
    return known_words(coded_in(column))


def coded_in(column: pa.Array) -> Coded[str]:
    """Give the words of a column of text, plain or by dictionary, as they came; none is -1."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    row = coded.indices.cast(pa.int64()).fill_null(-1)
    return Coded(_numpy(row), coded.dictionary.to_pylist())


def stamps_in(column: pa.Array, precision: Precision) -> Stamps:
    """Read a column of moments: timestamps, counts of a clock, or text."""
    if pa.types.is_timestamp(column.type):
        return _timestamps(column)
    if pa.types.is_integer(column.type):
        return stamps_from(_where_given(column, from_counts(_counts(column), precision)))
    texts = column.fill_null("")
    return the_rest(read_fixed(_texts(texts)), lambda rows: texts.take(pa.array(rows)).to_pylist())


def numbers_in(column: pa.Array) -> Numbers:
    """Read a column of numbers, or of text that holds numbers; what is none is NaN."""
    try:
        found = _numpy(column.cast(pa.float64(), safe=False).fill_null(np.nan))
    except pa.ArrowInvalid:
        return numbers(pd.Series(column.to_pylist(), dtype=object))
    return np.asarray(found + 0.0, dtype=np.float64)


def shown(column: pa.Array) -> Cells:
    """Show the cells of a column as they came."""
    if pa.types.is_timestamp(column.type):
        counts = column.cast(pa.int64())
        return Cells(len(column), _present(counts, lambda count: np.datetime64(count, column.type.unit)))
    return Cells(len(column), _present(column, str))


def _present(column: pa.Array, cell: Callable[[Any], object]) -> Callable[[int], object]:
    return lambda row: cell(column[row].as_py()) if column[row].is_valid else ""


def _timestamps(column: pa.Array) -> Stamps:
    """Read timestamps; those of a column without a zone could be several moments."""
    micros = _where_given(column, from_counts(_counts(column), _PRECISIONS[column.type.unit]))
    if column.type.tz is not None:
        return stamps_from(micros)
    known = micros != NO_MOMENT
    return Stamps(np.full(len(column), NO_MOMENT), ~known, known)


def _counts(column: pa.Array) -> Moments:
    return np.asarray(_numpy(column.cast(pa.int64()).fill_null(0)), dtype=np.int64)


def _where_given(column: pa.Array, micros: Moments) -> Moments:
    return np.where(_numpy(pc.is_valid(column)), micros, NO_MOMENT) if column.null_count else micros


def _texts(column: pa.Array) -> Texts:
    """Give the buffer of a column of text, and where each text stands in it."""
    wide = np.int64 if pa.types.is_large_string(column.type) else np.int32
    _, places, letters = column.buffers()
    if not len(column):
        return Texts(np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64))
    border = np.frombuffer(places, wide)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    held = np.frombuffer(letters, np.uint8)[border[0] : border[-1]] if letters else np.zeros(0, np.uint8)
    return Texts(held, border[:-1] - border[0], np.diff(border))


def _numpy(column: pa.Array) -> Any:
    return column.to_numpy(zero_copy_only=False)
