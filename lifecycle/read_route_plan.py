"""Read the plan of one thing's route: which steps, how many minutes, which parts, what it costs and saves."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from lifecycle.queries import known_asset
from lifecycle.read_case import Case, read_case
from lifecycle.route.economics import by_route
from lifecycle.route.planned import RoutePlan, plan
from lifecycle.route.verdict import RouteNotOpen
from lifecycle.route.work_plan import costed, steps_of
from lifecycle.route_queries import ended_work, standing_verdicts


def read_route_plan(
    session: Session, *, asset_id: UUID, route: str | None, now: datetime, wage: float | None = None
) -> RoutePlan:
    """Plan a route: the one named, else the one decided, else the one that nets most. Writes nothing.

    A route that is barred is planned too, and says so. Raises UnknownAsset, NothingToChoose and RouteNotOpen.
    """
    asset = known_asset(session, asset_id=asset_id, holder_id=None)
    case = read_case(session, asset=asset, now=now, wage=wage)
    decided = standing_verdicts(session, [asset_id]).get(asset_id)
    return plan_of(session, case, route=route or (decided.route if decided else case.choice.route), now=now)


def plan_of(session: Session, case: Case, *, route: str, now: datetime) -> RoutePlan:
    """Plan one route of a case that was read.

    Raises RouteNotOpen.
    """
    declared = by_route(case.product.routes)
    if route not in declared:
        named = ", ".join(declared)
        raise RouteNotOpen(f"{case.product.code} names no route {route}; it names {named}", field="route")
    grade, wage = case.condition.grade, case.costed.wage
    steps = steps_of(declared[route], case.bill, grade=grade, wage=wage)
    taken = next(one for one in case.costed.takings(case.worth) if one.route == route)
    before = ended_work(session, product_id=case.product.id, route=route, before=now)
    terms = costed(declared[route], steps)
    return plan(terms, steps, taken, before, grade=grade, wage=wage, currency=case.product.currency)
