"""What the journal is made of: issued documents and payments; and what of it was exported already."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.books.accounts import Accounts, Role
from billing.books.journal import FoundOut, PaidIn, SoldDocument, Standing
from billing.books.line import NOTHING
from billing.collection_tables import AllocationRecord, PaymentRecord
from billing.journal_tables import JournalBatchRecord, JournalLineRecord, LedgerAccountsRecord
from billing.period import Period, months_later
from billing.tables import InvoiceRecord
from billing.vat import VatShare
from lifecycle.tables import CustomerRecord
from telemetry.refusal import Refusal

_AT_ONCE = 1000


class UnknownBatch(Refusal):
    """No such batch of the journal."""


class Exported(NamedTuple):
    """From which to which month the journal was exported."""

    first: date
    last: date


def accounts(session: Session) -> Accounts:
    """Give the accounts of the ledger: those that were named, else the Belgian defaults."""
    kept = session.exec(select(LedgerAccountsRecord)).first()
    return Accounts() if kept is None else Accounts.model_validate(kept, from_attributes=True)


def batches(*, month: date | None) -> SelectOfScalar[JournalBatchRecord]:
    """Ask for batches, all or those of one month."""
    query = select(JournalBatchRecord)
    return query if month is None else query.where(JournalBatchRecord.month == month)


def batch(session: Session, *, batch_id: UUID) -> JournalBatchRecord:
    """Give one batch. Raises UnknownBatch."""
    found = session.exec(select(JournalBatchRecord).where(JournalBatchRecord.id == batch_id)).first()
    if found is None:
        raise UnknownBatch("there is no such batch", field="batch_id")
    return found


def exported_months(session: Session) -> Exported | None:
    """Give the first and the last month of which anything was exported, if any was."""
    month = col(JournalBatchRecord.month)
    first, last = session.exec(select(func.min(month), func.max(month))).one()
    return None if first is None else Exported(first, last)


def lines_of_batch(session: Session, *, batch_id: UUID) -> Iterator[JournalLineRecord]:
    """Give the lines of a batch in their order."""
    query = select(JournalLineRecord).where(JournalLineRecord.batch_id == batch_id)
    return iter(session.exec(query.order_by(col(JournalLineRecord.position)).execution_options(yield_per=_AT_ONCE)))


def exported_entries(session: Session, *, period: Period) -> set[str]:
    """Give the keys of the entries of a period that were exported."""
    query = select(JournalLineRecord.entry).where(
        col(JournalLineRecord.booked_on) >= period.start, col(JournalLineRecord.booked_on) < period.end
    )
    return set(session.exec(query.distinct()))


def closed(session: Session, *, month: date) -> list[Standing]:
    """Give what a month was closed with, as it was exported."""
    line = JournalLineRecord
    query = select(line).where(
        col(line.entry).startswith("closing:"),
        col(line.booked_on) >= month,
        col(line.booked_on) < months_later(month, 1),
        col(line.role).in_([Role.DEFERRED, Role.ACCRUED]),
    )
    return [_standing(month, one) for one in session.exec(query.order_by(col(line.entry)))]


def _standing(month: date, line: JournalLineRecord) -> Standing:
    amount = line.debit - line.credit
    income = Role(line.entry.rpartition(":")[2])
    return Standing(month, line.currency, income, line.role, amount if line.role is Role.ACCRUED else -amount)


def sold_documents(session: Session, *, period: Period) -> Iterator[SoldDocument]:
    """Give the documents issued in a period, by number."""
    query = (
        select(InvoiceRecord, CustomerRecord.code)
        .join(CustomerRecord, _of(CustomerRecord, InvoiceRecord.customer_id))
        .where(col(InvoiceRecord.issued_on) >= period.start, col(InvoiceRecord.issued_on) < period.end)
        .order_by(col(InvoiceRecord.year), col(InvoiceRecord.series), col(InvoiceRecord.sequence))
        .execution_options(yield_per=_AT_ONCE)
    )
    for record, customer in session.exec(query):
        document = record.document
        nets: dict[str, Decimal] = defaultdict(lambda: NOTHING)
        for line in document["lines"]:
            nets[line["component"]] += Decimal(line["net"])
        shares = [VatShare.model_validate(share) for share in document["vat_shares"]]
        who = (customer, document["buyer"]["name"], record.currency)
        yield SoldDocument(record.number, record.issued_on, *who, record.gross, nets, shares)


def paid_in(session: Session, *, period: Period) -> Iterator[PaidIn]:
    """Give the payments of a period, by day."""
    query = (
        select(PaymentRecord, CustomerRecord.code)
        .outerjoin(CustomerRecord, _of(CustomerRecord, PaymentRecord.customer_id))
        .where(col(PaymentRecord.paid_on) >= period.start, col(PaymentRecord.paid_on) < period.end)
        .order_by(col(PaymentRecord.paid_on), col(PaymentRecord.id))
    )
    for one, customer in session.exec(query):
        yield PaidIn(str(one.id), one.paid_on, customer, one.method, one.currency, one.amount, one.reference)


def found_out(session: Session, *, period: Period) -> Iterator[FoundOut]:
    """Give what payments of nobody known turned out to pay in a period."""
    allocation, payment = AllocationRecord, PaymentRecord
    query = (
        select(allocation, InvoiceRecord.number, InvoiceRecord.currency, CustomerRecord.code)
        .join(payment, _of(payment, allocation.payment_id))
        .join(InvoiceRecord, _of(InvoiceRecord, allocation.invoice_id))
        .join(CustomerRecord, _of(CustomerRecord, InvoiceRecord.customer_id))
        .where(col(payment.customer_id).is_(None))
        .where(col(allocation.value_on) >= period.start, col(allocation.value_on) < period.end)
        .order_by(col(allocation.value_on), col(allocation.id))
    )
    for one, number, currency, customer in session.exec(query):
        yield FoundOut(str(one.id), one.value_on, customer, number, currency, one.amount)


def _of(record: type[Any], referring: Any) -> Any:
    """Join a record to whatever refers to it, within the tenant."""
    return and_(record.tenant_id == referring.class_.tenant_id, record.id == referring)
