"""Tell Stripe of an invoice that it holds open and that was paid or credited by another way, so that it rests."""

from datetime import date
from uuid import UUID

from sqlmodel import select

from billing.collection.collecting import CollectedState, TaskState
from billing.collection.till import SettleOutside, VoidInvoice
from billing.collection_tables import CollectedInvoiceRecord
from billing.keep_tasks import Ended
from billing.note_collected import note_collected
from billing.receivable_queries import receivables
from billing.tables import InvoiceRecord
from billing.take_steps import Desk, Later, take_step

_IDLE = frozenset({CollectedState.OPEN, CollectedState.FAILED, CollectedState.UNCOLLECTIBLE})


def settle_elsewhere(desk: Desk, invoice_id: UUID) -> Ended:
    """Void what was credited in full, mark as paid elsewhere what was paid; a debit under way is waited for."""
    with desk.writing() as session:
        held = session.exec(select(CollectedInvoiceRecord).where(CollectedInvoiceRecord.invoice_id == invoice_id)).one()
        invoice = session.exec(select(InvoiceRecord).where(InvoiceRecord.id == invoice_id)).one()
        owed = receivables(session, [invoice], as_of=date.max)[0]
        stripe_id, number = held.stripe_id, invoice.number
    if owed.open > 0:
        return Ended(TaskState.LEFT, "something is open again")

    seen = desk.till.invoice(stripe_id)
    if seen.state is CollectedState.PROCESSING:
        raise Later("a debit is under way", wait=3600)
    if seen.state in _IDLE:
        deed = VoidInvoice(stripe_id) if owed.credited >= owed.gross else SettleOutside(stripe_id)
        take_step(desk, operation=f"inv:{number}:settle", deed=deed)
        seen = desk.till.invoice(stripe_id)

    with desk.writing() as session:
        note_collected(session, seen=seen, now=desk.now())
    return Ended(TaskState.DONE, seen.state.value)
