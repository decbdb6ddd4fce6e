"""Billing a month over HTTP, and what former runs did."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from billing import bill_run_queries as queries
from billing.begin_bill_run import begin_bill_run
from billing.bill_month import bill_month
from billing.carry_on_bill_run import ISSUED_AT_ONCE
from billing.month.bill_run import BillRun, Deed, RunState
from billing.period import Month, local_day
from billing.queries import seller
from billing.tables import BillRunRecord
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/bill-runs", tags=["invoices"])


class WhichMonth(BaseModel):
    """The month to bill, and how."""

    model_config = {"extra": "forbid"}

    month: str = Field(pattern=r"^\d{4}-\d{2}$", description="Such as 2026-10; it must be over.")
    deed: Deed = Field(default=Deed.ISSUE, description="Issue at once, only draft, or issue what finance approved.")
    only_failed: bool = Field(default=False, description="Only the contracts that failed in former runs of the month.")


class SinceMonth(BaseModel):
    """The month to catch up from."""

    model_config = {"extra": "forbid"}

    since: str = Field(pattern=r"^\d{4}-\d{2}$", description="Such as 2026-07; later months that are over come too.")
    deed: Deed = Field(default=Deed.ISSUE, description="Issue at once, only draft, or issue what finance approved.")


class CaughtUp(BaseModel):
    """The runs of the months that were missed."""

    runs: list[BillRun]


@router.post("", status_code=201, responses=problems(409, 422) | {202: {"model": BillRun, "description": "Under way."}})
@may(Role.ADMINISTRATOR, Role.FINANCE)
def run_month(which: WhichMonth, caller: Asking, session: Writing, response: Response) -> BillRun:
    """Bill what is missing of a month; again, it finds everything done.

    A small month is done when this answers (201). A larger one is under way (202): the worker carries it on, and
    `GET /bill-runs/{run_id}` says how far it is.
    """
    run = _begin_or_bill(session, Month(which.month), caller, deed=which.deed, only_failed=which.only_failed)
    response.status_code = 202 if run.state is RunState.RUNNING else 201
    return run


@router.post("/catch-up", status_code=202, responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def catch_up(since: SinceMonth, caller: Asking, session: Writing) -> CaughtUp:
    """Bill each month, from one on, that is over and lacks invoices: each in its own period, the earliest first."""
    today = local_day(clock.now(), seller(session).zone)
    months = queries.missed_months(session, since=Month(since.since), until=today)
    return CaughtUp(runs=[_begin(session, month, caller, since.deed, only_failed=False) for month in months])


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def list_runs(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[BillRun]:
    """List the runs that came to their end by the moment they began, with what they could not bill."""
    by = (BillRunRecord.ran_at, BillRunRecord.id)
    found, next_cursor = page(session, queries.bill_runs(), by=by, cursor=cursor, limit=limit)
    return Page(items=queries.news_of(session, found), next_cursor=next_cursor)


@router.get("/{run_id}", responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def show_run(run_id: UUID, _caller: Asking, session: Reading) -> BillRun:
    """Show one run, also while it is under way: how far it is, and what it could not bill."""
    return queries.bill_run(session, run_id)


def _begin_or_bill(session: Writing, month: Month, caller: Asking, *, deed: Deed, only_failed: bool) -> BillRun:
    """Do at once what is a bite, and leave more than that to the worker."""
    run = _begin(session, month, caller, deed, only_failed=only_failed)
    if run.to_do - run.done > ISSUED_AT_ONCE:
        return run
    return bill_month(session, month=month, deed=deed, only_failed=only_failed, now=clock.now(), by=caller.actor)


def _begin(session: Writing, month: Month, caller: Asking, deed: Deed, *, only_failed: bool) -> BillRun:
    task = begin_bill_run(session, month=month, deed=deed, only_failed=only_failed, now=clock.now(), by=caller.actor)
    return queries.so_far(session, task)
