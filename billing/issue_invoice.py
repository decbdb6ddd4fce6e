"""Issue one invoice: take the next number, draw up the document and store it, all or nothing."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session, select

from billing.invoice import Invoice, as_document, draw_up, invoice_number, payment_reference
from billing.period import Month
from billing.rating import RatedLine
from billing.tables import ContractRecord, InvoiceLineRecord, InvoiceRecord, NumberSeriesRecord, SellerRecord
from lifecycle.chain import digest
from lifecycle.tables import CustomerRecord
from telemetry.identity import new_id
from telemetry.tables import tenant_of

LINE_COLUMNS = (
    "position",
    "billed_of",
    "contract_line_id",
    "asset_id",
    "component",
    "period_start",
    "period_end",
    "quantity",
    "unit",
    "unit_price",
    "price_base",
    "net",
    "vat_category",
    "vat_rate",
)


class Issuing(NamedTuple):
    """What all invoices of one run share."""

    run_id: UUID
    month: Month
    seller: SellerRecord
    issued_on: date
    now: datetime


def issue_invoice(
    session: Session,
    *,
    issuing: Issuing,
    contract: ContractRecord,
    buyer: CustomerRecord,
    lines: Sequence[RatedLine],
) -> InvoiceRecord:
    """Give one invoice its number and store it.

    The caller holds the tenant's seller row, so numbers follow without a gap. Sends nothing.
    Raises WrongRate and BuyerWithoutVatNumber.
    """
    year = issuing.issued_on.year
    series = _held_series(session, issuing.seller.series, year)

    invoice = draw_up(
        number=invoice_number(series.series, year, series.last + 1),
        seller=issuing.seller,
        buyer=buyer,
        contract=contract,
        period=issuing.month,
        lines=lines,
        issued_on=issuing.issued_on,
        payment_reference=payment_reference(issuing.seller.country, year, series.last + 1),
    )

    series.last += 1
    record = _record(invoice, issuing, contract, series, tenant_id=tenant_of(session))
    session.add(record)
    session.flush()
    session.execute(insert(InvoiceLineRecord), _rows(invoice, record))
    return record


def _held_series(session: Session, name: str, year: int) -> NumberSeriesRecord:
    """Hold the series of a year; its first invoice makes it."""
    query = select(NumberSeriesRecord).where(NumberSeriesRecord.series == name, NumberSeriesRecord.year == year)
    found = session.exec(query.with_for_update()).first()
    if found is None:
        found = NumberSeriesRecord(tenant_id=tenant_of(session), series=name, year=year)
        session.add(found)
    return found


def _record(
    invoice: Invoice, issuing: Issuing, contract: ContractRecord, series: NumberSeriesRecord, *, tenant_id: int
) -> InvoiceRecord:
    document = as_document(invoice)
    return InvoiceRecord(
        tenant_id=tenant_id,
        id=new_id(),
        number=invoice.number,
        series=series.series,
        year=series.year,
        sequence=series.last,
        contract_id=contract.id,
        customer_id=contract.customer_id,
        run_id=issuing.run_id,
        period_start=invoice.period_start,
        period_end=invoice.period_end,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        currency=invoice.currency,
        net=invoice.net,
        vat=invoice.vat,
        gross=invoice.gross,
        document=document,
        hash=digest(document),
        issued_at=issuing.now,
    )


def _rows(invoice: Invoice, record: InvoiceRecord) -> list[dict[str, Any]]:
    return [
        {
            **{column: getattr(line, column) for column in LINE_COLUMNS},
            "component": line.component.value,
            "vat_category": line.vat_category.value,
            "tenant_id": record.tenant_id,
            "invoice_id": record.id,
            "revision": record.revision or line.revision,
            "reasons": [reason.model_dump(mode="json") for reason in line.reasons],
        }
        for line in invoice.lines
    ]
