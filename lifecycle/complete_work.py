"""Complete a work order: what was done goes into the thing's history, and what was renewed begins its wear anew."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.alert import AlertState, AlertVerdict
from lifecycle.condition.assumptions import figure
from lifecycle.decide_route import end_verdict
from lifecycle.history import NewEvent
from lifecycle.inspection import OVERALL, Inspection, InspectionSource
from lifecycle.log_inspections import log_inspections
from lifecycle.note_outcome import note_outcome
from lifecycle.open_next_life import open_next_life, refuse_next_life
from lifecycle.open_work import note_steps, refuse_strange
from lifecycle.record_events import locked, possible, record_events
from lifecycle.route.bench import PerformanceTest, bench_work, built_in, components_of, refuse_open
from lifecycle.route.planned import RoutePlan
from lifecycle.route.verdict import VerdictKind
from lifecycle.route_queries import last_verdicts, ticks_of, work_of_plan
from lifecycle.tables import AlertRecord, AssetRecord
from lifecycle.work_order import (
    MOST_PHOTOS,
    PartUsed,
    WorkDone,
    WorkFinding,
    WorkKind,
    WorkState,
    found,
    refuse_step,
    renewed,
)
from lifecycle.work_order_queries import held_work, known_work
from lifecycle.work_order_tables import WorkOrderRecord

COMPLETED = "completed"
WORK_DONE = "work_done"
_VERDICTS = {WorkFinding.CONFIRMED: AlertVerdict.DONE, WorkFinding.NOTHING_FOUND: AlertVerdict.NOT_TRUE}


def complete_work(session: Session, *, work_id: UUID, done: WorkDone, now: datetime, by: Actor) -> WorkOrderRecord:
    """End an order well: history, a fresh start for what was renewed, and the alert behind it is over, and counted.

    What was renewed is logged as an inspection from the road `repair`, with a trust of its own: it speaks for the
    renewed components alone. Work with a plan is done when all its steps are told, and gives minutes, parts and cost
    from them. A whole thing that was remanufactured ends its life and opens the next, which bears the inspection.
    Raises UnknownWork, WorkStepNotAllowed, UnknownReference, ImpossibleMoment, StepsOpen, StepNotAllowed,
    NoTestRecord, LessThanNew and AlreadyRegistered.
    """
    assets = locked(session, [known_work(session, work_id=work_id, holder_id=None).asset_id])
    order = held_work(session, work_id=work_id)
    refuse_step(order.state, WorkState.DONE)
    possible(done.done_at, now=now)
    done = _as_planned(session, order, done)
    components = renewed(order, done)
    asset = assets[order.asset_id]
    test = _test_of_next_life(order, asset, done)
    refuse_strange(session, [(order.asset_id, one) for one in components], assets, field="repaired")

    _end(order, done, components, now=now, by=by)
    note_steps(session, [order], kind=COMPLETED, facts=done.model_dump(mode="json"), now=now, by=by)
    record_events(session, [_event(order, done)], now=now, by=by)
    if test is not None:
        asset = open_next_life(
            session, asset, work_id=work_id, serial=done.next_serial, test=test, at=done.done_at, now=now, by=by
        )
    if components:
        log_inspections(session, [_fresh_start(asset.id, order, done, components, by)], now=now, by=by)
    _fulfil(session, order, now=now, by=by)
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


def _as_planned(session: Session, order: WorkOrderRecord, done: WorkDone) -> WorkDone:
    """Fill in from the steps of the plan what was not told; where nothing was found, the steps do not matter.

    Raises StepsOpen.
    """
    kept = work_of_plan(session, work_id=order.id)
    if kept is None or done.finding is WorkFinding.NOTHING_FOUND:
        return done
    work = bench_work(RoutePlan.model_validate(kept.plan), ticks_of(session, work_id=order.id))
    refuse_open(work)
    steps = built_in(work)
    parts = [PartUsed.model_validate({"code": one.part, "quantity": one.quantity}) for one in steps if one.part]
    told = {
        "minutes": work.minutes if done.minutes is None else done.minutes,
        "parts": done.parts or parts,
        "cost": work.cost if done.cost is None else done.cost,
        "currency": work.currency if done.cost is None else done.currency,
        "repaired": done.repaired if done.repaired is not None else components_of(steps) or None,
    }
    return done.model_copy(update=told)


def _test_of_next_life(order: WorkOrderRecord, asset: AssetRecord, done: WorkDone) -> PerformanceTest | None:
    """Give the test on which a next life may begin; None where the thing was not remanufactured as a whole.

    Raises StepNotAllowed, NoTestRecord and LessThanNew.
    """
    is_whole = order.kind is WorkKind.REMANUFACTURE and order.component == OVERALL
    if not is_whole or done.finding is WorkFinding.NOTHING_FOUND:
        return None
    refuse_next_life(asset, done.test)
    return done.test


def _fulfil(session: Session, order: WorkOrderRecord, *, now: datetime, by: Actor) -> None:
    """End the decision that asked for the work, where it still stands."""
    kept = work_of_plan(session, work_id=order.id)
    if kept is None:
        return
    last = last_verdicts(session, [order.asset_id]).get(order.asset_id)
    if last is not None and last.kind is VerdictKind.DECIDED and last.id == kept.verdict_id:
        end_verdict(session, last, VerdictKind.DONE, why=f"work order {order.id}", now=now, by=by)


def _fresh_start(
    asset_id: UUID, order: WorkOrderRecord, done: WorkDone, components: Sequence[str], by: Actor
) -> Inspection:
    """Say how the renewed components stand; the order's own id makes that of the inspection, so there is only one."""
    return Inspection(
        id=uuid5(order.id, COMPLETED),
        asset_id=asset_id,
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
