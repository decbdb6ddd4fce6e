"""Each call that must have its effect once is written down before it is made, with the key that makes it so."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, select

from billing.collection.till import KEY_LASTS
from billing.collection_tables import CollectionStepRecord
from telemetry.tables import tenant_of


class Step(NamedTuple):
    """A step as it was found: its key, since when that is in use, and what came of it."""

    operation: str
    key: str
    since: datetime
    is_first: bool
    stripe_id: str
    is_done: bool


def begin_step(session: Session, *, operation: str, now: datetime, key_is_spent: bool = False) -> Step:
    """Write down that a step is about to be taken. A key that is spent or has grown old gives way to the next.

    Nobody may ask for a new key without having looked first whether the old one had its effect.
    """
    query = select(CollectionStepRecord).where(CollectionStepRecord.operation == operation)
    step = session.exec(query.with_for_update()).first()
    is_first = step is None
    if step is None:
        step = CollectionStepRecord(tenant_id=tenant_of(session), operation=operation, first_tried_at=now)
        session.add(step)
    elif step.done_at is None and (key_is_spent or now - step.first_tried_at > KEY_LASTS):
        step.attempt, step.first_tried_at = step.attempt + 1, now
    session.flush()
    key = f"{tenant_of(session)}:{operation}" + ("" if step.attempt == 1 else f":{step.attempt}")
    return Step(operation, key, step.first_tried_at, is_first, step.stripe_id, step.done_at is not None)


def tried_before(session: Session, *, operation: str) -> CollectionStepRecord | None:
    """Give a step that was begun before, None where it never was."""
    return session.exec(select(CollectionStepRecord).where(CollectionStepRecord.operation == operation)).first()


def end_step(session: Session, *, operation: str, stripe_id: str, now: datetime) -> None:
    """Write down what a step came to; known already, it stays as it is."""
    query = select(CollectionStepRecord).where(CollectionStepRecord.operation == operation)
    step = session.exec(query.with_for_update()).one()
    if step.done_at is None:
        step.stripe_id, step.done_at = stripe_id, now
        session.flush()
