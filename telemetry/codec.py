"""Pack readings and hour rollups into bytes, and unpack them again, number for number."""

import struct
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from telemetry.moment import HOUR, Moments
from telemetry.rollup import HOURS_A_DAY, Rollups
from telemetry.track import Numbers, Places, Track

CODEC = 2
"""Columns behind one another, each as small whole numbers where that is exact, byte plane by byte plane, by zstd."""
_FIRST_CODEC = 1
"""Columns behind one another, little-endian, moments as steps, by zstd: written by versions before, still read."""

_LEVEL = 1
_BYTES_A_READING = 16
_FEW = 4 * HOURS_A_DAY
_ENDS = struct.Struct("<BBBI")
_UNITS = (60_000_000, 1_000_000, 1_000, 1)
"""Steps of time are counted in the greatest of these that fits them all, in microseconds."""
_DECIMALS = 6
_EXACT = 2.0**52
_SIGNS = 63
_SAMPLE = 16
_WIDTHS = (1, 2, 4, 8)
_local = threading.local()
_COLUMNS = ("total", "minimum", "maximum", "first", "last", "mean", "increase", "below", "above")
_HOUR_BEFORE = np.dtype([("hour", "u1"), ("count", "<u4"), *((name, "<f8") for name in _COLUMNS[:-2])])

Whole = npt.NDArray[np.int64]


class UnknownCodec(ValueError):
    """A programming error or a database from the future: we cannot read these bytes."""


def pack_readings(steps: Moments, values: Numbers) -> bytes:
    """Pack one day's readings; `steps` are its moments, each counted from the one before, the first from midnight."""
    unit = next(place for place, unit in enumerate(_UNITS) if not (steps % unit).any())
    return _compressor().compress(_packed_whole(steps // _UNITS[unit], unit) + _packed_numbers(values))


def unpack_readings(packed: bytes, *, codec: int, midnight: int) -> tuple[Moments, Numbers]:
    """Give back one day's moments and values.

    Raises UnknownCodec.
    """
    raw = _decompressor().decompress(packed)
    if codec == _FIRST_CODEC:
        count = len(raw) // _BYTES_A_READING
        steps = np.frombuffer(raw, dtype="<i8", count=count)
        return midnight + np.cumsum(steps), np.frombuffer(raw, dtype="<f8", offset=8 * count)
    _must_know(codec)
    taken = _Taken(raw)
    unit, steps = taken.whole()
    return midnight + np.cumsum(steps * _UNITS[unit]), taken.numbers()


def pack_track(track: Track) -> bytes:
    """Pack an accepted batch, sorted by series and moment, quickly rather than small: it does not stay long."""
    steps = np.diff(track.at, prepend=0)
    parts = (track.series.astype("<i4"), steps.astype("<i8"), track.value.astype("<f8"))
    return _compressor().compress(b"".join(part.tobytes() for part in parts))


def unpack_track(packed: bytes, *, codec: int) -> Track:
    """Give back an accepted batch; `origin` is its row in the batch as packed.

    Raises UnknownCodec.
    """
    _must_know(codec)
    raw = _decompressor().decompress(packed)
    count = len(raw) // (4 + _BYTES_A_READING)
    series = np.frombuffer(raw, dtype="<i4", count=count).astype(np.int64)
    at = np.cumsum(np.frombuffer(raw, dtype="<i8", count=count, offset=4 * count))
    return Track(series, at, np.frombuffer(raw, dtype="<f8", offset=12 * count), np.arange(count))


def worth_packing(count: int) -> bool:
    """Say whether a day has so many readings that its hours are kept; those of few are as quickly made anew."""
    return count > _FEW


def pack_hours(hourly: Rollups) -> bytes:
    """Pack the hour rollups of one day."""
    hour = hourly.start // HOUR % HOURS_A_DAY
    parts = (_packed_whole(hour, 0), _packed_whole(hourly.count, 0))
    return _compressor().compress(b"".join((*parts, *(_packed_numbers(getattr(hourly, name)) for name in _COLUMNS))))


def unpack_hours(packed: bytes, *, codec: int, series: int, midnight: int) -> Rollups:
    """Give back the hour rollups of one day.

    Raises UnknownCodec.
    """
    raw = _decompressor().decompress(packed)
    if codec == _FIRST_CODEC:
        rows = np.frombuffer(raw, dtype=_HOUR_BEFORE)
        none = np.zeros(len(rows))
        columns = [*(rows[name].astype(np.float64) for name in _COLUMNS[:-2]), none, none]
        return _hours(rows["hour"].astype(np.int64), rows["count"].astype(np.int64), columns, series, midnight)
    _must_know(codec)
    taken = _Taken(raw)
    (_, hour), (_, count) = taken.whole(), taken.whole()
    return _hours(hour, count, [taken.numbers() for _ in _COLUMNS], series, midnight)


def _hours(hour: Places, count: Places, columns: Sequence[Numbers], series: int, midnight: int) -> Rollups:
    return Rollups(
        series=np.full(len(hour), series, dtype=np.int64),
        start=midnight + hour * HOUR,
        count=count,
        hour_count=np.ones(len(hour), dtype=np.int64),
        **dict(zip(_COLUMNS, columns, strict=True)),
    )


def _must_know(codec: int) -> None:
    if codec != CODEC:
        msg = f"readings of codec {codec} cannot be read by this version"
        raise UnknownCodec(msg)


_AS_THEY_ARE, _AS_STEPS, _AS_FLOATS = 0, 1, 2
"""How a column was packed."""


def _packed_whole(column: Whole, note: int, how: int = _AS_THEY_ARE) -> bytes:
    """Pack whole numbers that are not negative: a head with `note` and the width, then byte plane by byte plane."""
    greatest = int(column.max(initial=0))
    width = 8 if how == _AS_FLOATS else next(width for width in _WIDTHS if greatest >> 8 * width == 0)
    planes = column.astype(f"<u{width}").view(np.uint8).reshape(-1, width).T
    return _ENDS.pack(note, how, width, len(column)) + planes.tobytes()


def _packed_numbers(column: Numbers) -> bytes:
    """Pack numbers as whole ones where they have few decimals: plain or as steps, whichever is narrower."""
    decimals = _decimals(column)
    if decimals is None:
        return _packed_whole(np.ascontiguousarray(column).view(np.int64), 0, _AS_FLOATS)
    whole = np.rint(column * 10.0**decimals).astype(np.int64)
    steps = np.diff(whole, prepend=0)
    shape = np.abs(steps[1:]).sum() < np.abs(whole - whole[:1]).sum()
    return _packed_whole(_unsigned(steps if shape else whole), decimals, _AS_STEPS if shape else _AS_THEY_ARE)


def _decimals(column: Numbers) -> int | None:
    """Find how many decimals make every number whole, exactly; None where none of a few does."""
    too_large = not np.abs(column).max(initial=0.0) * 10.0**_DECIMALS < _EXACT
    if too_large or (np.signbit(column) & (column == 0)).any():
        return None
    of_some = _fewest(column[:_SAMPLE], 0)
    return None if of_some is None else _fewest(column, of_some)


def _fewest(column: Numbers, least: int) -> int | None:
    powers = ((decimals, 10.0**decimals) for decimals in range(least, _DECIMALS + 1))
    return next((decimals for decimals, power in powers if (np.rint(column * power) / power == column).all()), None)


def _unsigned(column: Whole) -> Whole:
    """Fold the sign into the lowest bit, so that small numbers of either sign stay small."""
    return (column << 1) ^ (column >> _SIGNS)


class _Head(NamedTuple):
    note: int
    how: int
    width: int
    length: int


class _Taken:
    """Packed columns, taken one after the other."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._place = raw, 0

    def whole(self) -> tuple[int, Whole]:
        """Take whole numbers and the note beside them."""
        head, column = self._next()
        return head.note, column

    def numbers(self) -> Numbers:
        """Take numbers."""
        head, column = self._next()
        if head.how == _AS_FLOATS:
            return np.asarray(column.view(np.float64), dtype=np.float64)
        signed = (column >> 1) ^ -(column & 1)
        whole = np.cumsum(signed) if head.how == _AS_STEPS else signed
        return np.asarray(whole / 10.0**head.note, dtype=np.float64)

    def _next(self) -> tuple[_Head, Any]:
        head = _Head(*_ENDS.unpack_from(self._raw, self._place))
        begin = self._place + _ENDS.size
        self._place = begin + head.width * head.length
        planes = np.frombuffer(self._raw, dtype=np.uint8, count=head.width * head.length, offset=begin)
        packed = np.ascontiguousarray(planes.reshape(head.width, head.length).T).view(f"<u{head.width}")
        return head, packed.reshape(-1).astype(np.int64)


def _compressor() -> zstandard.ZstdCompressor:
    """One a thread: a compressor may not be shared."""
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False, write_content_size=True)
    found: zstandard.ZstdCompressor = _local.compressor
    return found


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    found: zstandard.ZstdDecompressor = _local.decompressor
    return found
