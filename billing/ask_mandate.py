"""Open a page at Stripe on which a customer lets us collect by direct debit or card, and see what was given there."""

from uuid import UUID

from sqlmodel import Session, select

from billing.collect_invoice import customer_at_stripe
from billing.collection.collecting import MandateState, TaskState
from billing.collection.till import AskMandate, SeenMandate
from billing.collection_tables import MandateRecord
from billing.keep_tasks import Ended
from billing.take_steps import Desk, take_step
from lifecycle.tables import CustomerRecord


def ask_mandate(desk: Desk, mandate_id: UUID) -> Ended:
    """Open the page, and keep its address until the customer was there."""
    with desk.writing() as session:
        mandate = _held(session, mandate_id)
        if mandate.state is not MandateState.WAITING:
            return Ended(TaskState.LEFT, mandate.state.value)
        customer = session.exec(select(CustomerRecord).where(CustomerRecord.id == mandate.customer_id)).one()
        known, kind, language = customer_at_stripe(session, customer_id=customer.id), mandate.kind, customer.language

    stripe_customer = take_step(desk, operation=f"cus:{customer.id}:create", deed=known).id
    deed = AskMandate(stripe_customer, kind, str(mandate_id), language, desk.back_to)
    taken = take_step(desk, operation=f"mandate:{mandate_id}:create", deed=deed)

    seen = desk.till.mandate(taken.id)
    with desk.writing() as session:
        mandate = _held(session, mandate_id)
        mandate.stripe_session, mandate.page = taken.id, seen.page
        keep_mandate(mandate, seen)
        mandate.changed_at = desk.now()
    return Ended(TaskState.DONE, "page opened")


def keep_mandate(mandate: MandateRecord, seen: SeenMandate) -> None:
    """Keep what the customer gave; a mandate that stands or has ended does not go back to waiting."""
    if mandate.state is not MandateState.WAITING:
        return
    if seen.is_complete:
        mandate.state, mandate.page = MandateState.ACTIVE, ""
        mandate.payment_method, mandate.last4, mandate.reference = seen.payment_method, seen.last4, seen.reference
    elif seen.is_over:
        mandate.state, mandate.page = MandateState.ENDED, ""


def _held(session: Session, mandate_id: UUID) -> MandateRecord:
    return session.exec(select(MandateRecord).where(MandateRecord.id == mandate_id).with_for_update()).one()
