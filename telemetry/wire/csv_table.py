"""Readings as a table of commas and lines, under the heading asset,metric,at,value,unit."""

import numpy as np
import pyarrow as pa
from pyarrow import csv

from telemetry.reading import Arrived, Raw, Words
from telemetry.wire.arrow_columns import numbers_in, shown, stamps_in, words_in
from telemetry.wire.precision import Precision
from telemetry.wire.unreadable import unreadable

COLUMNS = ("asset", "metric", "at", "value", "unit")
NEEDED = COLUMNS[:-1]
_LONGEST_HEADING = 200
_BOM = b"\xef\xbb\xbf"


def from_csv(body: bytes) -> Arrived:
    """Read a csv of readings; every moment is text with its zone.

    Raises UnreadableBatch.
    """
    columns = {name: column.combine_chunks() for name, column in _read(body, _heading(body))}
    none = Words(np.zeros(len(columns["asset"]), dtype=np.int64), [""])
    return Arrived(
        asset=words_in(columns["asset"]),
        metric=words_in(columns["metric"]),
        unit=words_in(columns["unit"]) if "unit" in columns else none,
        stamp=stamps_in(columns["at"], Precision.MS),
        value=numbers_in(columns["value"]),
        raw=Raw(shown(columns["at"]), shown(columns["value"])),
    )


def _read(body: bytes, names: list[str]) -> list[tuple[str, pa.ChunkedArray]]:
    reading = csv.ReadOptions(use_threads=False, column_names=names, skip_rows=1)
    texts = csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()), strings_can_be_null=False)
    try:
        table = csv.read_csv(pa.BufferReader(body), read_options=reading, convert_options=texts)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise unreadable(f"the body is no csv of readings: {error}") from error
    return list(zip(table.column_names, table.columns, strict=True))


def _heading(body: bytes) -> list[str]:
    """Read the heading before anything is made of it, since each name in it costs memory."""
    line = body.removeprefix(_BOM)[: _LONGEST_HEADING + 1].splitlines()[:1] or [b""]
    names = [name.strip().strip('"') for name in line[0].decode("utf-8", "replace").split(",")]
    if not set(NEEDED) <= set(names) <= set(COLUMNS) or len(set(names)) != len(names):
        heading = ",".join(COLUMNS)
        raise unreadable(f"the heading is '{','.join(names)}' and should be '{heading}', where unit may be left out")
    return names
