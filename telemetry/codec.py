"""Pack readings and hour rollups into bytes, and unpack them again, number for number."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import zstandard

from telemetry.moment import HOUR, Moments
from telemetry.packed_column import AS_FLOATS, AS_STEPS, AS_THEY_ARE, HEAD, Taken, Whole, shape
from telemetry.rollup import HOURS_A_DAY, Rollups
from telemetry.track import Marks, Numbers, Places, Track

CODEC = 2
"""Columns behind one another, each as small whole numbers where that is exact, byte plane by byte plane, by zstd."""
_FIRST_CODEC = 1
"""Columns behind one another, little-endian, moments as steps, by zstd: written by versions before, still read."""

_LEVEL = 1
_BYTES_A_READING = 16
_FEW = 4 * HOURS_A_DAY
_UNITS = (60_000_000, 1_000_000, 1_000, 1)
"""Steps of time are counted in the greatest of these that fits them all, in microseconds."""
_DECIMALS = 6
_EXACT = 2.0**52
_SIGNS = 63
_WIDTHS = (1, 2, 4, 8)
_local = threading.local()
_COLUMNS = ("total", "minimum", "maximum", "first", "last", "mean", "increase", "below", "above")
_HOUR_BEFORE = np.dtype([("hour", "u1"), ("count", "<u4"), *((name, "<f8") for name in _COLUMNS[:-2])])


class UnknownCodec(ValueError):
    """A programming error or a database from the future: we cannot read these bytes."""


def pack_readings(steps: Moments, values: Numbers) -> bytes:
    """Pack one day's readings; `steps` are its moments, each counted from the one before, the first from midnight."""
    return pack_days(steps, values, np.array([0, len(steps)]))[0]


def pack_days(steps: Moments, values: Numbers, begin: Places) -> list[bytes]:
    """Pack the readings of many days as `pack_readings` does; `begin` tells where each begins, and the end."""
    times, numbers = _whole_steps(steps, begin), _whole_numbers(values, begin)
    compress = _compressor().compress
    return [
        compress(_packed(times, place, here) + _packed(numbers, place, here))
        for place, here in enumerate(map(slice, begin[:-1].tolist(), begin[1:].tolist()))
    ]


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
    taken = Taken(raw)
    unit, steps = taken.whole()
    return midnight + np.cumsum(steps * _UNITS[unit]), taken.numbers()


def unpack_days(packed: Sequence[bytes]) -> tuple[Places, Moments, Numbers]:
    """Give back the readings of many days behind one another: how many each has, moments since midnight, values.

    Days that are packed alike are unpacked together. Knows today's codec alone.
    """
    decompress, alike = _decompressor().decompress, defaultdict[tuple[int, bytes, bytes], list[tuple[int, bytes]]](list)
    for place, one in enumerate(packed):
        raw = decompress(one)
        alike[shape(raw)].append((place, raw))
    lengths = np.zeros(len(packed), dtype=np.int64)
    columns = []
    for days in alike.values():
        taken = Taken(b"".join(raw for _, raw in days), len(days))
        unit, steps = taken.whole()
        at, value = np.atleast_2d(np.cumsum(steps * _UNITS[unit], axis=-1)), np.atleast_2d(taken.numbers())
        places = np.array([place for place, _ in days])
        lengths[places] = at.shape[1]
        columns.append((places, at, value))
    return lengths, *_in_order_of(lengths, columns)


def _in_order_of(lengths: Places, columns: Sequence[tuple[Places, Moments, Numbers]]) -> tuple[Moments, Numbers]:
    """Put days of few lengths behind one another as they were asked for."""
    begin = np.append(0, np.cumsum(lengths))
    moments, values = np.zeros(begin[-1], dtype=np.int64), np.zeros(begin[-1])
    for places, at, value in columns:
        rows = begin[places][:, None] + np.arange(at.shape[1])
        moments[rows], values[rows] = at, value
    return moments, values


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


def worth_packing(count: Places) -> Marks:
    """Mark the days with so many readings that their hours are kept; those of few are as quickly made anew."""
    return count > _FEW


def pack_hours(hourly: Rollups, begin: Places) -> list[bytes]:
    """Pack the hour rollups of many days; `begin` tells where each day begins, and the end."""
    plain = [_plain(column, begin) for column in (hourly.start // HOUR % HOURS_A_DAY, hourly.count)]
    columns = [*plain, *(_whole_numbers(getattr(hourly, name), begin) for name in _COLUMNS)]
    compress = _compressor().compress
    return [
        compress(b"".join(_packed(column, place, here) for column in columns))
        for place, here in enumerate(map(slice, begin[:-1].tolist(), begin[1:].tolist()))
    ]


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
    taken = Taken(raw)
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


class _Columns(NamedTuple):
    """Columns of several days behind one another as whole numbers that are not negative; the rest a day each."""

    whole: Whole
    note: list[int]
    how: list[int]
    width: list[int]


def _packed(columns: _Columns, place: int, here: slice) -> bytes:
    """Give one day's column: a head with its note and width, then byte plane by byte plane."""
    width = columns.width[place]
    planes = columns.whole[here].astype(f"<u{width}").view(np.uint8).reshape(-1, width).T
    return HEAD.pack(columns.note[place], columns.how[place], width, here.stop - here.start) + planes.tobytes()


def _widths(whole: Whole, begin: Places) -> Places:
    """Find in how many bytes each day's greatest number goes."""
    greatest = np.maximum.reduceat(whole, begin[:-1])
    return np.array(_WIDTHS)[np.searchsorted([1 << 8 * width for width in _WIDTHS[:-1]], greatest, "right")]


def _whole_steps(steps: Moments, begin: Places) -> _Columns:
    """Count the steps of each day in the greatest unit that fits them all."""
    fits = [np.logical_and.reduceat(steps % unit == 0, begin[:-1]) for unit in _UNITS]
    unit = np.argmax(fits, axis=0)
    whole = steps // np.repeat(np.array(_UNITS)[unit], np.diff(begin))
    return _Columns(whole, unit.tolist(), [AS_THEY_ARE] * len(unit), _widths(whole, begin).tolist())


def _whole_numbers(column: Numbers, begin: Places) -> _Columns:
    """Turn each day's numbers into whole ones where they have few decimals: plain or as steps, whichever is narrower.

    Others are left as the bits they are.
    """
    lengths, first = np.diff(begin), begin[:-1]
    decimals = _decimals(column, first)
    exact = decimals >= 0
    power = np.repeat(10.0 ** np.maximum(decimals, 0), lengths)
    whole = np.rint(np.where(np.repeat(exact, lengths), column, 0.0) * power).astype(np.int64)
    steps = whole - np.append(0, whole[:-1])
    steps[first] = whole[first]
    change = np.add.reduceat(np.abs(steps), first) - np.abs(whole[first])
    in_steps = change < np.add.reduceat(np.abs(whole - np.repeat(whole[first], lengths)), first)
    folded = _unsigned(np.where(np.repeat(in_steps, lengths), steps, whole))
    width = np.where(exact, _widths(folded, begin), _WIDTHS[-1])
    how = np.where(exact, np.where(in_steps, AS_STEPS, AS_THEY_ARE), AS_FLOATS)
    bits = np.where(np.repeat(exact, lengths), folded, np.ascontiguousarray(column).view(np.int64))
    return _Columns(bits, np.maximum(decimals, 0).tolist(), how.tolist(), width.tolist())


def _decimals(column: Numbers, first: Places) -> Places:
    """Find for each day how many decimals make every number whole, exactly; -1 where none of a few does."""
    found = np.full(len(first), -1)
    with np.errstate(over="ignore", invalid="ignore"):
        fine = ~(np.signbit(column) & (column == 0)) & (np.abs(column) * 10.0**_DECIMALS < _EXACT)
        for decimals in range(_DECIMALS, -1, -1):
            power = 10.0**decimals
            found[np.logical_and.reduceat(fine & (np.rint(column * power) / power == column), first)] = decimals
    return found


def _plain(whole: Whole, begin: Places) -> _Columns:
    """Take whole numbers that are not negative as they are."""
    days = len(begin) - 1
    return _Columns(whole, [0] * days, [AS_THEY_ARE] * days, _widths(whole, begin).tolist())


def _unsigned(column: Whole) -> Whole:
    """Fold the sign into the lowest bit, so that small numbers of either sign stay small."""
    return (column << 1) ^ (column >> _SIGNS)


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
