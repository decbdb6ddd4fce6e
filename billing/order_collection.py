"""Order that an invoice is debited or charged once more after a try that failed, or for the first time."""

from datetime import datetime

from sqlmodel import Session

from billing.collect_invoice import is_all_open, payment_method
from billing.collection.collecting import CollectedState, TaskKind
from billing.collection_queries import Collection, collection_of, orders
from billing.contest_invoice import contested
from billing.invoice import Kind
from billing.keep_tasks import add_task
from billing.queries import invoice as numbered
from billing.tables import InvoiceRecord
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from telemetry.refusal import Refusal


class NotToBeCollected(Refusal):
    """An invoice that is under way, settled, contested or without a mandate is not collected."""


def order_collection(session: Session, *, number: str, now: datetime, by: Actor) -> Collection:
    """Order another try; it is made when what waits is handed over. While one waits, that one is given.

    Each order is one try at Stripe, under a key of its own: nobody is charged twice for a click too many.
    Raises UnknownInvoice and NotToBeCollected.
    """
    invoice = numbered(session, number=number, customer_id=None)
    before = collection_of(session, invoice=invoice)
    if before.waits:
        return before
    _check(session, invoice, before)

    nth = orders(session, invoice_id=invoice.id) + 1
    operation = f"collect:{invoice.number}:{nth}"
    if add_task(session, kind=TaskKind.COLLECT_AGAIN, operation=operation, subject_id=invoice.id, now=now):
        told = {"try": nth, "after": before.state, "why": before.why}
        record_audit(session, action="collection-ordered", subject=number, before=None, after=told, now=now, by=by)
    return collection_of(session, invoice=invoice)


def _check(session: Session, invoice: InvoiceRecord, before: Collection) -> None:
    sentence = _why_not(before, invoice)
    if not sentence and not is_all_open(session, invoice):
        sentence = (
            "was paid or credited, wholly or in part, and Stripe collects whole invoices; ask for the rest by letter"
        )
    if not sentence and contested(session, invoice_ids=[invoice.id]):
        sentence = "is contested; settle that first"
    if not sentence and payment_method(session, customer_id=invoice.customer_id) is None:
        sentence = "is of a customer without a mandate; ask for one first"
    if sentence:
        raise NotToBeCollected(f"{invoice.number} {sentence}", field="number")


def _why_not(before: Collection, invoice: InvoiceRecord) -> str:
    if invoice.kind is Kind.CREDIT_NOTE or invoice.gross <= 0:
        return "asks for no money"
    return {
        CollectedState.PROCESSING: "is being debited already, which takes up to 14 working days",
        CollectedState.PAID: "is paid",
        CollectedState.VOID: "was taken back",
    }.get(before.state or CollectedState.OPEN, "")
