"""Payments over HTTP: recorded by hand, read from bank statements, given back; and what each still leaves open."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from billing.account_queries import payments
from billing.collection.collecting import RefundState
from billing.collection.payment import NewPayment, PaymentMethod, PaymentSource, Received
from billing.collection_tables import PaymentRecord
from billing.import_bank_statement import ImportedStatement, import_bank_statement
from billing.receivable_queries import unallocated
from billing.record_payments import record_payments
from billing.refund_payment import payment_of, refund_payment
from lifecycle.label import Name
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.contracts import CustomerFilter
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.api.raw_body import RawBody
from pas.role import Role
from telemetry.identity import new_id

router = APIRouter(tags=["payments"])

_CAMT = {"requestBody": {"required": True, "content": {"application/xml": {"schema": {"type": "string"}}}}}


class PaymentAnswer(BaseModel):
    """A payment; `left` is what pays no invoice yet."""

    id: UUID
    customer_id: UUID | None
    paid_on: date
    amount: Decimal
    currency: str
    method: PaymentMethod
    source: PaymentSource
    reference: str
    payer: str
    payer_iban: str
    recorded_at: datetime
    recorded_by: str
    left: Decimal


class NewRefund(BaseModel):
    """How much goes back, and why."""

    model_config = {"extra": "forbid"}

    amount: Decimal = Field(gt=0, max_digits=14, decimal_places=2)
    reason: Annotated[Name, Field(max_length=400)]


class RefundAnswer(BaseModel):
    """An ordered refund and how far it has come."""

    id: UUID
    payment_id: UUID
    amount: Decimal
    reason: str
    state: RefundState
    made_at: datetime


@router.get("/payments", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def list_payments(
    _caller: Asking, session: Reading, customer: CustomerFilter = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[PaymentAnswer]:
    """List payments by day, with what of each pays no invoice yet."""
    by = (PaymentRecord.paid_on, PaymentRecord.id)
    found, next_cursor = page(session, payments(customer_id=customer), by=by, cursor=cursor, limit=limit)
    shown = [_shown(one, left) for one, left in zip(found, unallocated(session, found), strict=True)]
    return Page(items=shown, next_cursor=next_cursor)


@router.post("/payments", status_code=201, responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def record_payment(new: NewPayment, response: Response, caller: Asking, session: Writing) -> PaymentAnswer:
    """Record a payment by hand; it pays the invoices that it names, or those that its reference names."""
    known = new.model_copy(update={"id": new.id or new_id()})
    received = Received(known, PaymentSource.HAND, f"hand:{known.id}")
    recorded = record_payments(session, [received], now=clock.now(), by=caller.actor)[0].payment
    response.headers["Location"] = f"/api/v1/payments/{recorded.id}"
    return _shown(recorded, unallocated(session, [recorded])[0])


@router.get("/payments/{payment_id}", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_payment(payment_id: UUID, _caller: Asking, session: Reading) -> PaymentAnswer:
    """Give one payment."""
    found = payment_of(session, payment_id=payment_id)
    return _shown(found, unallocated(session, [found])[0])


@router.post("/payments/{payment_id}/refunds", status_code=201, responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def order_refund(payment_id: UUID, new: NewRefund, caller: Asking, session: Writing) -> RefundAnswer:
    """Order that money which came through Stripe goes back the same way; it is sent by the worker or `pas send`."""
    made = refund_payment(
        session, payment_id=payment_id, amount=new.amount, reason=new.reason, now=clock.now(), by=caller.actor
    )
    return RefundAnswer.model_validate(made, from_attributes=True)


@router.post("/bank-statements", status_code=201, responses=problems(409, 413, 422), openapi_extra=_CAMT)
@may(Role.ADMINISTRATOR, Role.FINANCE)
def take_bank_statement(document: RawBody, caller: Asking, session: Writing) -> list[ImportedStatement]:
    """Take in a bank statement (CAMT.053) and match what came in; the same statement again changes nothing."""
    return import_bank_statement(session, document=document, now=clock.now(), by=caller.actor)


def _shown(payment: PaymentRecord, left: Decimal) -> PaymentAnswer:
    return PaymentAnswer(**payment.model_dump(include=set(PaymentAnswer.model_fields)), left=left)
