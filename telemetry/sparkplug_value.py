"""The number that a Sparkplug metric carries: bits read by the metric's datatype, or the reason why it is none."""

import math
import re
from typing import Any, NamedTuple

from telemetry.sparkplug_payload import DataType

_WIDTHS = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
    DataType.UINT8: 8,
    DataType.UINT16: 16,
    DataType.UINT32: 32,
    DataType.UINT64: 64,
}
_SIGNED = {DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64}
_WHOLE_FIELDS = {"int_value": 32, "long_value": 64}
_BROKEN_FIELDS = {"float_value", "double_value"}
_USUAL = {
    "float_value": DataType.FLOAT,
    "double_value": DataType.DOUBLE,
    "boolean_value": DataType.BOOLEAN,
    "string_value": DataType.STRING,
}
_AMBIGUOUS = 128
_TEXTS = {DataType.STRING, DataType.TEXT}
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?")
_SHOWN = 80


class Value(NamedTuple):
    """A number, or NaN, and what to show a person who is to judge it."""

    number: float
    shown: str


def value(datatype: int, field: str, raw: Any) -> Value:
    """Read a metric's value.

    >>> value(DataType.INT8, "int_value", 0xFFFFFFFB), value(DataType.INT8, "int_value", 0xFB)
    (Value(number=-5.0, shown='-5'), Value(number=-5.0, shown='-5'))
    >>> value(DataType.DATASET, "dataset_value", b"...")
    Value(number=nan, shown='a DataSet')
    """
    if datatype == DataType.UNKNOWN:
        return _untyped(field, raw)
    if datatype in _WIDTHS and field in _WHOLE_FIELDS:
        return _whole(DataType(datatype), raw, _WHOLE_FIELDS[field])
    if datatype in {DataType.FLOAT, DataType.DOUBLE} and field in _BROKEN_FIELDS:
        number = _shortest(raw) if field == "float_value" else raw
        return Value(number, f"{number:.15g}")
    if datatype == DataType.BOOLEAN and field == "boolean_value":
        return Value(float(raw), str(raw).lower())
    if datatype in _TEXTS and field == "string_value":
        return _text(raw.decode("utf-8", "replace").strip())
    return Value(math.nan, _named(datatype, field))


def _untyped(field: str, raw: Any) -> Value:
    """Read what no birth explains, as far as it can mean only one number; 251 may also be -5."""
    if field in _WHOLE_FIELDS and raw >= _AMBIGUOUS:
        return Value(math.nan, f"{raw} of an unknown datatype")
    typed = DataType.INT8 if field in _WHOLE_FIELDS else _USUAL.get(field)
    return Value(math.nan, "a value of an unknown datatype") if typed is None else value(typed, field, raw)


def _whole(datatype: DataType, raw: int, field_width: int) -> Value:
    """Read whole numbers; senders write a negative one in the width of its type or of its field."""
    width = _WIDTHS[datatype]
    number = raw
    if datatype in _SIGNED:
        bits = field_width if raw >> width else width
        number = raw - (1 << bits) if raw >> (bits - 1) else raw
    lowest, highest = (-(1 << width - 1), (1 << width - 1) - 1) if datatype in _SIGNED else (0, (1 << width) - 1)
    if not lowest <= number <= highest:
        return Value(math.nan, f"{number}, which is no {_word(datatype)}")
    return Value(float(number), str(number))


def _shortest(single: float) -> float:
    """Take a number of 32 bits as its sender wrote it: 21.3, not 21.299999237060547."""
    return float(f"{single:.7g}") if math.isfinite(single) else single


def _text(written: str) -> Value:
    return Value(float(written) if _NUMBER.fullmatch(written) else math.nan, written[:_SHOWN])


def _named(datatype: int, field: str) -> str:
    """Name what came in place of a number."""
    word = _word(datatype)
    return f"a {word} in {field}" if datatype in _WIDTHS or datatype <= DataType.BOOLEAN else f"a {word}"


def _word(datatype: int) -> str:
    words = {DataType.DATASET: "DataSet", DataType.DATETIME: "DateTime", DataType.UUID: "UUID"}
    try:
        kind = DataType(datatype)
    except ValueError:
        return f"value of datatype {datatype}"
    return words.get(kind) or kind.name.capitalize().replace("Uint", "UInt")
