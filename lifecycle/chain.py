"""A chain: each link carries the hash of the link before, so that nothing can be changed or taken out unseen."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

_EXACT = 2**53


def plain(value: Any) -> Any:
    """Give a value in JSON's own kinds, spelled alike however it is stored; refuse what JSON cannot carry.

    >>> plain({"mass": 2.0, "at": date(2026, 11, 1), "price": Decimal("1.50")})
    {'mass': 2, 'at': '2026-11-01', 'price': '1.50'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    return _plain_leaf(value)


def _plain_leaf(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, UUID | Decimal | date):
        return str(value)
    return _number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _number(value: float) -> float:
    """Whole numbers lose their point: PostgreSQL gives 1e20 back as digits, SQLite as it was written."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN differs from itself
        msg = f"{value} is not a finite number"
        raise ValueError(msg)
    if abs(value) > _EXACT:
        return float(value)
    return int(value) if value == int(value) else value


def moment(at: datetime) -> str:
    """Spell a moment in UTC to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def canonical(document: Any) -> str:
    """Spell a document in exactly one way: sorted keys, no blanks, numbers and moments as in `plain`."""
    return json.dumps(plain(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(document: Any) -> str:
    """Give the SHA-256 of a document's canonical spelling; nothing (None) has none."""
    return "" if document is None else hashlib.sha256(canonical(document).encode()).hexdigest()
