"""Sparkplug B messages as an edge node would write them."""

from collections.abc import Mapping
from typing import Any

from telemetry.follow_sparkplug import FromNode
from telemetry.sparkplug import Kind, Message
from telemetry.sparkplug_payload import DataType, _kinds, decode

AT = 1_793_523_600_000
"""2026-11-01T09:00:00Z in milliseconds."""


def metric(
    name: str = "", *, alias: int | None = None, kind: int = 0, at: int | None = AT, unit: str = "", **value: Any
) -> dict[str, Any]:
    """Give a metric's fields; `value` is one such as float_value=21.5."""
    said: dict[str, Any] = {"name": name.encode(), "datatype": kind, **value}
    if not name:
        del said["name"]
    if not kind:
        del said["datatype"]
    if alias is not None:
        said["alias"] = alias
    if at is not None:
        said["timestamp"] = at
    if unit:
        said["properties"] = {"keys": [b"engUnit"], "values": [{"kind": 12, "text": unit.encode()}]}
    return said


def bd_seq(number: int) -> dict[str, Any]:
    return metric("bdSeq", kind=DataType.INT64, long_value=number)


def payload(*metrics: Mapping[str, Any], seq: int | None = None, at: int | None = AT) -> bytes:
    fields: dict[str, Any] = {"metrics": list(metrics)}
    if seq is not None:
        fields["seq"] = seq
    if at is not None:
        fields["timestamp"] = at
    written: bytes = _kinds()["Payload"](**fields).SerializeToString()
    return written


def said(
    kind: Kind, *metrics: Mapping[str, Any], seq: int | None = None, device: str = "", again: bool = False
) -> Message:
    return Message(kind, device, decode(payload(*metrics, seq=seq)), again)


def from_node(
    node: str, kind: Kind, *metrics: Mapping[str, Any], seq: int | None = None, device: str = "", again: bool = False
) -> FromNode:
    body = payload(*metrics, seq=seq)
    return FromNode(node, kind, device, body, decode(body), again)
