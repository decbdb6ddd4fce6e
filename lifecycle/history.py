"""The history of an asset: what happened to it, and where, with whom and in which status that puts it when."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from lifecycle.asset import AssetStatus
from lifecycle.chain import digest

REGISTERED = "registered"
MOVED = "moved"
STATUS_CHANGED = "status_changed"
CORRECTED = "corrected"
PLACING = (REGISTERED, MOVED, STATUS_CHANGED, CORRECTED)
"""The kinds of events that say where an asset is, with whom or in which status."""

EARLIEST = datetime(1800, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(minutes=5)
"""How far a moment may lie ahead of our clock and still be believed."""


class NewEvent(NamedTuple):
    """Something that happened to an asset and is to be written in its history."""

    asset_id: UUID
    kind: str
    happened_at: datetime
    facts: dict[str, Any]
    source: str = "desk"
    trust: float = 1.0
    id: UUID | None = None


class Happening(Protocol):
    """What the fold needs of a recorded event."""

    sequence: int
    id: UUID
    kind: str
    happened_at: datetime
    facts: dict[str, Any]


class Told(NamedTuple):
    """An event as it reads after all corrections."""

    sequence: int
    id: UUID
    kind: str
    happened_at: datetime
    facts: dict[str, Any]


class Standing(NamedTuple):
    """Where an asset is, with whom, and in which status."""

    site_id: UUID | None = None
    holder_id: UUID | None = None
    place: str = ""
    status: AssetStatus = AssetStatus.IN_STOCK


class Span(NamedTuple):
    """A standing over a half-open stretch of time; `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    standing: Standing


class LinkedEvent(Happening, Protocol):
    """What an event's hash covers besides."""

    tenant_id: int
    asset_id: UUID
    recorded_at: datetime
    actor_kind: str
    actor: str
    source: str
    trust: float
    previous_hash: str


def hash_of(event: LinkedEvent) -> str:
    """Give the hash that chains an event to the one before."""
    return digest(
        [
            event.previous_hash,
            event.tenant_id,
            event.asset_id,
            event.sequence,
            event.id,
            event.kind,
            event.happened_at,
            event.recorded_at,
            event.actor_kind,
            event.actor,
            event.source,
            event.trust,
            event.facts,
        ]
    )


def as_corrected(events: Iterable[Happening]) -> list[Told]:
    """Give the events as they read after all corrections, in the order in which they happened.

    A correction names an event and overrides its facts or its moment, or withdraws it; the last one counts.
    """
    told: dict[str, Told] = {}
    for event in sorted(events, key=lambda event: event.sequence):
        if event.kind != CORRECTED:
            told[str(event.id)] = Told(event.sequence, event.id, event.kind, event.happened_at, event.facts)
        elif event.facts["withdrawn"]:
            told.pop(event.facts["event"], None)
        elif wrong := told.get(event.facts["event"]):
            at = event.facts["happened_at"]
            told[event.facts["event"]] = wrong._replace(
                facts={**wrong.facts, **event.facts["facts"]},
                happened_at=datetime.fromisoformat(at) if at else wrong.happened_at,
            )
    return sorted(told.values(), key=lambda event: (event.kind != REGISTERED, event.happened_at, event.sequence))


def spans(events: Iterable[Happening]) -> list[Span]:
    """Fold the history into stays: one after another without a gap, from the registration on.

    The order in which the events were recorded plays no part, but for events of the very same moment: there the
    one recorded last counts. What is dated before the registration counts from the registration on.
    """
    told = [event for event in as_corrected(events) if event.kind in PLACING]
    standing, at_moment = Standing(), {}
    for event in told:
        standing = _after(standing, event.facts)
        at_moment[max(event.happened_at, told[0].happened_at)] = standing
    changes = list(at_moment.items())
    kept = changes[:1] + [later for earlier, later in pairwise(changes) if earlier[1] != later[1]]
    ends = [since for since, _ in kept[1:]] + [None]
    return [Span(since, until, state) for (since, state), until in zip(kept, ends, strict=True)] if kept else []


def standing_at(events: Iterable[Happening], at: datetime) -> Standing | None:
    """Give the standing at a moment, None before the registration."""
    for span in spans(events):
        if span.since <= at and (span.until is None or at < span.until):
            return span.standing
    return None


def _after(standing: Standing, facts: dict[str, Any]) -> Standing:
    """Give the standing after an event; what its facts do not mention stays as it was."""
    return Standing(
        site_id=_identity(facts["site_id"]) if "site_id" in facts else standing.site_id,
        holder_id=_identity(facts["holder_id"]) if "holder_id" in facts else standing.holder_id,
        place=facts.get("place", standing.place),
        status=AssetStatus(facts.get("status", standing.status)),
    )


def _identity(text: str | None) -> UUID | None:
    return UUID(text) if text else None
