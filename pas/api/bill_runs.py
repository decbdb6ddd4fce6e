"""Billing a month over HTTP, and what former runs did."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from billing import queries
from billing.bill_month import bill_month
from billing.bill_run import BillRun
from billing.period import Month
from billing.tables import BillRunRecord
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/bill-runs", tags=["invoices"])


class WhichMonth(BaseModel):
    """The month to bill."""

    model_config = {"extra": "forbid"}

    month: str = Field(pattern=r"^\d{4}-\d{2}$", description="Such as 2026-10; it must be over.")


@router.post("", status_code=201, responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def run_month(which: WhichMonth, caller: Asking, session: Writing) -> BillRun:
    """Issue what is missing of a month; again, it finds everything issued."""
    return bill_month(session, month=Month(which.month), now=clock.now(), by=caller.actor)


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def list_runs(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[BillRun]:
    """List the runs by the moment they ran, with what they could not bill."""
    by = (BillRunRecord.ran_at, BillRunRecord.id)
    found, next_cursor = page(session, queries.bill_runs(), by=by, cursor=cursor, limit=limit)
    return Page(items=queries.news_of(session, found), next_cursor=next_cursor)
