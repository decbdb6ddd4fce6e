"""The harvest plan over HTTP."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query

from lifecycle.harvest.plan import HarvestPlan
from lifecycle.plan_harvest import plan_harvest
from pas import clock
from pas.access import Asking, Reading, may
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/harvest-plan", tags=["routes"])

Horizon = Annotated[int, Query(ge=30, le=3_650, description="Needs within so many days count.")]
Wage = Annotated[
    Decimal | None, Query(ge=0, le=10_000, max_digits=9, description="An hour of labour; the products' own else.")
]
ProductCode = Annotated[str | None, Query(max_length=60, description="Only things of the product of this code.")]


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def get_harvest_plan(
    _caller: Asking, session: Reading, horizon_days: Horizon = 365, wage: Wage = None, product: ProductCode = None
) -> HarvestPlan:
    """Plan which things near their end give which parts to which things in service; changes nothing."""
    return plan_harvest(session, horizon_days=horizon_days, wage=wage, product=product, now=clock.now())
