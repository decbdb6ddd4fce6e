"""Repair or dismiss doubted readings of things known by any of their names, and say in the audit who did."""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlmodel import Session

from lifecycle.absorb_readings import known_names
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from telemetry.find_doubted import count_doubted
from telemetry.repair import Chosen, Repair
from telemetry.repair_readings import Repaired, dismiss_readings, repair_readings, try_repair


def repair_doubts(
    session: Session,
    *,
    chosen: Chosen,
    repair: Repair,
    now: datetime,
    by: Actor,
    after: UUID | None = None,
) -> Repaired:
    """Take in the oldest of the chosen readings, repaired; who repairs speaks for all things of the tenant.

    Raises what `telemetry.repair_readings` raises.
    """
    naming = partial(known_names, session)
    told = repair_readings(session, chosen=chosen, repair=repair, now=now, by=by.name, naming=naming, after=after)
    if told.taken or told.duplicates:
        before = {"chosen": _plain(chosen), "repair": repair.told()}
        after_ = {"taken": told.taken, "duplicates": told.duplicates, "doubted": told.doubted}
        subject = f"repair {told.id}"
        record_audit(session, action="readings-repaired", subject=subject, before=before, after=after_, now=now, by=by)
    return told


def try_repair_of_doubts(
    session: Session, *, chosen: Chosen, repair: Repair, now: datetime, by: Actor, after: UUID | None = None
) -> Repaired:
    """Tell how many would go in and why the others would not; nothing is kept of it."""
    naming = partial(known_names, session)
    return try_repair(session, chosen=chosen, repair=repair, now=now, by=by.name, naming=naming, after=after)


def dismiss_doubts(session: Session, *, chosen: Chosen, because: str, now: datetime, by: Actor) -> int:
    """Settle that the oldest of the chosen readings stay out, and give how many; none are deleted.

    Raises NothingChosen.
    """
    before = {"chosen": _plain(chosen), "waiting": count_doubted(session, chosen)}
    dismissed = dismiss_readings(session, chosen=chosen, because=because, now=now, by=by.name)
    if dismissed:
        told = {"dismissed": dismissed, "because": because}
        record_audit(
            session, action="readings-dismissed", subject="quarantine", before=before, after=told, now=now, by=by
        )
    return dismissed


def _plain(chosen: Chosen) -> dict[str, str]:
    return {name: str(wanted) for name, wanted in chosen._asdict().items() if wanted is not None}
