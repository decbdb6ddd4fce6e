"""Scenarios over HTTP: how many assets go another way at other prices of labour, CO2 and scrap, and what it moves."""

from typing import Annotated

from fastapi import APIRouter, Query

from lifecycle.portfolio.forecast import Setting
from lifecycle.portfolio.route_scenario import NAMED, RouteScenarios
from lifecycle.read_scenarios import read_scenarios
from pas import clock
from pas.access import Asking, Reading, may
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/route-scenarios", tags=["routes"])

Factor = Annotated[
    float | None, Query(ge=0, le=100, allow_inf_nan=False, description="Times what it is today; 1 if left out.")
]
Carbon = Annotated[
    float | None, Query(ge=0, le=1e6, allow_inf_nan=False, description="Price of a tonne of CO2e; 0 if left out.")
]


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def get_route_scenarios(
    _caller: Asking, session: Reading, labour: Factor = None, carbon: Carbon = None, scrap: Factor = None
) -> RouteScenarios:
    """Weigh the routes of the whole fleet at other prices; where none is asked for, at each of the named settings."""
    return read_scenarios(session, settings=asked(labour, carbon, scrap), now=clock.now())


def asked(labour: float | None, carbon: float | None, scrap: float | None) -> tuple[Setting, ...]:
    """Give the setting that was asked for, else the named ones."""
    if labour is None and carbon is None and scrap is None:
        return NAMED
    return (
        Setting(
            "asked",
            wage_factor=1.0 if labour is None else labour,
            carbon_price=0.0 if carbon is None else carbon,
            material_factor=1.0 if scrap is None else scrap,
        ),
    )
