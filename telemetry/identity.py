"""New identifiers: time-ordered UUIDs, which a phone without signal can make as well as we."""

from uuid import UUID

from uuid_utils.compat import uuid7

_TOP = 1 << 61
"""Highest bit of the chance in a UUIDv7: without it there is room to count on."""


def new_id() -> UUID:
    """Make a UUIDv7: unique, and sorted by the moment it was made."""
    return uuid7()


def new_ids(count: int) -> list[str]:
    """Make many UUIDv7 at once, in their order, as 32 hexadecimal digits: one is new, the others count on from it."""
    first = uuid7().int & ~_TOP
    return [f"{first + further:032x}" for further in range(count)]
