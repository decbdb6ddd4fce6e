"""Plan a work order: who does it by when, or that it has begun."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.open_work import note_steps
from lifecycle.work_order import WorkPlan, WorkState, refuse_step
from lifecycle.work_order_queries import held_work
from lifecycle.work_order_tables import WorkOrderRecord

PLANNED = "planned"
STARTED = "started"


def plan_work(session: Session, *, work_id: UUID, plan: WorkPlan, now: datetime, by: Actor) -> WorkOrderRecord:
    """Take a plan; what it leaves out stays as it was, and the same plan again changes nothing.

    Raises UnknownWork and WorkStepNotAllowed.
    """
    order = held_work(session, work_id=work_id)
    refuse_step(order.state, plan.state)
    changed = _changed(order, plan)
    if not changed and not plan.note:
        return order

    for name, value in changed.items():
        setattr(order, name, value)
    order.updated_at, order.revision = now, order.revision + 1
    kind = STARTED if plan.state is WorkState.IN_PROGRESS else PLANNED
    facts = changed | ({"note": plan.note} if plan.note else {})
    note_steps(session, [order], kind=kind, facts=facts, now=now, by=by)
    return order


def _changed(order: WorkOrderRecord, plan: WorkPlan) -> dict[str, Any]:
    told = {name: getattr(plan, name) for name in ("state", "assignee", "due_on", "priority")}
    return {name: value for name, value in told.items() if value is not None and value != getattr(order, name)}
