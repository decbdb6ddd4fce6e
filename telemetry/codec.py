"""Pack the readings and hour rollups of one series-day into bytes, and unpack them again, number for number."""

import threading

import numpy as np
import zstandard

from telemetry.moment import HOUR, Moments
from telemetry.rollup import HOURS_A_DAY, Rollups
from telemetry.track import Numbers

CODEC = 1
"""Columns behind one another, little-endian, moments as steps, compressed by zstd."""

_LEVEL = 1
_BYTES_A_READING = 16
_FEW = 4 * HOURS_A_DAY
_local = threading.local()
_HOUR = np.dtype(
    [
        ("hour", "u1"),
        ("count", "<u4"),
        *((name, "<f8") for name in ("total", "minimum", "maximum", "first", "last", "mean", "increase")),
    ]
)


class UnknownCodec(ValueError):
    """A programming error or a database from the future: we cannot read these bytes."""


def pack_readings(steps: Moments, values: Numbers) -> bytes:
    """Pack one day's readings; `steps` are its moments, each counted from the one before, the first from midnight."""
    return _compressor().compress(steps.tobytes() + values.tobytes())


def unpack_readings(packed: bytes, *, codec: int, midnight: int) -> tuple[Moments, Numbers]:
    """Give back one day's moments and values.

    Raises UnknownCodec.
    """
    if codec != CODEC:
        msg = f"readings of codec {codec} cannot be read by this version"
        raise UnknownCodec(msg)
    raw = _decompressor().decompress(packed)
    count = len(raw) // _BYTES_A_READING
    steps = np.frombuffer(raw, dtype="<i8", count=count)
    return midnight + np.cumsum(steps), np.frombuffer(raw, dtype="<f8", offset=8 * count)


def worth_packing(count: int) -> bool:
    """Say whether a day has so many readings that its hours are kept; those of few are as quickly made anew."""
    return count > _FEW


def pack_hours(hourly: Rollups) -> bytes:
    """Pack the hour rollups of one day."""
    rows = np.zeros(len(hourly.start), dtype=_HOUR)
    rows["hour"] = hourly.start // HOUR % HOURS_A_DAY
    for name in _HOUR.names or ():
        if name != "hour":
            rows[name] = getattr(hourly, name)
    return _compressor().compress(rows.tobytes())


def unpack_hours(packed: bytes, *, series: int, midnight: int) -> Rollups:
    """Give back the hour rollups of one day."""
    rows = np.frombuffer(_decompressor().decompress(packed), dtype=_HOUR)
    given = {name: rows[name].astype(np.float64) for name in (_HOUR.names or ())[2:]}
    return Rollups(
        series=np.full(len(rows), series, dtype=np.int64),
        start=midnight + rows["hour"].astype(np.int64) * HOUR,
        count=rows["count"].astype(np.int64),
        hour_count=np.ones(len(rows), dtype=np.int64),
        **given,
    )


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
