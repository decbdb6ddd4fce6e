"""Keep who lets us collect: a mandate is asked for, given on a page of Stripe, and ended."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.collection.collecting import MandateKind, MandateState, TaskKind
from billing.collection.payment import UnknownPayer
from billing.collection_tables import MandateRecord
from billing.keep_tasks import add_task
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from lifecycle.tables import CustomerRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class UnknownMandate(Refusal):
    """No such mandate, or not one of yours."""


def open_mandate(session: Session, *, customer_id: UUID, kind: MandateKind, now: datetime, by: Actor) -> MandateRecord:
    """Ask a customer to let us collect: Stripe's page for it is opened when what waits is handed over.

    While one of the same kind is awaited, that one is given. Raises UnknownPayer.
    """
    if session.exec(select(CustomerRecord.id).where(CustomerRecord.id == customer_id)).first() is None:
        raise UnknownPayer("there is no such customer", field="customer_id")
    waiting = mandates(customer_id=customer_id).where(
        MandateRecord.kind == kind, MandateRecord.state == MandateState.WAITING
    )
    found = session.exec(waiting).first()
    if found is not None:
        return found

    record = MandateRecord(
        tenant_id=tenant_of(session),
        customer_id=customer_id,
        kind=kind,
        made_at=now,
        made_by=by.name,
        changed_at=now,
    )
    session.add(record)
    session.flush()
    add_task(session, kind=TaskKind.MANDATE, operation=f"mandate:{record.id}", subject_id=record.id, now=now)
    return record


def end_mandate(
    session: Session, *, mandate_id: UUID, customer_id: UUID | None, now: datetime, by: Actor
) -> MandateRecord:
    """Collect by a mandate no more; a debit under way still comes. Raises UnknownMandate."""
    query = mandates(customer_id=customer_id).where(MandateRecord.id == mandate_id).with_for_update()
    found = session.exec(query).first()
    if found is None:
        raise UnknownMandate("there is no such mandate", field="mandate_id")
    before = found.state
    found.state, found.page, found.changed_at = MandateState.ENDED, "", now
    if before is not MandateState.ENDED:
        subject = f"mandate {mandate_id}"
        record_audit(session, action="mandate-ended", subject=subject, before=before, after=found.state, now=now, by=by)
    session.flush()
    return found


def mandates(*, customer_id: UUID | None) -> SelectOfScalar[MandateRecord]:
    """Ask for mandates, all or those of one customer."""
    query = select(MandateRecord)
    return query if customer_id is None else query.where(col(MandateRecord.customer_id) == customer_id)
