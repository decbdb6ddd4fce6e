"""A batch of readings as a program sends it, JSON or csv, read into columns; what it means is checked below."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from telemetry.reading import Arrived, read
from telemetry.refusal import Refusal

COLUMNS = ("asset", "metric", "at", "value", "unit")
_NEEDED = frozenset(COLUMNS[:-1])


class UnreadableBatch(Refusal):
    """The body is no batch of readings."""


class UnknownMediaType(Refusal):
    """The body is in a form that we do not read."""


class _Reading(msgspec.Struct, forbid_unknown_fields=True):
    asset: str
    metric: str
    at: str
    value: float | str | None
    unit: str | None = None


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    readings: list[_Reading]


def _read_batch(body: bytes, *, content_type: str) -> pd.DataFrame:
    """Read a batch in the form its content type names.

    Raises UnreadableBatch and UnknownMediaType.
    """
    form = content_type.partition(";")[0].strip().lower()
    if form not in _FORMS:
        sentence = f"readings come as {' or '.join(_FORMS)}, not as '{form[:60]}'"
        raise UnknownMediaType(sentence, field="Content-Type")
    return _FORMS[form](body)


def _from_json(body: bytes) -> pd.DataFrame:
    try:
        readings = msgspec.json.decode(body, type=_Batch).readings
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        sentence = f"the body is no batch like {{'readings': [{{'asset': ..., 'metric': ..., ...}}]}}: {error}"
        raise UnreadableBatch(sentence, field="body") from error
    return pd.DataFrame({name: _column(getattr(one, name) for one in readings) for name in COLUMNS})


def _column(cells: Any) -> "pd.Series[Any]":
    return pd.Series(list(cells), dtype=object)


def _from_csv(body: bytes) -> pd.DataFrame:
    texts = csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()), strings_can_be_null=False)
    try:
        table = csv.read_csv(BytesIO(body), convert_options=texts)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        sentence = f"the body is no csv of readings: {error}"
        raise UnreadableBatch(sentence, field="body") from error
    _check_heading(table.column_names)
    return pd.DataFrame({name: table.column(name).to_pandas() for name in table.column_names})


def _check_heading(names: list[str]) -> None:
    missing, strange = _NEEDED - set(names), [name for name in names if name not in COLUMNS]
    if missing or strange or len(set(names)) != len(names):
        shown = ", ".join(name[:40] for name in names[:20])
        sentence = f"the heading is '{shown}' and should be '{','.join(COLUMNS)}', where unit may be left out"
        raise UnreadableBatch(sentence, field="body")


_FORMS: dict[str, Callable[[bytes], pd.DataFrame]] = {"application/json": _from_json, "text/csv": _from_csv}


def decode(body: bytes, *, content_type: str, encoding: str, now: datetime) -> Arrived:  # noqa: ARG001 - a bridge
    """Read a batch into columns, until `telemetry.wire` does."""
    return read(_read_batch(body, content_type=content_type), named="asset")
