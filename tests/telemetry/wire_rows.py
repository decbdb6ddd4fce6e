"""Readings as plain rows, and written in every form, to see that all forms say the same."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from telemetry.moment import micros
from telemetry.reading import Arrived
from telemetry.wire.decode import decode

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


class OneReading(NamedTuple):
    asset: str
    metric: str
    at: datetime
    value: float
    unit: str


Row = tuple[str, str, int, float | None, str]


def rows_of(arrived: Arrived) -> list[Row]:
    """Give what arrived as rows; a value that is none is None."""
    words = [[column.word[row] for row in column.row] for column in (arrived.asset, arrived.metric, arrived.unit)]
    values = [None if np.isnan(value) else value for value in arrived.value.tolist()]
    return list(zip(*words[:2], arrived.stamp.micros.tolist(), values, words[2], strict=True))


def expected(readings: Sequence[OneReading]) -> list[Row]:
    return [(one.asset, one.metric, micros(one.at), one.value, one.unit) for one in readings]


def read(body: bytes | str, content_type: str, encoding: str = "") -> Arrived:
    sent = body.encode() if isinstance(body, str) else body
    return decode(sent, content_type=content_type, encoding=encoding, now=NOW)


def _row(one: OneReading) -> dict[str, object]:
    return {"asset": one.asset, "metric": one.metric, "at": one.at.isoformat(), "value": one.value, "unit": one.unit}


def _rows(readings: Sequence[OneReading]) -> str:
    return json.dumps({"readings": [_row(one) for one in readings]})


def _columns(readings: Sequence[OneReading]) -> str:
    names = ("asset", "metric", "at", "value", "unit")
    return json.dumps({"columns": {name: [_row(one)[name] for one in readings] for name in names}})


def _messages(readings: Sequence[OneReading]) -> str:
    return json.dumps({
        "messages": [
            {"asset": one.asset, "at": one.at.isoformat(), "values": {one.metric: one.value},
             "units": {one.metric: one.unit}}
            for one in readings
        ]
    })  # fmt: skip


def _series(readings: Sequence[OneReading]) -> str:
    blocks = []
    for (asset, metric, unit), group in groupby(readings, lambda one: (one.asset, one.metric, one.unit)):
        some = list(group)
        t, v = [micros(one.at) for one in some], [one.value for one in some]
        blocks.append({"asset": asset, "metric": metric, "unit": unit, "t": t, "v": v})
    return json.dumps({"precision": "us", "series": blocks})


def _ndjson(readings: Sequence[OneReading]) -> str:
    return "".join(json.dumps(_row(one)) + "\n" for one in readings)


def _csv(readings: Sequence[OneReading]) -> str:
    def quoted(cell: object) -> str:
        return '"' + str(cell).replace('"', '""') + '"'

    rows = (",".join(quoted(cell) for cell in _row(one).values()) for one in readings)
    return "asset,metric,at,value,unit\n" + "".join(row + "\n" for row in rows)


def _escaped(word: str) -> str:
    return word.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def _lines(readings: Sequence[OneReading]) -> str:
    return "".join(
        f"office,asset={_escaped(one.asset)}{',unit=' + _escaped(one.unit) if one.unit else ''} "
        f"{_escaped(one.metric)}={one.value!r} {micros(one.at) * 1000}\n"
        for one in readings
    )


def _senml(readings: Sequence[OneReading]) -> str:
    return json.dumps([
        {"bn": f"{one.asset}:", "n": one.metric, "u": one.unit, "v": one.value, "bt": one.at.timestamp()}
        for one in readings
    ])  # fmt: skip


def _arrow(readings: Sequence[OneReading]) -> bytes:
    columns = {
        "asset": pa.array([one.asset for one in readings], pa.string()),
        "metric": pa.array([one.metric for one in readings], pa.string()).dictionary_encode(),
        "at": pa.array([micros(one.at) for one in readings], pa.timestamp("us", "UTC")),
        "value": pa.array([one.value for one in readings], pa.float64()),
        "unit": pa.array([one.unit or None for one in readings], pa.string()),
    }
    table, sink = pa.table(columns), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table, max_chunksize=3)
    return bytes(sink.getvalue().to_pybytes())


WRITTEN: dict[str, tuple[str, Callable[[Sequence[OneReading]], bytes | str]]] = {
    "rows": ("application/json", _rows),
    "columns": ("application/json", _columns),
    "messages": ("application/json; charset=utf-8", _messages),
    "series": ("application/json", _series),
    "ndjson": ("application/x-ndjson", _ndjson),
    "csv": ("text/csv", _csv),
    "lines": ("text/plain", _lines),
    "senml": ("application/senml+json", _senml),
    "arrow": ("application/vnd.apache.arrow.stream", _arrow),
}
