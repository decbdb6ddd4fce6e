"""One value sent alone: a bare number, or a number with its moment and unit."""

import math
from datetime import datetime
from typing import Any

import msgspec

from telemetry.wire.unreadable import unreadable

_KEYS = {"value", "at", "unit"}


def read_plain(body: bytes, *, arrived_at: datetime | None) -> dict[str, Any]:
    """Read `21.5` or `{"value": 21.5, "at": "2026-11-01T09:00:00Z", "unit": "degC"}`.

    A number without a moment is of the moment when it came; where that is None its moment cannot be known.
    Raises UnreadableBatch.
    """
    said = _said(body)
    if said.get("at") is None:
        if arrived_at is None:
            raise unreadable("the broker kept this value without its moment, so it may be old; send it with `at`")
        said["at"] = arrived_at.isoformat()
    return said


def _said(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable("one value is sent as a number such as 21.5, or as {value, at, unit}") from error
    if isinstance(found, dict):
        if "value" not in found or not set(found) <= _KEYS:
            raise unreadable(f"a value is sent with {', '.join(sorted(_KEYS))} and nothing else")
        return found
    if isinstance(found, bool) or not isinstance(found, int | float | str) or not _finite(found):
        raise unreadable("one value is sent as a number such as 21.5, or as {value, at, unit}")
    return {"value": found}


def _finite(found: float | str) -> bool:
    try:
        return math.isfinite(float(found))
    except (ValueError, OverflowError):
        return False
