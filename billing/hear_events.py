"""What Stripe tells us goes into an inbox, once; then we look how the thing stands, for news come late and twice."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session, col, select

from billing.ask_mandate import keep_mandate
from billing.collection.collecting import RefundState
from billing.collection.till import NotThere, SeenEvent, TillSilent
from billing.collection_tables import CollectedInvoiceRecord, MandateRecord, RefundRecord, StripeEventRecord
from billing.give_back import keep_refund_state
from billing.note_collected import note_collected, note_disputed, note_refunded
from billing.take_steps import Desk
from telemetry.insert_once import insert_once
from telemetry.tables import tenant_of

AGAIN_AFTER = timedelta(minutes=1)
_REFUNDED = {"succeeded": RefundState.DONE, "failed": RefundState.FAILED, "canceled": RefundState.FAILED}
_NOT_OURS = "none of ours"


class Heard(NamedTuple):
    """How many events were looked into, and how many wait because Stripe did not answer."""

    done: int = 0
    again: int = 0


class _Waiting(NamedTuple):
    event_id: str
    type: str
    object_id: str


def take_event(session: Session, *, event: SeenEvent, now: datetime) -> bool:
    """Put an event into the inbox; tell whether it is new. Looks at nothing."""
    row = {"tenant_id": tenant_of(session), "event_id": event.id, "type": event.type, "object_id": event.object_id}
    row |= {"happened_at": event.happened_at, "received_at": now, "next_try_at": now, "outcome": ""}
    return insert_once(session, StripeEventRecord, row)


def any_event_waits(session: Session, *, now: datetime) -> bool:
    """Tell whether an event waits to be looked into."""
    one = StripeEventRecord
    waits = select(one.event_id).where(col(one.done_at).is_(None), one.next_try_at <= now)
    return session.exec(waits.limit(1)).first() is not None


def hear_events(desk: Desk, *, most: int) -> Heard:
    """Look into events that wait: each names a thing, and it is the thing's present state that counts."""
    with desk.writing() as session:
        one = StripeEventRecord
        query = select(one).where(col(one.done_at).is_(None), one.next_try_at <= desk.now())
        some = session.exec(query.order_by(col(one.received_at), col(one.event_id)).limit(most)).all()
        waiting = [_Waiting(event.event_id, event.type, event.object_id) for event in some]
    heard = Heard()
    for event in waiting:
        try:
            outcome = _look(desk, event)
        except NotThere:
            outcome = "not there any more"
        except TillSilent as silent:
            _put_off(desk, event, silent)
            heard = heard._replace(again=heard.again + 1)
            continue
        _keep(desk, event, outcome)
        heard = heard._replace(done=heard.done + 1)
    return heard


def _keep(desk: Desk, event: _Waiting, outcome: str) -> None:
    with desk.writing() as session:
        record = _held(session, event)
        record.done_at, record.outcome = desk.now(), outcome[:200]


def _put_off(desk: Desk, event: _Waiting, silent: TillSilent) -> None:
    with desk.writing() as session:
        record = _held(session, event)
        after = max(AGAIN_AFTER, timedelta(seconds=silent.wait))
        record.next_try_at, record.outcome = desk.now() + after, silent.said[:200]


def _held(session: Session, event: _Waiting) -> StripeEventRecord:
    query = select(StripeEventRecord).where(StripeEventRecord.event_id == event.event_id)
    return session.exec(query.with_for_update()).one()


def _look(desk: Desk, event: _Waiting) -> str:
    """Look at what an event names, and keep how it stands; what is none of ours is left alone."""
    noun = event.type.split(".", 1)[0]
    if event.type.startswith(("charge.dispute.", "refund.", "charge.refund.")):
        return _money_back(desk, event)
    if noun == "invoice":
        return _invoice(desk, event.object_id)
    if noun == "payment_intent":
        return _invoice(desk, _paid_by(desk, event.object_id))
    if event.type.startswith("checkout.session."):
        return _mandate(desk, event.object_id)
    return _NOT_OURS


def _invoice(desk: Desk, stripe_id: str) -> str:
    if not stripe_id:
        return _NOT_OURS
    seen = desk.till.invoice(stripe_id)
    with desk.writing() as session:
        held = note_collected(session, seen=seen, now=desk.now())
        return _NOT_OURS if held is None else held.state.value


def _paid_by(desk: Desk, payment_intent: str) -> str:
    """Give the invoice at Stripe that a payment is for, empty where we know of none."""
    with desk.writing() as session:
        query = select(CollectedInvoiceRecord.stripe_id)
        return session.exec(query.where(CollectedInvoiceRecord.payment_intent == payment_intent)).first() or ""


def _money_back(desk: Desk, event: _Waiting) -> str:
    if event.type.startswith("charge.dispute."):
        dispute = desk.till.dispute(event.object_id)
        with desk.writing() as session:
            known = note_disputed(session, seen=dispute, now=desk.now())
        return ("lost" if dispute.is_lost else "open") if known else _NOT_OURS
    refund = desk.till.refund(event.object_id)
    with desk.writing() as session:
        known = note_refunded(session, seen=refund, now=desk.now())
        ours = session.exec(select(RefundRecord).where(RefundRecord.stripe_id == refund.id).with_for_update()).first()
        if ours is not None:
            keep_refund_state(ours, stripe_id=refund.id, state=_REFUNDED.get(refund.status, RefundState.SENT))
    return refund.status if known else _NOT_OURS


def _mandate(desk: Desk, stripe_session: str) -> str:
    seen = desk.till.mandate(stripe_session)
    with desk.writing() as session:
        query = select(MandateRecord).where(MandateRecord.stripe_session == stripe_session)
        mandate = session.exec(query.with_for_update()).first()
        if mandate is None:
            return _NOT_OURS
        keep_mandate(mandate, seen)
        mandate.changed_at = desk.now()
        return mandate.state.value
