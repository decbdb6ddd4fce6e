"""Give money back by the way that it came: asked for once, recorded when Stripe says that it went."""

from uuid import UUID

from sqlmodel import Session, select

from billing.collection.collecting import RefundState, TaskState
from billing.collection.collection_plan import cents
from billing.collection.till import GiveBack
from billing.collection_tables import PaymentRecord, RefundRecord
from billing.keep_tasks import Ended
from billing.note_collected import note_refunded
from billing.take_steps import Desk, NotDone, take_step

_STATES = {"succeeded": RefundState.DONE, "failed": RefundState.FAILED, "canceled": RefundState.FAILED}


def give_back(desk: Desk, refund_id: UUID) -> Ended:
    """Send a refund and see what became of it."""
    with desk.writing() as session:
        refund, paid = _load(session, refund_id)
        intent = paid.external_id.removeprefix("stripe:")
        deed = GiveBack(intent, cents(refund.amount), str(refund.id))
    try:
        stripe_id = take_step(desk, operation=f"refund:{refund_id}:create", deed=deed).id
    except NotDone:
        _keep(desk, refund_id, "", RefundState.FAILED)
        raise
    seen = desk.till.refund(stripe_id)
    with desk.writing() as session:
        note_refunded(session, seen=seen, now=desk.now())
    _keep(desk, refund_id, stripe_id, _STATES.get(seen.status, RefundState.SENT))
    return Ended(TaskState.DONE, seen.status)


def _load(session: Session, refund_id: UUID) -> tuple[RefundRecord, PaymentRecord]:
    refund = session.exec(select(RefundRecord).where(RefundRecord.id == refund_id)).one()
    return refund, session.exec(select(PaymentRecord).where(PaymentRecord.id == refund.payment_id)).one()


def _keep(desk: Desk, refund_id: UUID, stripe_id: str, state: RefundState) -> None:
    with desk.writing() as session:
        refund = session.exec(select(RefundRecord).where(RefundRecord.id == refund_id).with_for_update()).one()
        keep_refund_state(refund, stripe_id=stripe_id, state=state)
        refund.done_at = desk.now()


def keep_refund_state(refund: RefundRecord, *, stripe_id: str, state: RefundState) -> None:
    """Keep how far a refund has come; done or failed stays so."""
    if refund.state in {RefundState.WAITING, RefundState.SENT}:
        refund.state, refund.stripe_id = state, stripe_id or refund.stripe_id
