"""Log what a device noted while it was offline: each sight by itself, so that one that is refused costs no other."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.chain import digest
from lifecycle.inspection import Inspection
from lifecycle.log_inspections import InspectionExists, log_inspections
from lifecycle.tables import InspectionRecord
from telemetry.refusal import Refusal


class Outcome(StrEnum):
    """What became of a sight that came late."""

    STORED = "stored"
    ALREADY = "already"
    KEPT_BESIDE = "kept_beside"
    REFUSED = "refused"


class Logged(NamedTuple):
    """A sight by its own id: what became of it, under which id it is kept, what it contradicts, or why not taken."""

    id: UUID
    outcome: Outcome
    stored_id: UUID | None = None
    contradicts: tuple[str, ...] = ()
    clock_error: float | None = None
    code: str | None = None
    reason: str | None = None


def log_offline(
    session: Session, inspections: Sequence[Inspection], *, sent_at: datetime, now: datetime, by: Actor
) -> list[Logged]:
    """Log each sight in a savepoint of its own. Another one under an id that is taken is kept beside the first.

    The device's clock is not believed: it is compared with ours at `sent_at`, and what it said is corrected.
    """
    return [
        _logged(session, inspection.model_copy(update={"sent_at": sent_at}), now=now, by=by)
        for inspection in inspections
    ]


def _logged(session: Session, inspection: Inspection, *, now: datetime, by: Actor) -> Logged:
    known = session.exec(select(InspectionRecord.id).where(InspectionRecord.id == inspection.id)).first()
    try:
        with session.begin_nested():
            stored = log_inspections(session, [inspection], now=now, by=by)[0]
        return _told(inspection.id, Outcome.ALREADY if known else Outcome.STORED, stored)
    except InspectionExists:
        return _beside(session, inspection, now=now, by=by)
    except Refusal as refusal:
        return Logged(inspection.id, Outcome.REFUSED, code=refusal.code(), reason=refusal.sentence)


def _beside(session: Session, inspection: Inspection, *, now: datetime, by: Actor) -> Logged:
    """Keep a second sight under an id made of the first and of what was seen: sent again it is the same."""
    seen = inspection.model_dump(mode="json", exclude={"id", "sent_at"})
    beside = inspection.model_copy(update={"id": uuid5(inspection.id, digest(seen))})
    known = session.exec(select(InspectionRecord.id).where(InspectionRecord.id == beside.id)).first()
    try:
        with session.begin_nested():
            stored = log_inspections(session, [beside], now=now, by=by, against={beside.id: inspection.id})[0]
    except Refusal as refusal:
        return Logged(inspection.id, Outcome.REFUSED, code=refusal.code(), reason=refusal.sentence)
    return _told(inspection.id, Outcome.ALREADY if known else Outcome.KEPT_BESIDE, stored)


def _told(told_id: UUID, outcome: Outcome, stored: InspectionRecord) -> Logged:
    return Logged(told_id, outcome, stored.id, tuple(stored.contradicts), stored.clock_error)
