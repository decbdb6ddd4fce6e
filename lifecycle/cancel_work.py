"""Cancel a work order: it is not done after all, and why."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.open_work import note_steps
from lifecycle.work_order import WorkCancelled, WorkState, refuse_step
from lifecycle.work_order_queries import held_work
from lifecycle.work_order_tables import WorkOrderRecord

CANCELLED = "cancelled"


def cancel_work(
    session: Session, *, work_id: UUID, cancelled: WorkCancelled, now: datetime, by: Actor
) -> WorkOrderRecord:
    """End an order without anything done; the thing and the alert behind it stay as they are.

    Raises UnknownWork and WorkStepNotAllowed.
    """
    order = held_work(session, work_id=work_id)
    refuse_step(order.state, WorkState.CANCELLED)

    order.state, order.ended_at, order.ended_by = WorkState.CANCELLED, now, by.name
    order.outcome, order.updated_at, order.revision = cancelled.reason, now, order.revision + 1
    note_steps(session, [order], kind=CANCELLED, facts={"reason": cancelled.reason}, now=now, by=by)
    return order
