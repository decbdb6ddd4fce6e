"""What the books are made of: the lines and VAT of issued documents, and what of them is still open."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from billing.books.aged import OpenItem
from billing.books.line import CARRIED, NOBODY_S, BookedLine
from billing.books.vat_listing import VatDocument
from billing.period import Period
from billing.receivable_queries import open_receivables
from billing.tables import ContractRecord, InvoiceLineRecord, InvoiceRecord
from billing.vat import VatShare
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord

_AT_ONCE = 2000
_CREDIT = "credit_note"
"""What a document says of its kind when it takes back an invoice; its amounts are less than nothing."""


def booked_lines(session: Session, *, period: Period, as_of: date) -> Iterator[BookedLine]:
    """Give the lines of documents issued up to a day that are billed or served in a period, or stand over into it."""
    line, invoice = InvoiceLineRecord, InvoiceRecord
    matters = and_(
        col(invoice.issued_on) <= as_of,
        or_(
            col(line.period_end) > period.start,
            col(invoice.issued_on) >= period.start,
            col(line.component) == CARRIED,
        ),
        or_(col(line.period_start) < period.end, col(invoice.issued_on) < period.end),
    )
    query = (
        select(
            invoice.number, invoice.issued_on, CustomerRecord.code, ContractRecord.code, ProductRecord.name,
            line.component, line.period_start, line.period_end, col(line.net), invoice.currency,
        )  # type: ignore[call-overload]
        .select_from(line)
        .join(invoice, _of(invoice, line.invoice_id))
        .join(CustomerRecord, _of(CustomerRecord, invoice.customer_id))
        .outerjoin(ContractRecord, _of(ContractRecord, invoice.contract_id))
        .outerjoin(AssetRecord, _of(AssetRecord, line.asset_id))
        .outerjoin(ProductRecord, _of(ProductRecord, AssetRecord.product_id))
        .where(matters)
        .execution_options(yield_per=_AT_ONCE)
    )  # fmt: skip
    for number, issued_on, customer, contract, product, component, start, end, net, currency in session.exec(query):
        names = (customer, contract or NOBODY_S, product or NOBODY_S, str(component))
        yield BookedLine(number, issued_on, *names, start, end, net, currency)


def vat_documents(session: Session, *, start: date, end: date) -> list[VatDocument]:
    """Give the documents issued from a day up to, and without, another, as they stood when they were issued."""
    query = (
        select(InvoiceRecord, CustomerRecord.code)
        .join(CustomerRecord, _of(CustomerRecord, InvoiceRecord.customer_id))
        .where(col(InvoiceRecord.issued_on) >= start, col(InvoiceRecord.issued_on) < end)
        .order_by(col(InvoiceRecord.year), col(InvoiceRecord.series), col(InvoiceRecord.sequence))
    )
    return [_vat_document(record, customer) for record, customer in session.exec(query)]


def _vat_document(record: InvoiceRecord, customer: str) -> VatDocument:
    buyer = record.document["buyer"]
    return VatDocument(
        number=record.number,
        issued_on=record.issued_on,
        is_credit=record.document.get("kind") == _CREDIT,
        customer=customer,
        customer_name=buyer["name"],
        country=buyer["country"],
        vat_number=buyer["vat_number"],
        currency=record.currency,
        net=record.net,
        vat=record.vat,
        shares=[VatShare.model_validate(share) for share in record.document["vat_shares"]],
    )


def open_items(session: Session, *, as_of: date) -> list[OpenItem]:
    """Give what was open of each document at the end of a day; what came later does not count."""
    names = {one.id: (one.code, one.name) for one in session.exec(select(CustomerRecord))}
    return [
        OpenItem(*names[one.customer_id], one.number, one.issued_on, one.due_on, one.currency, one.gross, one.open)
        for one in open_receivables(session, as_of=as_of)
    ]


def _of(record: type[Any], referring: Any) -> Any:
    """Join a record to whatever refers to it, within the tenant."""
    return and_(record.tenant_id == referring.class_.tenant_id, record.id == referring)
