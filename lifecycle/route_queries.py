"""Questions about what was decided of routes, and about the plans of the work that follows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.route.verdict import Standing, VerdictKind
from lifecycle.route_tables import RouteVerdictRecord, RouteWorkRecord
from lifecycle.work_order import WorkState
from lifecycle.work_order_tables import WorkOrderEventRecord, WorkOrderRecord
from telemetry.lots import KEYS, lots

TICKED = "ticked"


class Ended(NamedTuple):
    """What work of a plan took in the end: minutes, and cost in its currency where it was told."""

    minutes: float | None
    cost: float | None
    currency: str


def verdicts_of(asset_id: UUID) -> SelectOfScalar[RouteVerdictRecord]:
    """Ask for what was decided of a thing's route, and what became of that."""
    return select(RouteVerdictRecord).where(RouteVerdictRecord.asset_id == asset_id)


def last_verdicts(session: Session, asset_ids: Iterable[UUID]) -> dict[UUID, RouteVerdictRecord]:
    """Give of each thing the last word on its route, whether it stands or not."""
    found: dict[UUID, RouteVerdictRecord] = {}
    by = (col(RouteVerdictRecord.decided_at), col(RouteVerdictRecord.id))
    for some in lots(asset_ids, KEYS):
        query = select(RouteVerdictRecord).where(col(RouteVerdictRecord.asset_id).in_(some)).order_by(*by)
        found |= {one.asset_id: one for one in session.exec(query)}
    return found


def standing_verdicts(session: Session, asset_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """Give the decisions that stand."""
    last = last_verdicts(session, asset_ids)
    return {asset_id: standing(one) for asset_id, one in last.items() if one.kind is VerdictKind.DECIDED}


def standing(verdict: RouteVerdictRecord) -> Standing:
    """Give a decision as it stands."""
    is_override = verdict.route != verdict.proposed
    return Standing(verdict.id, verdict.route, verdict.grade, verdict.decided_at, is_override, verdict.why)


def work_of_plan(session: Session, *, work_id: UUID) -> RouteWorkRecord | None:
    """Give the plan of a work order, where it follows from a decision."""
    return session.exec(select(RouteWorkRecord).where(RouteWorkRecord.work_order_id == work_id)).first()


def ticks_of(session: Session, *, work_id: UUID) -> dict[int, dict[str, Any]]:
    """Give what was last said of each step of a plan, by its position."""
    one = WorkOrderEventRecord
    query = select(one).where(one.work_order_id == work_id, one.kind == TICKED)
    told = session.exec(query.order_by(col(one.at), col(one.id)))
    return {int(event.facts["position"]): event.facts for event in told}


def ended_work(session: Session, *, product_id: UUID, route: str, before: datetime, most: int = 1000) -> list[Ended]:
    """Give what work of the same product and route took until now, the latest first."""
    order, plan = WorkOrderRecord, RouteWorkRecord
    query = (
        select(order)
        .join(plan, (col(plan.tenant_id) == order.tenant_id) & (col(plan.work_order_id) == order.id))
        .where(plan.product_id == product_id, plan.route == route)
        .where(order.state == WorkState.DONE, col(order.ended_at) <= before)
        .order_by(col(order.ended_at).desc(), col(order.id))
        .limit(most)
    )
    found = session.exec(query)
    return [Ended(one.minutes, None if one.cost is None else float(one.cost), one.currency) for one in found]
