"""Readings as SenML (RFC 8428): a name is the asset, `:` or `/`, and the metric; base fields hold until the next."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec import UNSET, Struct, UnsetType

from telemetry.moment import Moments, micros
from telemetry.reading import NO_MOMENT, Arrived, Raw, Words
from telemetry.wire.cells import Cell, Coded, coded, known_words, numbers_of, stamps_from
from telemetry.wire.json_text import read_json
from telemetry.wire.precision import Precision, from_fractions
from telemetry.wire.unreadable import unreadable

_LIKE = '[{"bn": "PJ-00001:", "bt": 1774792800, "n": "co2", "u": "ppm", "v": 412.5}]'
_VERSION = 10
_RELATIVE = 2.0**28
"""Times below this are seconds from now, as the standard has it."""
_OUR_NAMES = {"Cel": "degC", "%RH": "percent", "/": "fraction", "%EL": "percent"}
"""SenML's names of units that we know by another; the rest are the same."""


_NAME = re.compile(r"(.*)[:/](.+)", re.DOTALL)


class _Record(Struct, gc=False):
    n: str = ""
    u: str | None = None
    v: Cell | UnsetType = UNSET
    vb: bool | None = None
    vs: str | None = None
    vd: str | None = None
    s: float | None = None
    t: float | str | None = 0.0
    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    bver: int = _VERSION

    def is_reading(self) -> bool:
        """Tell a reading from a record that only says what holds for those after it."""
        values = (self.vb, self.vs, self.vd, self.s)
        return bool(self.n) or self.v is not UNSET or any(value is not None for value in values)


class _Base(NamedTuple):
    """What holds until a record says otherwise."""

    name: str = ""
    time: float = 0.0
    unit: str | None = None
    value: float = 0.0

    def then(self, one: _Record) -> "_Base":
        """Take over what a record says."""
        name, time = one.bn if one.bn is not None else self.name, one.bt if one.bt is not None else self.time
        return _Base(name, time, one.bu or self.unit, one.bv if one.bv is not None else self.value)


_records = msgspec.json.Decoder(list[_Record])
_fields = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


def from_senml(body: bytes, *, now: datetime) -> Arrived:
    """Read a SenML pack; times without a date count from `now`.

    Raises UnreadableBatch.
    """
    _check_fields(body)
    records = read_json(_records.decode, body, like=_LIKE)
    newest = max((one.bver for one in records), default=_VERSION)
    if newest > _VERSION:
        raise unreadable(f"the pack is SenML version {newest}, and we read up to {_VERSION}")
    pairs = [(base, one) for base, one in zip(_bases(records), records, strict=True) if one.is_reading()]
    row, names = coded([base.name + one.n for base, one in pairs])
    named = [_split(name) for name in names]
    value, shown = numbers_of([_value(one) for _, one in pairs])
    return Arrived(
        asset=known_words(Coded(row, [asset for asset, _ in named])),
        metric=known_words(Coded(row, [metric for _, metric in named])),
        unit=_units([one.u or base.unit for base, one in pairs]),
        stamp=stamps_from(_moments(pairs, now)),
        value=value + np.array([base.value for base, _ in pairs]),
        raw=Raw(_doubtful([one.t for _, one in pairs]), shown),
    )


def _check_fields(body: bytes) -> None:
    """Refuse what the standard marks as not to be passed over: a field whose name ends in `_`."""
    if b'_"' not in body:
        return
    strange = [name for one in read_json(_fields.decode, body, like=_LIKE) for name in one if name.endswith("_")]
    if strange:
        raise unreadable(f"the field '{strange[0][:40]}' has to be understood, as its name ends in _, and we do not")


def _bases(records: Iterable[_Record]) -> Iterator[_Base]:
    base = _Base()
    for one in records:
        if one.bn is not None or one.bt is not None or one.bu is not None or one.bv is not None:
            base = base.then(one)
        yield base


def _doubtful(cells: Sequence[float | str | None]) -> Sequence[object] | None:
    """Keep the times as sent only where one is none: the others say more as moments."""
    return None if set(map(type, cells)) <= {float} else ["" if cell is None else cell for cell in cells]


def _split(name: str) -> tuple[str, str]:
    found = _NAME.fullmatch(name)
    return (found[1], found[2]) if found else (name, "")


def _value(one: _Record) -> Cell:
    if one.v is not UNSET:
        return one.v
    return one.vs if one.vb is None else one.vb


def _units(cells: Sequence[str | None]) -> Words:
    row, unit = coded(cells)
    return known_words(Coded(row, [None if one is None else _OUR_NAMES.get(one, one) for one in unit]))


def _moments(pairs: Sequence[tuple[_Base, _Record]], now: datetime) -> Moments:
    time = np.array([base.time + one.t if isinstance(one.t, float) else np.nan for base, one in pairs])
    at = from_fractions(time, Precision.S)
    return np.where((time < _RELATIVE) & (at != NO_MOMENT), at + micros(now), at)
