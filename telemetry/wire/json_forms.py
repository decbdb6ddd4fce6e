"""Readings as JSON: row by row, in columns, by message of a device, or in blocks of one series each."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import UNSET, Struct, UnsetType

from telemetry.reading import Arrived, Raw, Words
from telemetry.track import Places
from telemetry.wire.cells import Cell, numbers_of, one_by_one, repeated, repeated_stamps, stamps_of, words_of
from telemetry.wire.json_text import read_json
from telemetry.wire.precision import Precision
from telemetry.wire.unreadable import unreadable

_LIKE = '{"readings": [{"asset": ..., "metric": ..., "at": ..., "value": ...}]}'
At = str | int | float | None


class Row(Struct, forbid_unknown_fields=True, gc=False):
    """One reading."""

    asset: str
    metric: str
    at: At
    value: Cell
    unit: str | None = None


class Columns(Struct, forbid_unknown_fields=True):
    """Readings in columns of equal length."""

    asset: list[str]
    metric: list[str]
    at: list[At]
    value: list[Cell]
    unit: list[str | None] | None = None


class Message(Struct, forbid_unknown_fields=True):
    """What a device measured at one moment, by metric."""

    asset: str
    at: At
    values: dict[str, Cell]
    units: dict[str, str] | None = None


class Block(Struct, forbid_unknown_fields=True):
    """Readings of one metric of one asset: the moments and the values."""

    asset: str
    metric: str
    t: list[At]
    v: list[Cell]
    unit: str | None = None


class _Body(Struct, forbid_unknown_fields=True):
    readings: list[Row] | UnsetType = UNSET
    columns: Columns | UnsetType = UNSET
    messages: list[Message] | UnsetType = UNSET
    series: list[Block] | UnsetType = UNSET
    precision: Literal["s", "ms", "us", "ns"] | UnsetType = UNSET


_body = msgspec.json.Decoder(_Body)
_row = msgspec.json.Decoder(Row)


def from_json(body: bytes, precision: Precision) -> Arrived:
    """Read one JSON document; its only key beside `precision` says how the readings stand in it.

    Raises UnreadableBatch.
    """
    read = read_json(_body.decode, body, like=_LIKE)
    sent = [(name, getattr(read, name)) for name in _READ if getattr(read, name) is not UNSET]
    if len(sent) != 1:
        told = " and ".join(name for name, _ in sent) or "none"
        raise unreadable(f"the body holds one of {', '.join(_READ)}, and this one holds {told}")
    (name, content) = sent[0]
    return _READ[name](content, precision if read.precision is UNSET else Precision(read.precision))


def from_lines(body: bytes, precision: Precision) -> Arrived:
    """Read one JSON reading a line.

    Raises UnreadableBatch.
    """
    like = 'lines of {"asset": ..., "metric": ..., "at": ..., "value": ...}'
    return _from_rows(read_json(_row.decode_lines, body, like=like), precision)


def _from_rows(rows: Sequence[Row], precision: Precision) -> Arrived:
    return _arrived(
        words_of([row.asset for row in rows]),
        words_of([row.metric for row in rows]),
        words_of([row.unit for row in rows]),
        [row.at for row in rows],
        [row.value for row in rows],
        precision,
    )


def _from_columns(sent: Columns, precision: Precision) -> Arrived:
    count = len(sent.asset)
    for name in ("metric", "at", "value", "unit"):
        length = count if getattr(sent, name) is None else len(getattr(sent, name))
        if length != count:
            raise unreadable(f"columns have one length, and here asset has {count} and {name} has {length} cells")
    unit = words_of([None] * count if sent.unit is None else sent.unit)
    return _arrived(words_of(sent.asset), words_of(sent.metric), unit, sent.at, sent.value, precision)


def _from_messages(messages: Sequence[Message], precision: Precision) -> Arrived:
    count = np.fromiter((len(one.values) for one in messages), np.int64, len(messages))
    at = [one.at for one in messages]
    value, shown = numbers_of(list(chain.from_iterable([one.values.values() for one in messages])))
    return Arrived(
        asset=repeated(words_of([one.asset for one in messages]), count),
        metric=words_of(list(chain.from_iterable([one.values for one in messages]))),
        unit=words_of(_units(messages, count)),
        stamp=repeated_stamps(stamps_of(at, precision=precision), count),
        value=value,
        raw=Raw(one_by_one(at, count), shown),
    )


def _units(messages: Sequence[Message], count: Places) -> Sequence[str | None]:
    if all(one.units is None for one in messages):
        return [None] * int(count.sum())
    return [(one.units or {}).get(metric) for one in messages for metric in one.values]


def _from_blocks(blocks: Sequence[Block], precision: Precision) -> Arrived:
    count = np.fromiter((len(one.t) for one in blocks), np.int64, len(blocks))
    for place, one in enumerate(blocks):
        if len(one.t) != len(one.v):
            raise unreadable(f"series[{place}] has {len(one.t)} moments in t and {len(one.v)} values in v")
    each: list[Callable[[Block], str | None]] = [lambda b: b.asset, lambda b: b.metric, lambda b: b.unit]
    asset, metric, unit = (repeated(words_of([word(one) for one in blocks]), count) for word in each)
    at, value = ([one.t for one in blocks], [one.v for one in blocks])
    return _arrived(asset, metric, unit, _flat(at), _flat(value), precision)


def _flat(lists: Sequence[list[Any]]) -> list[Any]:
    return lists[0] if len(lists) == 1 else list(chain.from_iterable(lists))


def _arrived(
    asset: Words, metric: Words, unit: Words, at: Sequence[At], value: Sequence[Cell], precision: Precision
) -> Arrived:
    number, shown = numbers_of(value)
    return Arrived(asset, metric, unit, stamps_of(at, precision=precision), number, Raw(at, shown))


_READ: dict[str, Callable[[Any, Precision], Arrived]] = {
    "readings": _from_rows,
    "columns": _from_columns,
    "messages": _from_messages,
    "series": _from_blocks,
}
