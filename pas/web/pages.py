"""The overview, and the page of one thing."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from lifecycle.valuation.value import AssetValue
from lifecycle.value_assets import value_assets
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, may
from pas.caller import Caller
from pas.role import Role
from pas.web import overview as figures
from pas.web.asset_page import Thing, account, thing, told
from pas.web.drawing import blocks
from pas.web.page import render
from telemetry.find_meters import latest_meters

_VALUES = (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
"""Who sees what a thing is worth and where it should go next."""
_BILLS = (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
"""Who sees what was billed."""

router = APIRouter(include_in_schema=False)


@router.get("/")
@may(*EVERYBODY)
def overview(request: Request, caller: Asking, session: Reading) -> Response:
    """Show how the fleet, or a customer's part of it, stands."""
    customer_id, now = caller.customer_id, clock.now()
    by_status = figures.by_status(session, holder_id=customer_id)
    by_grade = figures.by_grade(session, holder_id=customer_id)
    alert_count, alerts = figures.open_alerts(session, holder_id=customer_id, limit=8)
    billed = caller.role in _BILLS
    contracts = billed or caller.role is Role.CUSTOMER
    ending_count, ending = (
        figures.ending(session, today=now.date(), customer_id=customer_id, limit=8) if contracts else (0, [])
    )
    return render(
        request,
        "overview.html",
        caller=caller,
        now=now,
        organisation=figures.organisation(session),
        by_status=by_status,
        status_blocks=blocks(list(by_status.values())),
        by_grade=by_grade,
        grade_blocks=blocks(list(by_grade.values())),
        alert_count=alert_count,
        alerts=alerts,
        waiting=figures.waiting(session) if customer_id is None else 0,
        billed=billed,
        run=figures.last_run(session) if billed else None,
        contracts=contracts,
        ending_count=ending_count,
        ending=ending,
        invoices=figures.invoices_of(session, customer_id=customer_id, limit=12) if customer_id else None,
    )


@router.get("/assets/{asset_id}")
@may(*EVERYBODY)
def asset(request: Request, caller: Asking, session: Reading, asset_id: UUID) -> Response:
    """Show one thing."""
    now = clock.now()
    found = thing(session, asset_id=asset_id, holder_id=caller.customer_id, now=now)
    worth, known = _worth(session, found, caller, now), latest_meters(session)
    return render(
        request,
        "asset.html",
        caller=caller,
        thing=found,
        unit=known[found.product.usage_metric].unit if found.product.usage_metric in known else "",
        why=account(found.condition.reasons, digits=1) if found.condition else None,
        values=caller.role in _VALUES,
        worth=worth,
        why_worth=account(worth.reasons, digits=2) if worth else None,
        told=told,
    )


def _worth(session: Session, found: Thing, caller: Caller, now: datetime) -> AssetValue | None:
    """Value the thing today, for those who may know."""
    if caller.role not in _VALUES:
        return None
    return next(iter(value_assets(session, asset_ids=[found.asset.id], as_of=now.date(), now=now)), None)
