"""The readings of one day in one Parquet file, which everybody can read without us."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from telemetry.moment import Moments
from telemetry.refusal import Refusal
from telemetry.track import Numbers, Places, starts

Name = tuple[str, str]
"""An asset's id as text, and the code of a metric."""

AT_ONCE = 1 << 16
"""So many readings, or as many as one series has on a day, stand in one row group: what is read at least."""

_LEVEL = 12
_DICTIONARY = 1 << 23
"""Bytes of different words that a row group may hold: more than any has."""
_SCHEMA = pa.schema(
    [
        pa.field("asset_id", pa.string(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
    ]
)
_NAMES = ["asset_id", "metric", "unit"]
_WAYS = {"at": ("PLAIN", "DELTA_BINARY_PACKED"), "value": ("PLAIN", "BYTE_STREAM_SPLIT")}
"""Encodings that every reader of Parquet knows; each file takes those in which its first readings are smallest."""


class ArchiveUnreadable(Refusal):
    """A file of the archive is missing or harmed, so what was measured then cannot be told."""


class Chunk(NamedTuple):
    """Readings of some series on one day: a line per series, and the readings one series behind the other."""

    name: list[Name]
    unit: list[str]
    length: Places
    at: Moments
    value: Numbers


class Content(NamedTuple):
    """What a file holds, whatever its bytes: as many readings, between two moments, with this checksum."""

    series: int
    readings: int
    first_at: int
    last_at: int
    checksum: str


def write_day(file: Path, chunks: Iterable[Chunk]) -> Content:
    """Write a day's readings, which come sorted, to a new file, wholly or not at all; give what went in."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    tally = _Tally()
    with unfinished.open("wb") as sink:
        _write(sink, (tally.add(chunk) for chunk in chunks))
        sink.flush()
        os.fsync(sink.fileno())
    unfinished.replace(file)
    return tally.content


def read_day(file: Path) -> Content:
    """Read a whole file again; give what is in it.

    Raises ArchiveUnreadable.
    """
    tally = _Tally()
    with _opened(file) as parts:
        for number in range(parts.num_row_groups):
            tally.add(_chunk(_group(file, parts, number, [*_NAMES, "at", "value"])))
    return tally.content


def read_series(file: Path, wanted: Collection[Name]) -> dict[Name, tuple[Moments, Numbers]]:
    """Read moments and values of some series; parts of the file in which none of them stands are not looked at.

    Raises ArchiveUnreadable.
    """
    found: dict[Name, tuple[Moments, Numbers]] = {}
    with _opened(file) as parts:
        for number in _groups_with(parts.metadata, wanted):
            chunk = _chunk(_group(file, parts, number, ["asset_id", "metric", "at", "value"]))
            begin = np.append(0, np.cumsum(chunk.length))
            for place, name in enumerate(chunk.name):
                if name in wanted:
                    here = slice(begin[place], begin[place + 1])
                    found[name] = chunk.at[here], chunk.value[here]
    return found


def unreadable(file: Path, why: str) -> ArchiveUnreadable:
    """Say which file, and so which day, cannot be read."""
    sentence = f"the readings of {_day_in(file)} cannot be read from {file}: {why}; put the file back from a backup"
    return ArchiveUnreadable(sentence, field="archive")


def sha256_of(file: Path) -> str:
    """Give the digest of a file's bytes.

    Raises ArchiveUnreadable.
    """
    try:
        with file.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(file, (error.strerror or str(error)).lower()) from error


class _Tally:
    """Adds up what passes, series by series."""

    def __init__(self) -> None:
        self.series, self.readings = 0, 0
        self.first_at, self.last_at = np.iinfo(np.int64).max, np.iinfo(np.int64).min
        self.digest = hashlib.sha256()

    def add(self, chunk: Chunk) -> Chunk:
        lines = zip(chunk.name, chunk.unit, chunk.length.tolist(), strict=True)
        named = (f"{asset} {metric} {unit} {length}" for (asset, metric), unit, length in lines)
        self.digest.update("\n".join(named).encode())
        self.digest.update(chunk.at.astype("<i8").tobytes() + chunk.value.astype("<f8").tobytes())
        self.series += len(chunk.name)
        self.readings += len(chunk.at)
        self.first_at = min(self.first_at, int(chunk.at.min()))
        self.last_at = max(self.last_at, int(chunk.at.max()))
        return chunk

    @property
    def content(self) -> Content:
        return Content(self.series, self.readings, self.first_at, self.last_at, self.digest.hexdigest())


def _write(sink: Any, chunks: Iterator[Chunk]) -> None:
    """Write each chunk as a row group of its own."""
    writer = None
    for chunk in chunks:
        table = _table(chunk)
        if writer is None:
            writer = pq.ParquetWriter(sink, _SCHEMA, **_settings(_smallest(table)))
        writer.write_table(table, row_group_size=len(table))
    if writer is not None:
        writer.close()


def _settings(encoding: dict[str, str]) -> dict[str, Any]:
    return {
        "compression": "zstd",
        "compression_level": _LEVEL,
        "use_dictionary": _NAMES,
        "column_encoding": encoding,
        "dictionary_pagesize_limit": _DICTIONARY,
        "write_page_checksum": True,
    }


def _smallest(table: pa.Table) -> dict[str, str]:
    """Try each encoding on the first readings."""
    tried = [dict(zip(_WAYS, ways, strict=True)) for ways in product(*_WAYS.values())]
    return min(tried, key=_size_of(table))


def _size_of(table: pa.Table) -> Callable[[dict[str, str]], int]:
    def size(encoding: dict[str, str]) -> int:
        sink = pa.BufferOutputStream()
        pq.write_table(table.slice(0, AT_ONCE), sink, **_settings(encoding))
        return int(sink.getvalue().size)

    return size


def _table(chunk: Chunk) -> pa.Table:
    columns = [[asset for asset, _ in chunk.name], [metric for _, metric in chunk.name], chunk.unit]
    line = np.repeat(np.arange(len(chunk.name)), chunk.length)
    words = [pa.array(column, pa.string()).take(pa.array(line)) for column in columns]
    stamps = pa.array(chunk.at.astype("datetime64[us]"), pa.timestamp("us", "UTC"))
    return pa.Table.from_arrays([*words, stamps, pa.array(chunk.value)], schema=_SCHEMA)


def _chunk(table: pa.Table) -> Chunk:
    """Cut a row group into its series."""
    names = {name: table.column(name).combine_chunks() for name in table.column_names if name in _NAMES}
    begin = starts(*(column.indices.to_numpy().astype(np.int64) for column in names.values()))
    first = pa.array(begin)
    asset, metric, *unit = (column.take(first).to_pylist() for column in names.values())
    return Chunk(
        name=list(zip(asset, metric, strict=True)),
        unit=unit[0] if unit else [""] * len(begin),
        length=np.diff(np.append(begin, len(table))),
        at=table.column("at").cast(pa.int64()).to_numpy(),
        value=table.column("value").to_numpy(),
    )


@lru_cache(maxsize=32)
def _footer(file: Path, _changed: int, _size: int) -> pq.FileMetaData:
    """Keep what the last files say of themselves; a file never changes under its name."""
    return pq.read_metadata(file)


def _opened(file: Path) -> pq.ParquetFile:
    try:
        status = file.stat()
        footer = _footer(file, status.st_mtime_ns, status.st_size)
        return pq.ParquetFile(
            file, metadata=footer, read_dictionary=_NAMES, page_checksum_verification=True, pre_buffer=False
        )
    except (OSError, pa.ArrowException) as error:
        raise unreadable(file, _why(error)) from error


def _group(file: Path, parts: pq.ParquetFile, number: int, columns: list[str]) -> pa.Table:
    try:
        return parts.read_row_group(number, columns=columns, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(file, _why(error)) from error


def _groups_with(footer: pq.FileMetaData, wanted: Collection[Name]) -> Iterator[int]:
    """Give the row groups in which one of the series may stand: their rows are sorted by asset, then metric."""
    assets = sorted({asset for asset, _ in wanted})
    for number in range(footer.num_row_groups):
        bounds = footer.row_group(number).column(0).statistics
        place = np.searchsorted(assets, bounds.min)
        if place < len(assets) and assets[place] <= bounds.max:
            yield number


def _why(error: Exception) -> str:
    return "it is not there" if isinstance(error, FileNotFoundError) else " ".join(str(error).split())[:200]


def _day_in(file: Path) -> str:
    """Read the day from the file's folder."""
    try:
        return date.fromisoformat(file.parent.name.removeprefix("day=")).isoformat()
    except ValueError:
        return "a day"
