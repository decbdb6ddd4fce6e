"""What waits to be handed over: claimed by one worker at a time, tried again later, and kept with its last answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, or_, select

from billing.collection.collecting import TaskKind, TaskState
from billing.collection_tables import CollectionTaskRecord
from telemetry.identity import new_id
from telemetry.insert_once import insert_once
from telemetry.tables import tenant_of

CLAIM = timedelta(minutes=5)
"""So long a claimed task is left alone."""
WAITS = tuple(timedelta(seconds=one) for one in (5, 30, 120, 600, 1800, 3600, 7200, 14400))
"""How long to wait after each try; the last is repeated: what is owed is never given up by itself."""


class Ended(NamedTuple):
    """How a task ended, and what the other side said."""

    state: TaskState
    answer: str = ""


def add_task(session: Session, *, kind: TaskKind, operation: str, subject_id: UUID, now: datetime) -> bool:
    """Queue a task once; tell whether it is new."""
    row = {"tenant_id": tenant_of(session), "id": new_id(), "operation": operation, "kind": kind}
    row |= {"subject_id": subject_id, "state": TaskState.WAITING, "next_try_at": now, "made_at": now, "tries": 0}
    return insert_once(session, CollectionTaskRecord, row | {"answer": ""})


def any_task_due(session: Session, *, kinds: Iterable[TaskKind], now: datetime) -> bool:
    """Tell whether anything may be handed over now."""
    return session.exec(select(CollectionTaskRecord.id).where(_due(kinds, now)).limit(1)).first() is not None


def claim_task(session: Session, *, kinds: Iterable[TaskKind], now: datetime) -> CollectionTaskRecord | None:
    """Take the task that waits longest, so that no other worker does; None where nothing is due."""
    query = select(CollectionTaskRecord).where(_due(kinds, now))
    order = (col(CollectionTaskRecord.next_try_at), col(CollectionTaskRecord.id))
    task = session.exec(query.order_by(*order).limit(1).with_for_update(skip_locked=True)).first()
    if task is not None:
        task.state, task.claimed_until, task.tries = TaskState.WORKING, now + CLAIM, task.tries + 1
        session.flush()
    return task


def _due(kinds: Iterable[TaskKind], now: datetime) -> ColumnElement[bool]:
    one = CollectionTaskRecord
    free = and_(col(one.state) == TaskState.WAITING, col(one.next_try_at) <= now)
    left = and_(col(one.state) == TaskState.WORKING, col(one.claimed_until) <= now)
    return and_(col(one.kind).in_(list(kinds)), or_(free, left))


def end_task(session: Session, *, task_id: UUID, state: TaskState, answer: str, now: datetime) -> None:
    """Keep how a task ended."""
    task = _held(session, task_id)
    task.state, task.answer, task.claimed_until, task.done_at = state, answer[:500], None, now
    session.flush()


def put_off_task(session: Session, *, task_id: UUID, answer: str, wait: float, now: datetime) -> None:
    """Try a task again later: after as long as was asked for, else after longer and longer."""
    task = _held(session, task_id)
    after = timedelta(seconds=wait) if wait else WAITS[min(max(task.tries, 1), len(WAITS)) - 1]
    task.state, task.answer, task.claimed_until, task.next_try_at = TaskState.WAITING, answer[:500], None, now + after
    session.flush()


def _held(session: Session, task_id: UUID) -> CollectionTaskRecord:
    return session.exec(select(CollectionTaskRecord).where(CollectionTaskRecord.id == task_id).with_for_update()).one()
