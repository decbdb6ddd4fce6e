"""Readings as they arrive: columns of text or numbers, whose meaning nobody has checked yet."""

import hashlib
import re
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from telemetry.moment import Moments
from telemetry.refusal import Refusal
from telemetry.track import Marks, Numbers, Places

COLUMNS = ("asset_id", "metric", "at", "value", "unit")
_LONGEST = 200
_ZONED = re.compile(r"\d[T ]\d.*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$")
_MISSING = np.iinfo(np.int64).min


class MissingColumn(Refusal):
    """A batch of readings lacks a column."""


class Words(NamedTuple):
    """A column of text: each different word once, and which one stands in each row (the last is the empty one)."""

    row: Places
    word: list[str]


class Stamps(NamedTuple):
    """A column of moments, and where they could not be read or had no zone."""

    micros: Moments
    unreadable: Marks
    zoneless: Marks


class Arrived(NamedTuple):
    """A batch in columns, read but not checked."""

    asset: Words
    metric: Words
    unit: Words
    stamp: Stamps
    value: Numbers
    fingerprint: str
    """SHA-256 of the content: the same batch sent again has the same."""

    def __len__(self) -> int:
        """Count the readings."""
        return len(self.value)


def read(frame: pd.DataFrame, *, zone: str | None = None) -> Arrived:
    """Read a batch's columns: `asset_id`, `metric`, `at`, `value` and, where not canonical, `unit`.

    `zone` names the zone of moments that carry none; without it they cannot be believed. Raises MissingColumn.
    """
    for name in COLUMNS[:-1]:
        if name not in frame.columns:
            sentence = f"the column {name} is missing; a batch has {', '.join(COLUMNS)}"
            raise MissingColumn(sentence, field=name)
    asset, metric = words(frame["asset_id"]), words(frame["metric"])
    unit = words(frame["unit"]) if "unit" in frame.columns else Words(np.full(len(frame), -1), [""])
    stamp, value = _stamps(frame["at"], zone), _numbers(frame["value"])
    return Arrived(asset, metric, unit, stamp, value, _fingerprint((asset, metric, unit), stamp, value))


def words(column: "pd.Series[str]") -> Words:
    """Read a column of text, each different word only once."""
    codes, found = pd.factorize(column)
    return Words(codes.astype(np.int64), [*(text(word) for word in found), ""])


def text(word: object) -> str:
    """Give what was sent as text that every database can keep: no NUL, no half characters, not too long."""
    sound = str(word).encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return sound.strip()[:_LONGEST]


def _numbers(column: "pd.Series[float]") -> Numbers:
    """Read numbers; what is none becomes NaN."""
    if is_numeric_dtype(column) and not is_bool_dtype(column):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64) + 0.0
    read = pd.to_numeric(column, errors="coerce")
    return np.asarray(read, dtype=np.float64) + np.float64(0)


def _stamps(column: "pd.Series[str]", zone: str | None) -> Stamps:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        at = _as_micros(pd.DatetimeIndex(column))
        return Stamps(at, at == _MISSING, np.zeros(len(at), dtype=bool))
    row, word = words(column)
    written = pd.Series(word, dtype="str")
    zoned = written.str.contains(_ZONED).to_numpy(dtype=bool)
    at = np.full(len(word), _MISSING, dtype=np.int64)
    at[zoned] = _as_micros(
        pd.DatetimeIndex(pd.to_datetime(written[zoned], format="ISO8601", utc=True, errors="coerce"))
    )
    local = pd.DatetimeIndex(pd.to_datetime(written[~zoned], format="ISO8601", errors="coerce"))
    readable = ~np.asarray(local.isna())
    zoneless = np.zeros(len(word), dtype=bool)
    if zone is None:
        zoneless[np.flatnonzero(~zoned)[readable]] = True
    else:
        at[~zoned] = _as_micros(local.tz_localize(zone, ambiguous="NaT", nonexistent="NaT"))
    return Stamps(at[row], ((at == _MISSING) & ~zoneless)[row], zoneless[row])


def _as_micros(moments: pd.DatetimeIndex) -> Moments:
    """Count microseconds; a moment that is none becomes the smallest number."""
    return moments.as_unit("us").asi8


def _fingerprint(texts: tuple[Words, ...], stamp: Stamps, value: Numbers) -> str:
    """Hash the content of a batch, however its columns were typed."""
    found = hashlib.sha256()
    for row, word in texts:
        found.update(row.tobytes() + "\x1f".join(word).encode())
    found.update(stamp.micros.tobytes() + stamp.zoneless.tobytes() + value.tobytes())
    return found.hexdigest()
