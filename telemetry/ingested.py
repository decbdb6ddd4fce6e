"""What became of a batch of readings: each was taken, a duplicate, or put into quarantine."""

from typing import NamedTuple
from uuid import UUID

from telemetry.refusal import Refusal


class Ingested(NamedTuple):
    """The three numbers add up to the readings of the batch; `reasons` counts the quarantined."""

    key: str
    taken: int = 0
    duplicates: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = {}  # noqa: RUF012 - never changed
    asset_ids: frozenset[UUID] = frozenset()
    """The assets of which something new is known."""
    repeated: bool = False
    """This very batch was stored before, and nothing changed."""
    refused: Refusal | None = None
    """Why the batch was refused whole; nothing of it was stored."""
