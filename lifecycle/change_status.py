"""Step assets to another status, where the table of steps allows it before and after."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.asset import STEPS, AssetStatus, StatusChange
from lifecycle.await_reassessment import await_reassessment
from lifecycle.history import PLACING, STATUS_CHANGED, NewEvent, spans
from lifecycle.queries import chunks
from lifecycle.record_events import locked, record_events
from lifecycle.refuse_before_registration import refuse_before_registration
from lifecycle.tables import AssetEventRecord
from telemetry.refusal import Refusal


class StepNotAllowed(Refusal):
    """A status that may not follow the one before, or not be followed by the one after."""


def change_status(
    session: Session, changes: Sequence[StatusChange], *, now: datetime, by: Actor
) -> list[AssetEventRecord]:
    """Record steps, at most one an asset, and queue the assets to be assessed again.

    Raises UnknownAsset, StepNotAllowed, ImpossibleMoment and BeforeRegistration.
    """
    locked(session, (change.asset_id for change in changes))
    refuse_before_registration(session, [(change.asset_id, change.at) for change in changes])
    told = _told(session, [change.asset_id for change in changes])

    for change in changes:
        refuse_step(told[change.asset_id], change)

    events = [_event(change) for change in changes]
    recorded = record_events(session, events, now=now, by=by)
    await_reassessment(session, (change.asset_id for change in changes), cause=STATUS_CHANGED, now=now)
    return recorded


def refuse_step(events: Sequence[AssetEventRecord], change: StatusChange) -> None:
    """Hold a step against what the history says just before and just after it.

    Raises StepNotAllowed.
    """
    folded = spans(events)
    before = [span.standing.status for span in folded if span.since <= change.at][-1]
    after = next((s.standing.status for s in folded if s.since > change.at and s.standing.status != before), None)
    if change.status not in STEPS[before]:
        raise StepNotAllowed(_no(before, change.status, "then"), field="status")
    if after is not None and after not in STEPS[change.status] | {change.status}:
        raise StepNotAllowed(_no(change.status, after, "later"), field="status")


def _no(before: AssetStatus, after: AssetStatus, when: str) -> str:
    allowed = ", ".join(sorted(STEPS[before])) or "nothing"
    return f"{before} was {when} to become {after}, and it may become {allowed} only"


def _event(change: StatusChange) -> NewEvent:
    facts = {"status": change.status} | ({"note": change.note} if change.note else {})
    return NewEvent(change.asset_id, STATUS_CHANGED, change.at, facts)


def _told(session: Session, asset_ids: Sequence[UUID]) -> dict[UUID, list[AssetEventRecord]]:
    told: dict[UUID, list[AssetEventRecord]] = {asset_id: [] for asset_id in asset_ids}
    for some in chunks(sorted(told)):
        mine = select(AssetEventRecord).where(
            col(AssetEventRecord.asset_id).in_(some), col(AssetEventRecord.kind).in_(PLACING)
        )
        for event in session.exec(mine):
            told[event.asset_id].append(event)
    return told
