"""Remind who has not paid: take the steps that are due, and put each letter into the outbox, in one transaction."""

from datetime import datetime

from sqlmodel import Session

from billing.queries import seller
from billing.take_dunning_steps import Step, take_dunning_steps
from lifecycle.actor import Actor
from pas.message_tables import Channel, MessageKind, MessageRecord
from pas.payment_letter import payment_content
from telemetry.tables import tenant_of


def send_reminders(session: Session, *, now: datetime, by: Actor) -> list[Step]:
    """Take the steps that are due and queue their letters; who has no mail address is told by a printed one.

    Raises NoSeller.
    """
    steps = take_dunning_steps(session, now=now, by=by)
    whose = seller(session)

    for step in steps:
        if step.customer.email:
            session.add(
                MessageRecord(
                    tenant_id=tenant_of(session),
                    address=step.customer.email,
                    channel=Channel.MAIL,
                    kind=MessageKind.PAYMENT,
                    cause=f"{step.owed.number} {step.claim.step.value}",
                    language=step.customer.language,
                    content=payment_content(step, whose),
                    made_at=now,
                    next_try_at=now,
                )
            )
    session.flush()
    return steps
