"""One delivery written in each form that is measured, ahead of the measurement."""

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from pas.bench.ingest.stream import METRICS, UNITS, Batch, Reported

Lines = Callable[[Batch], bytes]


class Form(NamedTuple):
    """A way to write a delivery, and the content type under which it is sent."""

    name: str
    content_type: str
    write: Lines


def rows(batch: Batch) -> bytes:
    """Write an object for each reading."""
    written = (
        f'{{"asset":"{asset}","metric":"{metric}","at":"{at}","value":{value},"unit":"{unit}"}}'
        for asset, at, values in _moments(batch)
        for metric, unit, value in zip(METRICS, UNITS, values, strict=True)
    )
    return ('{"readings":[' + ",".join(written) + "]}").encode()


def messages(batch: Batch) -> bytes:
    """Write an object for each thing and moment, with all its values."""
    written = (
        f'{{"asset":"{asset}","at":"{at}","values":{{'
        + ",".join(f'"{metric}":{value}' for metric, value in zip(METRICS, values, strict=True))
        + "}}"
        for asset, at, values in _moments(batch)
    )
    return ('{"messages":[' + ",".join(written) + "]}").encode()


def blocks(batch: Batch) -> bytes:
    """Write an object for each series: its moments in milliseconds since 1970, and its values."""
    seen = batch.reported
    written = [
        {
            "asset": str(asset),
            "metric": metric,
            "unit": unit,
            "t": (seen.at[thing] // 1000).tolist(),
            "v": seen.value[number, thing].tolist(),
        }
        for thing, asset in enumerate(seen.assets)
        for number, (metric, unit) in enumerate(zip(METRICS, UNITS, strict=True))
    ]
    return json.dumps({"series": written}, separators=(",", ":")).encode()


def columns(batch: Batch) -> bytes:
    """Write one list for each column, moments in milliseconds since 1970."""
    listed = [
        (asset, metric, at, value, unit)
        for asset, at, values in _stamped(batch.reported)
        for metric, unit, value in zip(METRICS, UNITS, values, strict=True)
    ]
    names = ("asset", "metric", "at", "value", "unit")
    written = dict(zip(names, zip(*listed, strict=True), strict=True))
    return json.dumps({"columns": written}, separators=(",", ":")).encode()


def lines(batch: Batch) -> bytes:
    """Write line protocol, a line a reading: the thing as a tag, its metric as a field, nanoseconds since 1970."""
    seen = batch.reported
    written = (
        f"pas,asset={asset} {metric}={value} {at}000000"
        for asset, at, values in _stamped(seen)
        for metric, value in zip(METRICS, values, strict=True)
    )
    return "\n".join(written).encode()


def device_lines(batch: Batch) -> bytes:
    """Write line protocol, a line a moment: the thing as a tag and all its metrics as fields."""
    written = (
        f"pas,asset={asset} "
        + ",".join(f"{metric}={value}" for metric, value in zip(METRICS, values, strict=True))
        + f" {at}000000"
        for asset, at, values in _stamped(batch.reported)
    )
    return "\n".join(written).encode()


def _stamped(seen: Reported) -> Iterator[tuple[str, int, list[float]]]:
    names = [str(asset) for asset in seen.assets]
    for minute in range(seen.at.shape[1]):
        at = (seen.at[:, minute] // 1000).tolist()
        yield from zip(names, at, seen.value[:, :, minute].T.tolist(), strict=True)


def _moments(batch: Batch) -> Iterator[tuple[str, str, list[float]]]:
    """Give what each thing said at each moment, minute by minute as it happened."""
    seen = batch.reported
    names = [str(asset) for asset in seen.assets]
    written = np.datetime_as_string((seen.at // 1000).astype("datetime64[ms]"), timezone="UTC")
    for minute in range(seen.at.shape[1]):
        yield from zip(names, written[:, minute].tolist(), seen.value[:, :, minute].T.tolist(), strict=True)


ROWS = Form("rows", "application/json", rows)
MESSAGES = Form("messages", "application/json", messages)
COLUMNS = Form("columns", "application/json", columns)
BLOCKS = Form("series blocks", "application/json", blocks)
LINES = Form("line protocol", "text/plain", lines)
DEVICE_LINES = Form("device lines", "text/plain", device_lines)
