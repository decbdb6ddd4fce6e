"""What stands in a Sparkplug B message: its moment, its place in the row, and what it says of each metric."""

from collections.abc import Iterator
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from telemetry.refusal import Refusal

_FIELDS: dict[str, dict[str, tuple[int, str]]] = {
    "Property": {
        "kind": (1, "UINT32"),
        "is_null": (2, "BOOL"),
        "text": (8, "BYTES"),
    },
    "Properties": {
        "keys": (1, "BYTES*"),
        "values": (2, "Property*"),
    },
    "Metric": {
        "name": (1, "BYTES"),
        "alias": (2, "UINT64"),
        "timestamp": (3, "UINT64"),
        "datatype": (4, "UINT32"),
        "is_historical": (5, "BOOL"),
        "is_transient": (6, "BOOL"),
        "is_null": (7, "BOOL"),
        "properties": (9, "Properties"),
        "int_value": (10, "UINT32"),
        "long_value": (11, "UINT64"),
        "float_value": (12, "FLOAT"),
        "double_value": (13, "DOUBLE"),
        "boolean_value": (14, "BOOL"),
        "string_value": (15, "BYTES"),
        "bytes_value": (16, "BYTES"),
        "dataset_value": (17, "BYTES"),
        "template_value": (18, "BYTES"),
        "extension_value": (19, "BYTES"),
    },
    "Payload": {
        "timestamp": (1, "UINT64"),
        "metrics": (2, "Metric*"),
        "seq": (3, "UINT64"),
        "uuid": (4, "BYTES"),
        "body": (5, "BYTES"),
    },
}
"""The fields of the Sparkplug B specification that we read, with their numbers; a * may stand several times.

Texts are read as bytes, so that a bad letter spoils one name and not the message. Data sets and templates are seen
and not opened.
"""

_VALUES = tuple(name for name in _FIELDS["Metric"] if name.endswith("_value"))
_UNIT_KEYS = (b"engUnit", b"Engineering Units", b"engineering_units", b"unit")
_LARGEST = 1_048_576
"""Bytes of the largest message that is read: far more than any edge node sends."""


class UnreadableSparkplug(Refusal):
    """A message under spBv1.0 is no Sparkplug B payload."""


class DataType(IntEnum):
    """What a metric's value is, by the specification's numbers."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19


class Said(NamedTuple):
    """What a message says of one metric; the meaning of an alias and of the bits is its birth's to tell."""

    name: str
    """Empty where only the alias was sent."""
    alias: int | None
    at: int | None
    """Milliseconds since 1970, the metric's own or else the message's."""
    datatype: int
    unit: str
    is_null: bool
    field: str
    """In which field the value came; empty where none did."""
    raw: Any


class Payload(NamedTuple):
    """A message, read but not yet understood."""

    at: int | None
    seq: int | None
    metrics: list[Said]


def decode(body: bytes) -> Payload:
    """Read a Sparkplug B payload.

    Raises UnreadableSparkplug.
    """
    if len(body) > _LARGEST:
        raise UnreadableSparkplug(f"the payload has {len(body)} bytes; send at most {_LARGEST} in one message")
    try:
        found = _kinds()["Payload"].FromString(body)
    except message.DecodeError as error:
        raise UnreadableSparkplug("the payload is no Sparkplug B message (org.eclipse.tahu Payload)") from error
    at = found.timestamp if found.HasField("timestamp") else None
    seq = found.seq if found.HasField("seq") else None
    return Payload(at, seq, [_said(one, at) for one in found.metrics])


def rebirth_command(at: int) -> bytes:
    """Write the command by which an edge node is asked to say again what its metrics are."""
    kinds = _kinds()
    command = kinds["Payload"](timestamp=at)
    command.metrics.add(name=b"Node Control/Rebirth", timestamp=at, datatype=DataType.BOOLEAN, boolean_value=True)
    written: bytes = command.SerializeToString()
    return written


def _said(one: Any, at: int | None) -> Said:
    field = one.WhichOneof("value") or ""
    return Said(
        name=_text(one.name),
        alias=one.alias if one.HasField("alias") else None,
        at=one.timestamp if one.HasField("timestamp") else at,
        datatype=one.datatype,
        unit=_unit(one.properties) if one.HasField("properties") else "",
        is_null=one.is_null or not field,
        field=field,
        raw=getattr(one, field) if field else None,
    )


def _unit(properties: Any) -> str:
    """Give the engineering unit that stands among a metric's properties."""
    found = {key: value.text for key, value in zip(properties.keys, properties.values, strict=False)}
    return next((_text(found[key]).strip() for key in _UNIT_KEYS if found.get(key)), "")


def _text(raw: bytes) -> str:
    """Give text that every database can keep."""
    return raw.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


@cache
def _kinds() -> dict[str, Any]:
    """Make the classes of the messages from the table of fields."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(descriptor_pb2.FileDescriptorProto(name="sparkplug_b", package="pas", message_type=list(_described())))
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"pas.{name}")) for name in _FIELDS}


def _described() -> Iterator[descriptor_pb2.DescriptorProto]:
    proto = descriptor_pb2.FieldDescriptorProto
    for name, fields in _FIELDS.items():
        described = descriptor_pb2.DescriptorProto(name=name)
        for field, (number, kind) in fields.items():
            plain = kind.rstrip("*")
            shape = {"type_name": f".pas.{plain}"} if plain in _FIELDS else {}
            made = described.field.add(
                name=field,
                number=number,
                label=proto.LABEL_REPEATED if kind.endswith("*") else proto.LABEL_OPTIONAL,
                type=proto.TYPE_MESSAGE if plain in _FIELDS else getattr(proto, f"TYPE_{plain}"),
                **shape,
            )
            if name == "Metric" and field in _VALUES:
                made.oneof_index = 0
        if name == "Metric":
            described.oneof_decl.add(name="value")
        yield described
