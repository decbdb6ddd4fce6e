"""What is owed over HTTP: open invoices on a day, a customer's account, what is contested, who lets us collect."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from billing import queries
from billing.account_queries import account, whose_account
from billing.collection.account_pdf import account_pdf
from billing.collection.collecting import MandateKind, MandateState
from billing.collection.statement_of_account import AccountStatement
from billing.collection_tables import MandateRecord
from billing.contest_invoice import contest_invoice
from billing.keep_mandates import end_mandate, mandates, open_mandate
from billing.period import FIRST_DAY
from billing.receivable_queries import Receivable, open_receivables
from lifecycle.label import Name
from pas import clock
from pas.access import Asking, Caller, Reading, Writing, may
from pas.api.contracts import CustomerFilter, customer_seen
from pas.api.invoices import PDF, Language, Number
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(tags=["payments"])

AsOf = Annotated[date | None, Query(description="At the end of this day; else today.")]
Since = Annotated[date | None, Query(description="From this day on; else from the beginning.")]
_MOST = 10_000


class OpenInvoiceAnswer(BaseModel):
    """An invoice and what is open of it; less than nothing where more was paid or credited than it asked for."""

    invoice_id: UUID
    number: str
    customer_id: UUID
    issued_on: date
    due_on: date
    currency: str
    gross: Decimal
    paid: Decimal
    credited: Decimal
    open: Decimal


class Contest(BaseModel):
    """Whether an invoice is contested, or the matter settled, and why."""

    model_config = {"extra": "forbid"}

    disputed: bool
    reason: Annotated[Name, Field(max_length=400)]


class ContestAnswer(BaseModel):
    """What was noted."""

    invoice_id: UUID
    disputed: bool
    reason: str
    noted_at: datetime
    noted_by: str


class NewMandate(BaseModel):
    """Whom we ask to let us collect, and by which way."""

    model_config = {"extra": "forbid"}

    customer_id: UUID
    kind: MandateKind


class MandateAnswer(BaseModel):
    """A mandate; `page` is Stripe's page on which the customer gives account or card, while that is awaited."""

    id: UUID
    customer_id: UUID
    kind: MandateKind
    state: MandateState
    page: str
    last4: str
    reference: str
    made_at: datetime
    changed_at: datetime


@router.get("/receivables", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.CUSTOMER)
def list_receivables(
    caller: Asking, session: Reading, customer: CustomerFilter = None, as_of: AsOf = None
) -> list[OpenInvoiceAnswer]:
    """List what is open at the end of a day, by number; a customer's contact sees that customer's."""
    seen = customer_seen(caller, customer)
    found = open_receivables(session, as_of=as_of or clock.now().date(), customer_id=seen)
    return [_open(one) for one in found[:_MOST]]


def _open(one: Receivable) -> OpenInvoiceAnswer:
    return OpenInvoiceAnswer.model_validate({**one._asdict(), "open": one.open})


@router.get("/customers/{customer_id}/account", responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.CUSTOMER)
def get_account(
    customer_id: UUID, caller: Asking, session: Reading, since: Since = None, until: AsOf = None
) -> AccountStatement:
    """Give a customer's statement of account: every document and payment, with the balance after each."""
    seen = _own(caller, customer_id)
    return account(session, customer_id=seen, first=since or FIRST_DAY, last=until or clock.now().date())


@router.get("/customers/{customer_id}/account/pdf", response_class=Response, responses=problems(404, 409, 422) | PDF)
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.CUSTOMER)
def get_account_pdf(
    customer_id: UUID,
    caller: Asking,
    session: Reading,
    since: Since = None,
    until: AsOf = None,
    language: Language | None = None,
) -> Response:
    """Give a customer's statement of account as PDF, in the customer's language unless another is asked for."""
    seen = _own(caller, customer_id)
    keeper, customer = whose_account(session, customer_id=seen)
    made = account(session, customer_id=seen, first=since or FIRST_DAY, last=until or clock.now().date())
    document = account_pdf(made, keeper=keeper, customer=customer, language=language or customer.language)
    headers = {"Content-Disposition": 'inline; filename="account.pdf"'}
    return Response(document, media_type="application/pdf", headers=headers)


def _own(caller: Caller, customer_id: UUID) -> UUID:
    return customer_seen(caller, customer_id) or customer_id


@router.post("/invoices/{number}/contests", status_code=201, responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.CUSTOMER)
def contest(number: Number, said: Contest, caller: Asking, session: Writing) -> ContestAnswer:
    """Contest an invoice, or say that the matter is settled; meanwhile nobody is reminded of it."""
    invoice = queries.invoice(session, number=number, customer_id=customer_seen(caller))
    noted = contest_invoice(
        session, invoice=invoice, disputed=said.disputed, reason=said.reason, now=clock.now(), by=caller.actor
    )
    return ContestAnswer.model_validate(noted, from_attributes=True)


@router.get("/mandates", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.CUSTOMER)
def list_mandates(
    caller: Asking, session: Reading, customer: CustomerFilter = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[MandateAnswer]:
    """List who lets us collect, the oldest first; a customer's contact sees that customer's."""
    query = mandates(customer_id=customer_seen(caller, customer))
    found, next_cursor = page(session, query, by=(MandateRecord.made_at, MandateRecord.id), cursor=cursor, limit=limit)
    return Page(items=[_mandate(one) for one in found], next_cursor=next_cursor)


@router.post("/mandates", status_code=201, responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def ask_mandate(new: NewMandate, caller: Asking, session: Writing) -> MandateAnswer:
    """Ask a customer to let us collect; the page for it is there as soon as the worker has opened it at Stripe."""
    made = open_mandate(session, customer_id=new.customer_id, kind=new.kind, now=clock.now(), by=caller.actor)
    return _mandate(made)


@router.delete("/mandates/{mandate_id}", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.CUSTOMER)
def withdraw_mandate(mandate_id: UUID, caller: Asking, session: Writing) -> MandateAnswer:
    """Collect by this mandate no more; a debit that is under way still comes."""
    seen = customer_seen(caller)
    return _mandate(end_mandate(session, mandate_id=mandate_id, customer_id=seen, now=clock.now(), by=caller.actor))


def _mandate(one: MandateRecord) -> MandateAnswer:
    return MandateAnswer.model_validate(one, from_attributes=True)
