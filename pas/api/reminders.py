"""Reminders over HTTP: what was asked of whom and why, and the steps that are due now."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import select

from billing.collection.dunning import DunningStep
from billing.collection_tables import DunningRecord
from billing.take_dunning_steps import Step, due_steps
from lifecycle.reason import Reason
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role
from pas.send_reminders import send_reminders

router = APIRouter(prefix="/reminders", tags=["payments"])


class ReminderTold(BaseModel):
    """A step that is due or was just taken."""

    number: str
    customer: str
    step: DunningStep
    open: Decimal
    interest: Decimal
    compensation: Decimal
    total: Decimal
    pay_before: date
    mailed: bool
    """Whether the customer has a mail address; else it is to be printed."""
    reasons: list[Reason]


class Reminder(BaseModel):
    """A step that was taken, as it stands on record."""

    id: UUID
    invoice_id: UUID
    step: DunningStep
    taken_on: date
    pay_before: date
    open: Decimal
    interest: Decimal
    compensation: Decimal
    total: Decimal
    reasons: list[Reason]
    address: str
    taken_at: datetime
    taken_by: str


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def list_reminders(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[Reminder]:
    """List the steps that were taken, by day."""
    by = (DunningRecord.taken_on, DunningRecord.id)
    found, next_cursor = page(session, select(DunningRecord), by=by, cursor=cursor, limit=limit)
    return Page(items=[Reminder.model_validate(one, from_attributes=True) for one in found], next_cursor=next_cursor)


@router.get("/due", responses=problems(409))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def list_due_reminders(_caller: Asking, session: Reading) -> list[ReminderTold]:
    """Show the steps that are due now, and take none."""
    return [told(step) for step in due_steps(session, now=clock.now())]


@router.post("", status_code=201, responses=problems(409))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def take_reminders(caller: Asking, session: Writing) -> list[ReminderTold]:
    """Take the steps that are due now, each once; the letters go by mail where the customer has an address."""
    return [told(step) for step in send_reminders(session, now=clock.now(), by=caller.actor)]


def told(step: Step) -> ReminderTold:
    """Show a step."""
    claim = step.claim
    return ReminderTold(
        number=step.owed.number,
        customer=step.customer.code,
        step=claim.step,
        open=claim.open,
        interest=claim.interest,
        compensation=claim.compensation,
        total=claim.total,
        pay_before=claim.pay_before,
        mailed=bool(step.customer.email),
        reasons=claim.reasons,
    )
