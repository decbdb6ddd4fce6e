"""How far the collection of an invoice through Stripe has come, and whether something about it still waits."""

from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, func, select

from billing.collection.collecting import CollectedState, TaskKind, TaskState
from billing.collection_tables import CollectedInvoiceRecord, CollectionTaskRecord
from billing.tables import InvoiceRecord

COLLECTING = (TaskKind.COLLECT, TaskKind.COLLECT_AGAIN)
BUSY = (TaskState.WAITING, TaskState.WORKING)


class Collection(NamedTuple):
    """How Stripe stands with an invoice, None where it never held it, and what waits or was answered last."""

    number: str
    state: CollectedState | None
    tries: int
    why: str
    """Why the last try failed, in Stripe's code."""
    waits: bool
    """Whether a debit or charge is ordered and not done yet."""
    answer: str
    """What came of the last order."""


def collection_of(session: Session, *, invoice: InvoiceRecord) -> Collection:
    """Say how far the collection of an invoice has come."""
    query = select(CollectedInvoiceRecord).where(CollectedInvoiceRecord.invoice_id == invoice.id)
    held = session.exec(query).first()
    task = last_order(session, invoice_id=invoice.id)
    state, tries, why = (held.state, held.attempts, held.why) if held else (None, 0, "")
    waits, answer = (task.state in BUSY, task.answer) if task else (False, "")
    return Collection(invoice.number, state, tries, why, waits, answer)


def last_order(session: Session, *, invoice_id: UUID) -> CollectionTaskRecord | None:
    """Give the last order to collect an invoice."""
    task = CollectionTaskRecord
    query = select(task).where(task.subject_id == invoice_id, col(task.kind).in_(COLLECTING))
    return session.exec(query.order_by(col(task.made_at).desc(), col(task.id).desc()).limit(1)).first()


def orders(session: Session, *, invoice_id: UUID) -> int:
    """Count the orders to collect an invoice, which number its tries: only who is told to tries again."""
    task = CollectionTaskRecord
    query = select(func.count()).where(task.subject_id == invoice_id, col(task.kind).in_(COLLECTING))
    return session.exec(query).one()
