"""Routes over HTTP: where an asset should go next, beside every other way and what bars it."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from lifecycle.condition_queries import last_routes
from lifecycle.decide_route import decide_route, lift_route
from lifecycle.open_route_work import NewRouteWork, open_route_work
from lifecycle.queries import known_asset
from lifecycle.read_outlook import read_outlook
from lifecycle.read_route_plan import read_route_plan
from lifecycle.reason import Reason
from lifecycle.route.choice import RouteOption
from lifecycle.route.outlook import Outlook
from lifecycle.route.planned import RoutePlan
from lifecycle.route.verdict import NewVerdict, VerdictKind, VerdictLifted
from lifecycle.route_queries import verdicts_of
from lifecycle.route_tables import RouteVerdictRecord
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.api.work_orders import WorkOrder, shown
from pas.role import Role
from telemetry.refusal import Refusal

router = APIRouter(prefix="/assets/{asset_id}", tags=["routes"])


Wage = Annotated[
    float | None, Query(ge=0, le=1e6, allow_inf_nan=False, description="Wage per hour; the product's if left out.")
]
CarbonPrice = Annotated[
    float | None,
    Query(ge=0, le=1e6, allow_inf_nan=False, description="Price of a tonne of CO2e; market prices alone if left out."),
]


RouteName = Annotated[
    str | None, Query(max_length=20, description="The route decided, else the one that nets most, if left out.")
]


class NoRouteYet(Refusal):
    """No route was chosen: the asset was not assessed, or its product names no route that is open to it."""


class RouteDecision(BaseModel):
    """The route that nets most, in the product's currency, with every option's figures."""

    id: UUID
    asset_id: UUID
    decided_at: AwareDatetime
    route: str
    net_value: Decimal
    currency: str
    options: list[RouteOption]
    reasons: list[Reason]
    rule: str


@router.get("/route", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def read_route(asset_id: UUID, _caller: Asking, session: Reading) -> RouteDecision:
    """Give the last route that was chosen for an asset."""
    known_asset(session, asset_id=asset_id, holder_id=None)
    found = last_routes(session, [asset_id]).get(asset_id)
    if found is None:
        raise NoRouteYet("no route was chosen yet: assess the asset first, and see that its product names routes")
    return RouteDecision.model_validate(found, from_attributes=True)


@router.get("/route/outlook", responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def read_route_outlook(
    asset_id: UUID, _caller: Asking, session: Reading, wage: Wage = None, carbon_price: CarbonPrice = None
) -> Outlook:
    """Weigh the routes over all grades that the asset may have: break-evens, value of inspection, other CO2 prices."""
    return read_outlook(session, asset_id=asset_id, now=clock.now(), wage=wage, carbon_price=carbon_price)


class RouteVerdict(BaseModel):
    """What a person decided of a route, or how that ended; `inputs` are all that it rests on.

    `proposed` netted most then; where `route` is another, `why` says for which reason.
    """

    id: UUID
    asset_id: UUID
    kind: VerdictKind
    decided_at: AwareDatetime
    actor_kind: str
    actor: str
    route: str
    proposed: str
    why: str
    grade: str
    net_value: Decimal
    currency: str
    inputs: dict[str, Any]
    input_hash: str
    options: list[RouteOption]
    reasons: list[Reason]
    rule: str


@router.get("/route/plan", responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE, Role.TECHNICIAN)
def read_plan_of_route(
    asset_id: UUID, _caller: Asking, session: Reading, route: RouteName = None, wage: Wage = None
) -> RoutePlan:
    """Give the work plan of a route: steps, minutes, parts, cost and CO2, beside what such work took before."""
    return read_route_plan(session, asset_id=asset_id, route=route, now=clock.now(), wage=wage)


@router.get("/route/decisions", responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def list_route_decisions(
    asset_id: UUID, _caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[RouteVerdict]:
    """List what people decided of an asset's route, and how each decision ended; the oldest first."""
    known_asset(session, asset_id=asset_id, holder_id=None)
    by = (RouteVerdictRecord.decided_at, RouteVerdictRecord.id)
    found, next_cursor = page(session, verdicts_of(asset_id), by=by, cursor=cursor, limit=limit)
    items = [RouteVerdict.model_validate(one, from_attributes=True) for one in found]
    return Page(items=items, next_cursor=next_cursor)


@router.post("/route/decisions", status_code=201, responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def decide(asset_id: UUID, verdict: NewVerdict, caller: Asking, session: Writing) -> RouteVerdict:
    """Decide on the route that nets most, or with a reason on another; it holds until lifted or its ground is gone."""
    made = decide_route(session, asset_id=asset_id, verdict=verdict, now=clock.now(), by=caller.actor)
    return RouteVerdict.model_validate(made, from_attributes=True)


@router.post("/route/lift", status_code=204, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def lift(asset_id: UUID, lifted: VerdictLifted, caller: Asking, session: Writing) -> None:
    """Take the decision that stands back; the asset is assessed again."""
    lift_route(session, asset_id=asset_id, lifted=lifted, now=clock.now(), by=caller.actor)


@router.post("/route/work", status_code=201, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def open_work_of_route(asset_id: UUID, new: NewRouteWork, caller: Asking, session: Writing) -> WorkOrder:
    """Open the work that the decision asks for, with its plan of steps; the same again changes nothing."""
    order = open_route_work(session, asset_id=asset_id, new=new, now=clock.now(), by=caller.actor)
    return shown(order, caller)
