"""Invoices over HTTP, as data and as PDF; nothing here changes one."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from billing import queries
from billing.document import pdf
from billing.invoice import Invoice
from billing.period import Month
from billing.tables import InvoiceRecord
from pas.access import Asking, Reading, may
from pas.api.contracts import CustomerFilter, customer_seen
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/invoices", tags=["invoices"])

Number = Annotated[str, Path(min_length=1, max_length=40, description="Such as INV-2026-000123.")]
MonthFilter = Annotated[str | None, Query(max_length=7, description="Only those of this month, such as 2026-10.")]

PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


class Language(StrEnum):
    """A language that invoices speak."""

    NL = "nl"
    FR = "fr"
    EN = "en"


class InvoiceHead(BaseModel):
    """An invoice in a list."""

    id: UUID
    number: str
    contract_id: UUID
    customer_id: UUID
    period_start: date
    period_end: date
    issued_on: date
    due_on: date
    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    hash: str
    issued_at: datetime


class IssuedInvoice(InvoiceHead):
    """A whole invoice; `hash` is the SHA-256 of the canonical spelling of `document`."""

    document: Invoice


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def list_invoices(
    caller: Asking,
    session: Reading,
    customer: CustomerFilter = None,
    month: MonthFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[InvoiceHead]:
    """List invoices by number; a customer's contact sees that customer's."""
    first = None if month is None else Month(month).start
    query = queries.invoices(customer_id=customer_seen(caller, customer), month=first)
    by = (InvoiceRecord.number, InvoiceRecord.id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=[InvoiceHead.model_validate(one, from_attributes=True) for one in found], next_cursor=next_cursor)


@router.get("/{number}", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def get_invoice(number: Number, caller: Asking, session: Reading) -> IssuedInvoice:
    """Give an invoice with every line and its reasons."""
    found = queries.invoice(session, number=number, customer_id=customer_seen(caller))
    return IssuedInvoice.model_validate(found, from_attributes=True)


@router.get("/{number}/pdf", response_class=Response, responses=problems(404) | PDF)
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def get_invoice_pdf(number: Number, caller: Asking, session: Reading, language: Language | None = None) -> Response:
    """Give an invoice as PDF, in the customer's language unless another is asked for."""
    found = queries.invoice(session, number=number, customer_id=customer_seen(caller))
    headers = {"Content-Disposition": f'inline; filename="{found.number}.pdf"'}
    return Response(pdf(found.document, language), media_type="application/pdf", headers=headers)
