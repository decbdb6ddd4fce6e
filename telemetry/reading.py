"""Readings as they arrive: columns of text or numbers, whose meaning nobody has checked yet."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from telemetry.moment import Moments, moment
from telemetry.refusal import Refusal
from telemetry.stamps import read_usual
from telemetry.track import Marks, Numbers, Places

COLUMNS = ("asset_id", "metric", "at", "value", "unit")
_LONGEST = 200
_CELLS = ("asset", "metric", "at", "value", "unit")
_ZONED = re.compile(r"\d[T ]\d.*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$")
NO_MOMENT = int(np.iinfo(np.int64).min)
"""Stands in a column of moments where none could be read."""


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


class Raw(NamedTuple):
    """Cells as they were sent, to show those that are doubted; None where the columns say it all."""

    at: Sequence[object] | None = None
    value: Sequence[object] | None = None


_SAID = Raw()


@dataclass(frozen=True)
class Arrived:
    """A batch in columns, read but not checked."""

    asset: Words
    metric: Words
    unit: Words
    stamp: Stamps
    value: Numbers
    """NaN where no number was sent."""
    raw: Raw = _SAID

    def __len__(self) -> int:
        """Count the readings."""
        return len(self.value)

    def as_received(self, row: int) -> dict[str, str]:
        """Give one reading as text, cell by cell as it came."""
        return self.all_as_received([row])[0]

    def all_as_received(self, rows: list[int]) -> list[dict[str, str]]:
        """Give some readings as text."""
        at, value = self.raw
        asset, metric, unit = (
            [words.word[place] for place in words.row[rows].tolist()] for words in (self.asset, self.metric, self.unit)
        )
        moments = [_written(one) for one in self.stamp.micros[rows].tolist()] if at is None else _texts(at, rows)
        values = [_number(one) for one in self.value[rows].tolist()] if value is None else _texts(value, rows)
        cells = zip(asset, metric, moments, values, unit, strict=True)
        return [dict(zip(_CELLS, cell, strict=True)) for cell in cells]


def read(frame: pd.DataFrame, *, zone: str | None = None, named: str = "asset_id") -> Arrived:
    """Read a table's columns: `named` (the asset), `metric`, `at`, `value` and, where not canonical, `unit`.

    `zone` names the zone of moments that carry none; without it they cannot be believed. Raises MissingColumn.
    """
    needed = (named, *COLUMNS[1:-1])
    for name in needed:
        if name not in frame.columns:
            sentence = f"the column {name} is missing; a batch has {', '.join((*needed, 'unit'))}"
            raise MissingColumn(sentence, field=name)
    asset, metric = words(frame[named]), words(frame["metric"])
    unit = words(frame["unit"]) if "unit" in frame.columns else Words(np.full(len(frame), -1), [""])
    raw = Raw(*(_shown(frame[name]) for name in ("at", "value")))
    return Arrived(asset, metric, unit, stamps(frame["at"], zone), numbers(frame["value"]), raw)


def _shown(column: "pd.Series[str]") -> Sequence[object]:
    """Give a column's cells for a person to read; an empty one is no text."""
    return _Cells(column)


class _Cells(Sequence[object]):
    """The cells of a column, each looked up only when it is shown."""

    def __init__(self, column: "pd.Series[str]") -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, row: Any) -> Any:
        cell = self._column.iloc[row]
        return "" if pd.isna(cell) else cell


def fingerprint(arrived: Arrived) -> str:
    """Hash the content of a batch, however it was sent: the same batch sent again has the same SHA-256."""
    found = hashlib.sha256()
    for row, word in (arrived.asset, arrived.metric, arrived.unit):
        found.update(row.tobytes() + "\x1f".join(word).encode())
    found.update(arrived.stamp.micros.tobytes() + arrived.stamp.zoneless.tobytes() + arrived.value.tobytes())
    return found.hexdigest()


def words(column: "pd.Series[str]") -> Words:
    """Read a column of text, each different word only once."""
    codes, found = pd.factorize(column)
    return Words(codes.astype(np.int64), [*(text(word) for word in found), ""])


def text(word: object) -> str:
    """Give what was sent as text that every database can keep: no NUL, no half characters, not too long."""
    sound = str(word).encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return sound.strip()[:_LONGEST]


def numbers(column: "pd.Series[float]") -> Numbers:
    """Read numbers; what is none becomes NaN."""
    if is_numeric_dtype(column) and not is_bool_dtype(column):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64) + 0.0
    read = pd.to_numeric(column, errors="coerce")
    return np.asarray(read, dtype=np.float64) + np.float64(0)


def stamps(column: "pd.Series[str]", zone: str | None = None) -> Stamps:
    """Read moments; `zone` is that of those that carry none, and without it they cannot be believed."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        at = _as_micros(pd.DatetimeIndex(column))
        return Stamps(at, at == NO_MOMENT, np.zeros(len(at), dtype=bool))
    row, word = words(column)
    at, read = read_usual(word)
    zoneless = np.zeros(len(word), dtype=bool)
    rest = np.flatnonzero(~read)
    at[rest], zoneless[rest] = _in_any_width(pd.Series([word[place] for place in rest], dtype="str"), zone)
    return Stamps(at[row], ((at == NO_MOMENT) & ~zoneless)[row], zoneless[row])


def _in_any_width(written: "pd.Series[str]", zone: str | None) -> tuple[Moments, Marks]:
    """Read moments one by one, whatever their width; mark those that lack a zone."""
    zoned = written.str.contains(_ZONED).to_numpy(dtype=bool)
    at = np.full(len(written), NO_MOMENT, dtype=np.int64)
    at[zoned] = _as_micros(
        pd.DatetimeIndex(pd.to_datetime(written[zoned], format="ISO8601", utc=True, errors="coerce"))
    )
    local = pd.DatetimeIndex(pd.to_datetime(written[~zoned], format="ISO8601", errors="coerce"))
    zoneless = np.zeros(len(written), dtype=bool)
    if zone is None:
        zoneless[~zoned] = ~np.asarray(local.isna())
    else:
        at[~zoned] = _as_micros(local.tz_localize(zone, ambiguous="NaT", nonexistent="NaT"))
    return at, zoneless


def _as_micros(moments: pd.DatetimeIndex) -> Moments:
    """Count microseconds; a moment that is none becomes the smallest number."""
    return moments.as_unit("us").asi8


def _texts(cells: Sequence[object], rows: Sequence[int]) -> list[str]:
    return [text(cells[row]) for row in rows]


def _number(value: float) -> str:
    return repr(value).removesuffix(".0")


def _written(micros: int) -> str:
    return "" if micros == NO_MOMENT else moment(micros).isoformat().replace("+00:00", "Z")
