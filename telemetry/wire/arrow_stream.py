"""Readings as an Arrow IPC stream with the columns asset, metric, at, value and unit."""

import struct
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from telemetry.reading import Arrived, Raw, Words
from telemetry.wire.arrow_columns import numbers_in, shown, stamps_in, words_in
from telemetry.wire.csv_table import COLUMNS, NEEDED
from telemetry.wire.precision import Precision
from telemetry.wire.unreadable import unreadable

_HEADER, _DATA, _COMPRESSION = 2, 1, 3
"""Fields of Arrow's Message, DictionaryBatch and RecordBatch, numbered as its format does."""


def from_arrow(body: bytes, precision: Precision) -> Arrived:
    """Read an Arrow stream; nothing in it is believed before it was checked whole.

    Raises UnreadableBatch.
    """
    try:
        return _arrived(_columns(body), precision)
    except (pa.ArrowException, UnicodeDecodeError, OverflowError, EOFError, OSError, struct.error) as error:
        raise unreadable(f"the body is no Arrow stream of readings: {error}") from error


def _arrived(columns: dict[str, pa.Array], precision: Precision) -> Arrived:
    none = Words(np.zeros(len(columns["asset"]), dtype=np.int64), [""])
    return Arrived(
        asset=words_in(columns["asset"]),
        metric=words_in(columns["metric"]),
        unit=words_in(columns["unit"]) if "unit" in columns else none,
        stamp=stamps_in(columns["at"], precision),
        value=numbers_in(columns["value"]),
        raw=Raw(shown(columns["at"]), shown(columns["value"])),
    )


def _columns(body: bytes) -> dict[str, pa.Array]:
    with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
        _check_schema(stream.schema)
        _check_plain(body)
        batches = list(_checked(stream))
    table = pa.Table.from_batches(batches, stream.schema).unify_dictionaries()
    columns = ((name, column.combine_chunks()) for name, column in zip(table.column_names, table.columns, strict=True))
    return {name: _texts(column) if pa.types.is_null(column.type) else column for name, column in columns}


def _check_plain(body: bytes) -> None:
    """Refuse buffers packed by Arrow itself: they say how large they become, and a few bytes could say terabytes."""
    for message in pa.ipc.MessageReader.open_stream(pa.py_buffer(body)):
        if message.type in {"record batch", "dictionary"} and is_packed(message.metadata.to_pybytes(), message.type):
            sentence = (
                "the buffers of the Arrow stream are compressed; send them plain, and pack the whole body instead"
            )
            raise unreadable(f"{sentence}: Content-Encoding gzip or zstd")


def is_packed(metadata: bytes, kind: str) -> bool:
    """Look into the flatbuffer of a message for the mark that its buffers are compressed."""
    batch = _follow(metadata, _follow(metadata, 0), _HEADER)
    if kind == "dictionary":
        batch = _follow(metadata, batch, _DATA)
    return _slot(metadata, batch, _COMPRESSION) != 0


def _follow(flat: bytes, table: int, field: int | None = None) -> int:
    """Give where the table begins to which a field of a table points, or the root."""
    place = table if field is None else table + _slot(flat, table, field)
    return int(place + struct.unpack_from("<I", flat, place)[0])


def _slot(flat: bytes, table: int, field: int) -> int:
    """Give how far into its table a field stands; 0 where it is absent."""
    listing = table - struct.unpack_from("<i", flat, table)[0]
    if 4 + 2 * field >= struct.unpack_from("<H", flat, listing)[0]:
        return 0
    return int(struct.unpack_from("<H", flat, listing + 4 + 2 * field)[0])


def _checked(stream: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    for batch in stream:
        batch.validate(full=True)
        yield batch


def _texts(column: pa.Array) -> pa.Array:
    return column.cast(pa.string())


def _check_schema(schema: pa.Schema) -> None:
    names = schema.names
    if not set(NEEDED) <= set(names) <= set(COLUMNS) or len(set(names)) != len(names):
        told = ", ".join(name[:40] for name in names[:20])
        raise unreadable(f"the columns are {told} and should be {', '.join(COLUMNS)}, where unit may be left out")
    for field in schema:
        allowed, what = _ALLOWED[field.name]
        if not any(is_it(field.type) for is_it in allowed):
            raise unreadable(f"the column {field.name} is {str(field.type)[:60]} and should be {what}")


def _is_words(kind: pa.DataType) -> bool:
    return pa.types.is_dictionary(kind) and _is_text(kind.value_type)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_count(kind: pa.DataType) -> bool:
    return bool(pa.types.is_signed_integer(kind))


_TEXT: tuple[Callable[[pa.DataType], bool], ...] = (_is_text, _is_words)
_NUMBER = (pa.types.is_floating, pa.types.is_integer, pa.types.is_boolean, pa.types.is_decimal)
_ALLOWED: dict[str, tuple[tuple[Callable[[pa.DataType], bool], ...], str]] = {
    "asset": (_TEXT, "text, plain or by dictionary"),
    "metric": (_TEXT, "text, plain or by dictionary"),
    "unit": ((*_TEXT, pa.types.is_null), "text, plain or by dictionary"),
    "at": ((pa.types.is_timestamp, _is_count, _is_text), "a timestamp with a zone, a whole number or text"),
    "value": ((*_NUMBER, _is_text, pa.types.is_null), "a number or text"),
}
