"""Note that an invoice is contested, or that the matter is settled: while it is contested nobody is reminded of it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from billing.collection_tables import DisputeRecord
from billing.tables import InvoiceRecord
from lifecycle.actor import Actor
from telemetry.lots import KEYS, lots
from telemetry.tables import tenant_of


def contest_invoice(
    session: Session, *, invoice: InvoiceRecord, disputed: bool, reason: str, now: datetime, by: Actor
) -> DisputeRecord:
    """Append what is the matter; the same again is appended too, for it was said again."""
    record = DisputeRecord(
        tenant_id=tenant_of(session),
        invoice_id=invoice.id,
        disputed=disputed,
        reason=reason,
        noted_at=now,
        noted_by=by.name,
    )
    session.add(record)
    session.flush()
    return record


def contested(session: Session, *, invoice_ids: Iterable[UUID]) -> dict[UUID, DisputeRecord]:
    """Give what is contested now of invoices; the latest word counts."""
    latest: dict[UUID, DisputeRecord] = {}
    for some in lots(sorted(set(invoice_ids)), KEYS):
        query = select(DisputeRecord).where(col(DisputeRecord.invoice_id).in_(some))
        for one in session.exec(query.order_by(col(DisputeRecord.noted_at), col(DisputeRecord.id))):
            latest[one.invoice_id] = one
    return {invoice_id: one for invoice_id, one in latest.items() if one.disputed}
