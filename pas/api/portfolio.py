"""The forecast of a portfolio over HTTP: what the things of ending contracts may net, against what is booked."""

from fastapi import APIRouter

from billing.forecast_portfolio import forecast_portfolio
from lifecycle.portfolio.forecast import Forecast
from pas import clock
from pas.access import Asking, Reading, may
from pas.api.end_report import AsOf, End, Start
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/portfolio-forecast", tags=["values"])


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def get_portfolio_forecast(_caller: Asking, session: Reading, start: Start, end: End, as_of: AsOf = None) -> Forecast:
    """Forecast the things whose last contract day lies in the period: as a whole, by group, and under other prices."""
    now = clock.now()
    known = min(as_of or now.date(), now.date())
    return forecast_portfolio(session, start=start, end=end, as_of=known, now=now)
