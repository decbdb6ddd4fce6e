"""The finance report over HTTP: what the things of ending contracts will be worth."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from billing.contract_life.ending import EndReport, report
from billing.end_report import end_report
from pas import clock
from pas.access import Asking, Reading, may
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/end-report", tags=["values"])

Start = Annotated[date, Query(description="The first last day that counts.")]
End = Annotated[date, Query(description="The day after the last one that counts.")]
AsOf = Annotated[date | None, Query(description="What was known on this day; today where it is left out.")]


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def get_end_report(_caller: Asking, session: Reading, start: Start, end: End, as_of: AsOf = None) -> EndReport:
    """Value every thing whose last contract day lies in the period."""
    now = clock.now()
    known = min(as_of or now.date(), now.date())
    lines = end_report(session, start=start, end=end, as_of=known, now=now)
    return report(lines, start=start, end=end, as_of=known)
