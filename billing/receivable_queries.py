"""What each invoice still owes, as of a day: its amount, less what was paid and what was credited until then."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, or_, select

from billing.collection_tables import AllocationRecord, PaymentRecord, ReceivableRecord
from billing.document_tables import CreditNoteRecord
from billing.tables import InvoiceRecord
from telemetry.lots import KEYS, lots

NOTHING = Decimal("0.00")


class Receivable(NamedTuple):
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
    document_reference: str

    @property
    def open(self) -> Decimal:
        """Give what is open."""
        return self.gross - self.paid - self.credited


class Movement(NamedTuple):
    """A day on which what an invoice owes changed: less than nothing is owed less."""

    on: date
    amount: Decimal


def open_receivables(session: Session, *, as_of: date, customer_id: UUID | None = None) -> list[Receivable]:
    """Give the invoices of which something is open at the end of a day, by number; also where more was paid than owed.

    What was paid, credited or issued after that day does not count, so that a past day gives the same again. A credit
    note counts against the invoice that it takes back.
    """
    query = (
        select(InvoiceRecord)
        .join(ReceivableRecord, _of(col(ReceivableRecord.tenant_id), col(ReceivableRecord.invoice_id)), isouter=True)
        .join(CreditNoteRecord, _of(col(CreditNoteRecord.tenant_id), col(CreditNoteRecord.invoice_id)), isouter=True)
        .where(
            InvoiceRecord.issued_on <= as_of,
            col(CreditNoteRecord.invoice_id).is_(None),
            or_(
                col(ReceivableRecord.settled_on).is_(None),
                col(ReceivableRecord.settled_on) > as_of,
                col(InvoiceRecord.id).in_(select(CreditNoteRecord.credits_id)),
            ),
        )
        .order_by(col(InvoiceRecord.number))
    )
    if customer_id is not None:
        query = query.where(InvoiceRecord.customer_id == customer_id)
    found = receivables(session, session.exec(query).all(), as_of=as_of)
    return [one for one in found if one.open]


def _of(tenant: Any, invoice_id: Any) -> ColumnElement[bool]:
    return and_(tenant == col(InvoiceRecord.tenant_id), invoice_id == col(InvoiceRecord.id))


def receivables(session: Session, invoices: Sequence[InvoiceRecord], *, as_of: date) -> list[Receivable]:
    """Say what invoices owe at the end of a day, in the order given."""
    moved = movements(session, [one.id for one in invoices])
    return [_receivable(one, *(_until(part, as_of) for part in moved[one.id])) for one in invoices]


def _until(movements_of_one: Sequence[Movement], as_of: date) -> Decimal:
    return sum((one.amount for one in movements_of_one if one.on <= as_of), NOTHING)


def _receivable(invoice: InvoiceRecord, paid: Decimal, credited: Decimal) -> Receivable:
    facts = (invoice.id, invoice.number, invoice.customer_id, invoice.issued_on, invoice.due_on, invoice.currency)
    return Receivable(*facts, invoice.gross, paid, credited, invoice.document["payment_reference"])


def movements(session: Session, invoice_ids: Iterable[UUID]) -> dict[UUID, tuple[list[Movement], list[Movement]]]:
    """Give what was paid and what was credited of invoices, each by its day."""
    wanted = sorted(set(invoice_ids))
    found: dict[UUID, tuple[list[Movement], list[Movement]]] = {one: ([], []) for one in wanted}
    for some in lots(wanted, KEYS):
        paid = select(col(AllocationRecord.invoice_id), col(AllocationRecord.value_on), col(AllocationRecord.amount))
        for invoice_id, on, amount in session.exec(paid.where(col(AllocationRecord.invoice_id).in_(some))):
            found[invoice_id][0].append(Movement(on, amount))
        credited = (
            select(col(CreditNoteRecord.credits_id), col(InvoiceRecord.issued_on), col(InvoiceRecord.gross))
            .join(InvoiceRecord, _of(col(CreditNoteRecord.tenant_id), col(CreditNoteRecord.invoice_id)))
            .where(col(CreditNoteRecord.credits_id).in_(some))
        )
        for invoice_id, on, gross in session.exec(credited):
            found[invoice_id][1].append(Movement(on, -gross))
    return found


def unallocated(session: Session, payments: Sequence[PaymentRecord], *, as_of: date | None = None) -> list[Decimal]:
    """Give how much of each payment pays nothing yet, in the order given."""
    spent: defaultdict[UUID, Decimal] = defaultdict(lambda: NOTHING)
    for some in lots([one.id for one in payments], KEYS):
        query = select(AllocationRecord).where(col(AllocationRecord.payment_id).in_(some))
        for part in session.exec(query):
            if as_of is None or part.value_on <= as_of:
                spent[part.payment_id] += part.amount
    return [one.amount - spent[one.id] for one in payments]
