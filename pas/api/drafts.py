"""Drafts over HTTP: what a month would bill, what differs from the month before, and the word of finance."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from billing import draft_queries
from billing.approve_drafts import approve_drafts, approve_month
from billing.bill_run_queries import bill_policy
from billing.bill_run_tables import DraftRecord
from billing.draft_queries import DraftLineShown, DraftReport, DraftShown
from billing.keep_bill_policy import keep_bill_policy
from billing.month.bill_policy import BillPolicy
from billing.period import Month
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(tags=["invoices"])

MonthAsked = Annotated[str, Query(pattern=r"^\d{4}-\d{2}$", description="Such as 2026-10.")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SeenDraft(BaseModel):
    """A draft with the hash that it was shown with."""

    model_config = {"extra": "forbid"}

    contract_id: UUID
    hash: Hash


class Approval(BaseModel):
    """What finance approves: all of a month by the hash of its report, or some drafts each by its own."""

    model_config = {"extra": "forbid"}

    month: str = Field(pattern=r"^\d{4}-\d{2}$", description="Such as 2026-10.")
    shown: Hash | None = Field(default=None, description="`hash` of the report: approves all of its drafts.")
    drafts: list[SeenDraft] = Field(default=[], max_length=10_000)


class DraftLines(BaseModel):
    """What a contract would be billed, line by line."""

    contract_id: UUID
    month: str
    lines: list[DraftLineShown]


class ApprovalDone(BaseModel):
    """How many drafts were approved now, and how many had been before."""

    approved: int
    already_approved: int


@router.get("/drafts", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def list_drafts(
    month: MonthAsked, _caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[DraftShown]:
    """List the drafts of a month."""
    query = draft_queries.drafts(month=Month(month))
    found, next_cursor = page(session, query, by=(DraftRecord.contract_id,), cursor=cursor, limit=limit)
    return Page(items=draft_queries.shown(session, found), next_cursor=next_cursor)


@router.get("/drafts/report", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def show_report(month: MonthAsked, _caller: Asking, session: Reading) -> DraftReport:
    """Show what a month's drafts add up to and what differs from the month before, with the reasons."""
    return draft_queries.draft_report(session, month=Month(month))


@router.get("/drafts/lines", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def list_draft_lines(month: MonthAsked, contract_id: UUID, _caller: Asking, session: Reading) -> DraftLines:
    """Show the lines of the draft of a contract; none where it has no draft."""
    found = draft_queries.draft_lines(session, month=Month(month), contract_ids=[contract_id])
    return DraftLines(contract_id=contract_id, month=month, lines=[line for _, line in found])


@router.post("/drafts/approvals", status_code=201, responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def approve(approval: Approval, caller: Asking, session: Writing) -> ApprovalDone:
    """Approve drafts exactly as they were shown; if one of them changed meanwhile, none is approved."""
    month, now, by = Month(approval.month), clock.now(), caller.actor
    if approval.shown is not None:
        done = approve_month(session, month=month, shown=approval.shown, now=now, by=by)
        return ApprovalDone(**done._asdict())
    chosen = {one.contract_id: one.hash for one in approval.drafts}
    return ApprovalDone(**approve_drafts(session, month=month, chosen=chosen, now=now, by=by)._asdict())


@router.get("/bill-policy")
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def show_policy(_caller: Asking, session: Reading) -> BillPolicy:
    """Show how finance wants its months billed."""
    return bill_policy(session)


@router.put("/bill-policy", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def keep_policy(policy: BillPolicy, caller: Asking, session: Writing) -> BillPolicy:
    """Say how finance wants its months billed: with `sign_off`, nothing is issued that was not approved."""
    return keep_bill_policy(session, policy, now=clock.now(), by=caller.actor)
