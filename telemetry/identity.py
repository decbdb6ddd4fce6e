"""New identifiers: time-ordered UUIDs, which a phone without signal can make as well as we."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Make a UUIDv7: unique, and sorted by the moment it was made."""
    return uuid7()
