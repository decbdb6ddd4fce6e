"""Open the work that a decision on a route asks for, with its plan; and tick its steps off one by one."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, Session, SQLModel

from lifecycle.actor import Actor
from lifecycle.decide_route import NothingDecided
from lifecycle.open_work import note_steps, open_work
from lifecycle.queries import known_asset
from lifecycle.read_case import read_case
from lifecycle.read_route_plan import plan_of
from lifecycle.route.bench import BenchWork, StepDone, bench_work, told_of
from lifecycle.route.planned import RoutePlan
from lifecycle.route.verdict import VerdictKind
from lifecycle.route_queries import TICKED, last_verdicts, ticks_of, work_of_plan
from lifecycle.route_tables import RouteWorkRecord
from lifecycle.work_order import NewWork, Whose, WorkKind, WorkState, refuse_step
from lifecycle.work_order_queries import held_work, known_work
from lifecycle.work_order_tables import WorkOrderRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

KINDS: Mapping[str, WorkKind] = {
    "repair": WorkKind.REPAIR,
    "refurbish": WorkKind.REFURBISH,
    "remanufacture": WorkKind.REMANUFACTURE,
}
"""The routes that ask for work on the thing."""


class RouteWithoutWork(Refusal):
    """The route that was decided asks for no work on the thing."""


class WorkWithoutPlan(Refusal):
    """The work order does not follow from a decision on a route: it has no plan with steps."""


class NewRouteWork(SQLModel):
    """Work that follows from the decision which stands; who does it, by when."""

    model_config = {"extra": "forbid"}

    id: UUID
    assignee: Whose = Field(default="", max_length=200)
    due_on: date | None = None


def open_route_work(
    session: Session, *, asset_id: UUID, new: NewRouteWork, now: datetime, by: Actor
) -> WorkOrderRecord:
    """Open the work that the standing decision asks for; its plan is kept as it is today.

    The same again under its id changes nothing. Raises UnknownAsset, NothingDecided, RouteWithoutWork,
    NothingToChoose, WorkExists and WorkUnderWay.
    """
    asset = known_asset(session, asset_id=asset_id, holder_id=None)
    if (known := work_of_plan(session, work_id=new.id)) is not None:
        return _again(session, new, KINDS[known.route], asset_id, now, by)
    verdict = last_verdicts(session, [asset_id]).get(asset_id)
    if verdict is None or verdict.kind is not VerdictKind.DECIDED:
        raise NothingDecided("decide on the route of this asset first", field="asset_id")
    if verdict.route not in KINDS:
        sentence = f"{verdict.route} asks for no work on the thing; {', '.join(KINDS)} do"
        raise RouteWithoutWork(sentence, field="asset_id")
    plan = plan_of(session, read_case(session, asset=asset, now=now), route=verdict.route, now=now)

    order = _again(session, new, KINDS[verdict.route], asset_id, now, by)
    kept = {
        "tenant_id": tenant_of(session),
        "work_order_id": order.id,
        "verdict_id": verdict.id,
        "product_id": asset.product_id,
        "route": verdict.route,
        "plan": plan.model_dump(mode="json"),
    }
    session.add(RouteWorkRecord.model_validate(kept))
    session.flush()
    return order


def tick_step(session: Session, *, work_id: UUID, position: int, done: StepDone, now: datetime, by: Actor) -> BenchWork:
    """Say that a step is done, or left out and why; what is said last counts. The first step begins the work.

    Raises UnknownWork, WorkWithoutPlan, UnknownStep, StepLeftOutWithoutReason and WorkStepNotAllowed.
    """
    order = held_work(session, work_id=work_id)
    plan = _plan(session, work_id)
    refuse_step(order.state, WorkState.IN_PROGRESS)
    told = told_of(plan, position, done)

    order.state, order.updated_at, order.revision = WorkState.IN_PROGRESS, now, order.revision + 1
    note_steps(session, [order], kind=TICKED, facts=told, now=now, by=by)
    return bench_work(plan, ticks_of(session, work_id=work_id))


def read_bench_work(session: Session, *, work_id: UUID, holder_id: UUID | None) -> BenchWork:
    """Give the plan of a work order beside what was done so far.

    Raises UnknownWork and WorkWithoutPlan.
    """
    known_work(session, work_id=work_id, holder_id=holder_id)
    return bench_work(_plan(session, work_id), ticks_of(session, work_id=work_id))


def _again(
    session: Session, new: NewRouteWork, kind: WorkKind, asset_id: UUID, now: datetime, by: Actor
) -> WorkOrderRecord:
    told = {"id": new.id, "asset_id": asset_id, "kind": kind, "assignee": new.assignee, "due_on": new.due_on}
    return open_work(session, [NewWork.model_validate(told)], now=now, by=by)[0]


def _plan(session: Session, work_id: UUID) -> RoutePlan:
    kept = work_of_plan(session, work_id=work_id)
    if kept is None:
        raise WorkWithoutPlan("this work order does not follow from a decision on a route", field="work_id")
    return RoutePlan.model_validate(kept.plan)
