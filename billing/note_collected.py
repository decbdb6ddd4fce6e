"""Note how far Stripe is with an invoice: only forward, and money that came becomes a payment, once."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, col, select

from billing.collection.collecting import FINAL, CollectedState, MandateKind, Standing, is_forward
from billing.collection.payment import NewPayment, PaymentMethod, PaymentSource, Received
from billing.collection.till import SeenDispute, SeenInvoice, SeenRefund
from billing.collection_tables import CollectedInvoiceRecord, MandateRecord, PaymentRecord
from billing.period import local_day
from billing.queries import seller
from billing.record_payments import record_payments
from billing.tables import InvoiceRecord
from lifecycle.actor import Actor
from telemetry.tables import tenant_of

STRIPE = Actor(kind="system", name="stripe")
CENTS = Decimal(100)


def note_collected(session: Session, *, seen: SeenInvoice, now: datetime) -> CollectedInvoiceRecord | None:
    """Keep how an invoice stands at Stripe; None where it is none of ours. Older news changes nothing."""
    invoice = session.exec(select(InvoiceRecord).where(InvoiceRecord.number == seen.number)).first()
    if invoice is None:
        return None
    held = _held(session, invoice.id)
    if held is None:
        held = CollectedInvoiceRecord(
            tenant_id=tenant_of(session), invoice_id=invoice.id, stripe_id=seen.id, state=seen.state, synced_at=now
        )
        session.add(held)
    elif held.stripe_id != seen.id:
        return None
    elif is_forward(Standing(held.state, held.attempts), Standing(seen.state, max(seen.attempts, held.attempts))):
        held.state = seen.state
    held.attempts, held.total = max(held.attempts, seen.attempts), seen.total
    held.payment_intent = seen.payment_intent or held.payment_intent
    held.why, held.synced_at = seen.why[:300], now
    if seen.paid > held.paid:
        held.paid = seen.paid
        _record(session, invoice, seen, now=now)
    session.flush()
    return held


def note_try(session: Session, *, invoice_id: UUID, nth: int, now: datetime) -> None:
    """Note that a further try begins, which outdates the failure of the one before.

    Stripe itself counts only the first try and those that it makes by itself, so the count is ours.
    """
    held = _held(session, invoice_id)
    if held is not None and nth > held.attempts and held.state not in FINAL:
        held.state, held.attempts, held.why, held.synced_at = CollectedState.OPEN, nth, "", now
        session.flush()


def _held(session: Session, invoice_id: UUID) -> CollectedInvoiceRecord | None:
    query = select(CollectedInvoiceRecord).where(CollectedInvoiceRecord.invoice_id == invoice_id)
    return session.exec(query.with_for_update()).first()


def _record(session: Session, invoice: InvoiceRecord, seen: SeenInvoice, *, now: datetime) -> None:
    """Record the money that Stripe collected, under the payment's own id, so that no telling counts twice."""
    told = NewPayment(
        paid_on=local_day(now, seller(session).zone),
        amount=seen.paid / CENTS,
        currency=invoice.currency,
        method=_method(session, invoice.customer_id),
        reference=invoice.number,
        customer_id=invoice.customer_id,
        invoices=[invoice.number],
    )
    name = f"stripe:{seen.payment_intent or seen.id}"
    known = session.exec(select(PaymentRecord.id).where(PaymentRecord.external_id == name)).first()
    if known is None:
        record_payments(session, [Received(told, PaymentSource.STRIPE, name)], now=now, by=STRIPE)


def _method(session: Session, customer_id: UUID) -> PaymentMethod:
    query = select(MandateRecord.kind).where(MandateRecord.customer_id == customer_id)
    kind = session.exec(query.order_by(col(MandateRecord.made_at).desc()).limit(1)).first()
    return PaymentMethod.CARD if kind is MandateKind.CARD else PaymentMethod.DIRECT_DEBIT


def note_refunded(session: Session, *, seen: SeenRefund, now: datetime) -> bool:
    """Record money that Stripe gave back; tell whether it is of a payment of ours. Twice changes nothing."""
    paid = _paid_by(session, seen.payment_intent)
    if paid is None:
        return False
    if seen.status == "succeeded":
        _take_back(session, paid, f"stripe:{seen.id}", seen.amount / CENTS, now=now)
    return True


def note_disputed(session: Session, *, seen: SeenDispute, now: datetime) -> bool:
    """Record a debit that the payer's bank took back; the invoice is open again. Twice changes nothing."""
    paid = _paid_by(session, seen.payment_intent)
    if paid is None:
        return False
    if seen.is_lost:
        _take_back(session, paid, f"stripe:{seen.id}", seen.amount / CENTS, now=now)
    return True


def _paid_by(session: Session, payment_intent: str) -> PaymentRecord | None:
    return session.exec(select(PaymentRecord).where(PaymentRecord.external_id == f"stripe:{payment_intent}")).first()


def _take_back(session: Session, paid: PaymentRecord, name: str, amount: Decimal, *, now: datetime) -> None:
    known = session.exec(select(PaymentRecord.id).where(PaymentRecord.external_id == name)).first()
    if known is not None:
        return
    told = NewPayment(
        paid_on=local_day(now, seller(session).zone),
        amount=-amount,
        currency=paid.currency,
        method=paid.method,
        reference=paid.reference,
        customer_id=paid.customer_id,
    )
    record_payments(session, [Received(told, PaymentSource.STRIPE, name)], now=now, by=STRIPE)
