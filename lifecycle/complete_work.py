"""Complete a work order: what was done goes into the thing's history, and what was renewed begins its wear anew."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.alert import AlertState, AlertVerdict
from lifecycle.condition.assumptions import figure
from lifecycle.history import NewEvent
from lifecycle.inspection import Inspection, InspectionSource
from lifecycle.log_inspections import log_inspections
from lifecycle.note_outcome import note_outcome
from lifecycle.open_work import note_steps, refuse_strange
from lifecycle.record_events import locked, possible, record_events
from lifecycle.tables import AlertRecord
from lifecycle.work_order import MOST_PHOTOS, WorkDone, WorkFinding, WorkState, found, refuse_step, renewed
from lifecycle.work_order_queries import held_work, known_work
from lifecycle.work_order_tables import WorkOrderRecord

COMPLETED = "completed"
WORK_DONE = "work_done"
_VERDICTS = {WorkFinding.CONFIRMED: AlertVerdict.DONE, WorkFinding.NOTHING_FOUND: AlertVerdict.NOT_TRUE}


def complete_work(session: Session, *, work_id: UUID, done: WorkDone, now: datetime, by: Actor) -> WorkOrderRecord:
    """End an order well: history, a fresh start for what was renewed, and the alert behind it is over, and counted.

    What was renewed is logged as an inspection from the road `repair`, with a trust of its own: it speaks for the
    renewed components alone. Raises UnknownWork, WorkStepNotAllowed, UnknownReference and ImpossibleMoment.
    """
    assets = locked(session, [known_work(session, work_id=work_id, holder_id=None).asset_id])
    order = held_work(session, work_id=work_id)
    refuse_step(order.state, WorkState.DONE)
    possible(done.done_at, now=now)
    components = renewed(order, done)
    refuse_strange(session, [(order.asset_id, one) for one in components], assets, field="repaired")

    _end(order, done, components, now=now, by=by)
    note_steps(session, [order], kind=COMPLETED, facts=done.model_dump(mode="json"), now=now, by=by)
    record_events(session, [_event(order, done)], now=now, by=by)
    if components:
        log_inspections(session, [_fresh_start(order, done, components, by)], now=now, by=by)
    _close_cause(session, order, found(order, done), now=now, by=by)
    session.flush()
    return order


def _end(order: WorkOrderRecord, done: WorkDone, components: Sequence[str], *, now: datetime, by: Actor) -> None:
    order.state, order.ended_at, order.ended_by = WorkState.DONE, done.done_at, by.name
    order.outcome, order.minutes, order.cost, order.currency = done.note, done.minutes, done.cost, done.currency
    order.parts = [part.model_dump(mode="json") for part in done.parts]
    order.photos = list(dict.fromkeys([*order.photos, *done.photos]))[:MOST_PHOTOS]
    order.renewed, order.updated_at, order.revision = list(components), now, order.revision + 1


def _event(order: WorkOrderRecord, done: WorkDone) -> NewEvent:
    told = {
        "work_order": str(order.id),
        "work": order.kind.value,
        "component": order.component,
        "renewed": order.renewed,
        "grade": done.grade if order.renewed else None,
        "parts": order.parts,
        "minutes": order.minutes,
        "cost": None if order.cost is None else str(order.cost),
        "currency": None if order.cost is None else order.currency,
        "note": order.outcome,
        "finding": None if done.finding is None else done.finding.value,
    }
    road = InspectionSource.REPAIR.value
    return NewEvent(
        asset_id=order.asset_id,
        kind=WORK_DONE,
        happened_at=done.done_at,
        facts={name: fact for name, fact in told.items() if fact},
        source=road,
        trust=figure("source_trust", road),
    )


def _fresh_start(order: WorkOrderRecord, done: WorkDone, components: Sequence[str], by: Actor) -> Inspection:
    """Say how the renewed components stand; the order's own id makes that of the inspection, so there is only one."""
    return Inspection(
        id=uuid5(order.id, COMPLETED),
        asset_id=order.asset_id,
        inspected_at=done.done_at,
        source=InspectionSource.REPAIR,
        inspector=by.name,
        grades=dict.fromkeys(components, done.grade),
        note=done.note,
    )


def _close_cause(
    session: Session, order: WorkOrderRecord, finding: WorkFinding | None, *, now: datetime, by: Actor
) -> None:
    """Clear the alert that caused the order, and note its worth; if readings still say so, it is raised anew."""
    if order.alert_id is None:
        return
    query = select(AlertRecord).where(AlertRecord.id == order.alert_id)
    alert = session.exec(query.execution_options(populate_existing=True)).one()
    note = f"work order {order.id}"
    if alert.state is not AlertState.CLEARED:
        alert.state, alert.cleared_at, alert.updated_at = AlertState.CLEARED, now, now
        alert.answered_by, alert.answer = by.name, f"done: {note}"
    if finding is not None:
        note_outcome(session, alert, verdict=_VERDICTS[finding], failed_at=None, note=note, now=now, by=by)
