"""Routes over HTTP: where an asset should go next, beside every other way and what bars it."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from lifecycle.condition_queries import last_routes
from lifecycle.queries import known_asset
from lifecycle.read_outlook import read_outlook
from lifecycle.reason import Reason
from lifecycle.route.choice import RouteOption
from lifecycle.route.outlook import Outlook
from pas import clock
from pas.access import Asking, Reading, may
from pas.api.problems import problems
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
