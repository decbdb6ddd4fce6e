"""The messages that were stored last, so that one that the broker delivers again is known, also after a crash."""

import hashlib
import struct
from collections.abc import Iterable, Sequence

from telemetry.mqtt_gateway import MOST_AT_ONCE, Message

_TAG = struct.Struct("<H8s")


def tag(message: Message) -> bytes:
    """Name a message by its packet id and its content."""
    content = hashlib.sha256(message.topic.encode() + b"\0" + message.payload).digest()
    return _TAG.pack(message.number & 0xFFFF, content[:8])


def not_yet_stored(messages: Iterable[Message], window: bytes) -> list[Message]:
    """Leave out what the broker delivers again and we have."""
    stored = {window[at : at + _TAG.size] for at in range(0, len(window), _TAG.size)}
    return [one for one in messages if not (one.again and one.acknowledged_by_us and tag(one) in stored)]


def moved(window: bytes, messages: Sequence[Message]) -> bytes:
    """Add what is stored now; more than the broker may have open at once need not be remembered."""
    added = b"".join(tag(one) for one in messages if one.acknowledged_by_us)
    return (window + added)[-MOST_AT_ONCE * _TAG.size :]
