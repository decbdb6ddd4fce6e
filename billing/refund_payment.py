"""Order that money goes back: through Stripe where it came that way, never more than came."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, col, select

from billing.collection.collecting import RefundState, TaskKind
from billing.collection.payment import PaymentSource
from billing.collection_tables import PaymentRecord, RefundRecord
from billing.keep_tasks import add_task
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class UnknownPayment(Refusal):
    """No such payment, or not one of yours."""


class NotRefundable(Refusal):
    """Money that did not come through Stripe, or more than came, cannot be sent back this way."""


def refund_payment(
    session: Session, *, payment_id: UUID, amount: Decimal, reason: str, now: datetime, by: Actor
) -> RefundRecord:
    """Order a refund; it is sent when what waits is handed over. Raises UnknownPayment and NotRefundable."""
    payment = payment_of(session, payment_id=payment_id)
    query = select(RefundRecord).where(
        RefundRecord.payment_id == payment_id, col(RefundRecord.state) != RefundState.FAILED
    )
    ordered = sum((one.amount for one in session.exec(query.with_for_update())), Decimal(0))
    _check(payment, amount, ordered)

    record = RefundRecord(
        tenant_id=tenant_of(session),
        payment_id=payment_id,
        amount=amount,
        reason=reason,
        made_at=now,
        made_by=by.name,
    )
    session.add(record)
    session.flush()
    add_task(session, kind=TaskKind.REFUND, operation=f"refund:{record.id}", subject_id=record.id, now=now)
    after = {"payment": str(payment_id), "amount": str(amount), "reason": reason}
    record_audit(
        session, action="refund-ordered", subject=f"refund {record.id}", before=None, after=after, now=now, by=by
    )
    return record


def payment_of(session: Session, *, payment_id: UUID) -> PaymentRecord:
    """Give a payment. Raises UnknownPayment."""
    found = session.exec(select(PaymentRecord).where(PaymentRecord.id == payment_id)).first()
    if found is None:
        raise UnknownPayment("there is no such payment", field="payment_id")
    return found


def _check(payment: PaymentRecord, amount: Decimal, ordered: Decimal) -> None:
    if payment.source is not PaymentSource.STRIPE or payment.amount <= 0:
        sentence = "this payment did not come through Stripe; send the money by the bank, and its statement will tell"
        raise NotRefundable(sentence, field="payment_id")
    if amount + ordered > payment.amount:
        left = payment.amount - ordered
        raise NotRefundable(
            f"of this payment {left} {payment.currency} can still go back, not {amount}", field="amount"
        )
