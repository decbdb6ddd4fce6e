"""See what was issued since the last look, and queue what the world outside must get of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, and_, col, or_, select

from billing.collection.collecting import FINAL, CollectedState, MandateState, TaskKind
from billing.collection_tables import (
    CollectedInvoiceRecord,
    CollectionMarkRecord,
    CollectionTaskRecord,
    MandateRecord,
    ReceivableRecord,
)
from billing.document_tables import CreditNoteRecord
from billing.invoice import Kind
from billing.keep_tasks import add_task
from billing.settle_receivables import settle_receivables
from billing.tables import InvoiceRecord, NumberSeriesRecord
from telemetry.tables import tenant_of

AT_ONCE = 500


class Queued(NamedTuple):
    """How many documents were looked at, and how many tasks that made."""

    looked_at: int = 0
    tasks: int = 0


def anything_to_queue(session: Session) -> bool:
    """Tell whether anything was issued since the last look, or settled otherwise while Stripe holds it open."""
    return bool(_behind(session)) or session.exec(_settled_otherwise().limit(1)).first() is not None


def queue_hand_overs(session: Session, *, files: bool, now: datetime) -> Queued:
    """Queue what was issued since the last look: a debit or charge where a mandate stands, a file where `files` go out.

    Numbers have no gaps and are committed in their order, so a mark in each series misses nothing. Sends nothing.
    """
    queued = Queued()
    for series in _behind(session):
        mark = _held_mark(session, series)
        query = select(InvoiceRecord).where(
            InvoiceRecord.series == series.series,
            InvoiceRecord.year == series.year,
            InvoiceRecord.sequence > mark.sequence,
        )
        some = session.exec(query.order_by(col(InvoiceRecord.sequence)).limit(AT_ONCE)).all()
        mandates = _with_mandate(session, {one.customer_id for one in some})
        tasks = sum(_queue(session, one, mandates, files=files, now=now) for one in some)
        _settle_credits(session, some)
        mark.sequence = some[-1].sequence if some else mark.sequence
        queued = Queued(queued.looked_at + len(some), queued.tasks + tasks)
    settled = sum(
        add_task(session, kind=TaskKind.SETTLE, operation=f"settle:{number}", subject_id=invoice_id, now=now)
        for invoice_id, number in session.exec(_settled_otherwise())
    )
    session.flush()
    return Queued(queued.looked_at, queued.tasks + settled)


def _behind(session: Session) -> list[NumberSeriesRecord]:
    """Give the series that have numbers beyond our mark."""
    mark, series = CollectionMarkRecord, NumberSeriesRecord
    same = and_(
        col(mark.tenant_id) == col(series.tenant_id),
        col(mark.series) == col(series.series),
        col(mark.year) == col(series.year),
    )
    beyond = or_(col(mark.sequence).is_(None), col(mark.sequence) < col(series.last))
    return list(session.exec(select(series).join(mark, same, isouter=True).where(col(series.last) > 0, beyond)))


def _held_mark(session: Session, series: NumberSeriesRecord) -> CollectionMarkRecord:
    mark = CollectionMarkRecord
    query = select(mark).where(mark.series == series.series, mark.year == series.year).with_for_update()
    found = session.exec(query).first()
    if found is None:
        found = mark(tenant_id=tenant_of(session), series=series.series, year=series.year)
        session.add(found)
        session.flush()
    return found


def _with_mandate(session: Session, customers: set[UUID]) -> set[UUID]:
    active = col(MandateRecord.state) == MandateState.ACTIVE
    return set(
        session.exec(select(MandateRecord.customer_id).where(active, col(MandateRecord.customer_id).in_(customers)))
    )


def _queue(session: Session, one: InvoiceRecord, mandates: set[UUID], *, files: bool, now: datetime) -> int:
    made = 0
    if one.kind is Kind.INVOICE and one.gross > 0 and one.customer_id in mandates:
        operation = f"collect:{one.number}"
        made += add_task(session, kind=TaskKind.COLLECT, operation=operation, subject_id=one.id, now=now)
    if files:
        made += add_task(session, kind=TaskKind.FILE, operation=f"file:{one.number}", subject_id=one.id, now=now)
    return made


def _settle_credits(session: Session, issued: Sequence[InvoiceRecord]) -> None:
    """Note what credit notes leave open of the invoices that they take back."""
    notes = [one.id for one in issued if one.kind is Kind.CREDIT_NOTE]
    query = select(CreditNoteRecord.credits_id).where(col(CreditNoteRecord.invoice_id).in_(notes))
    settle_receivables(session, session.exec(query).all() if notes else [])


def _settled_otherwise() -> Any:
    """Find what Stripe holds open although nothing is owed any more; a debit under way is let come."""
    held, owed, task = CollectedInvoiceRecord, ReceivableRecord, CollectionTaskRecord
    idle = [state for state in CollectedState if state not in FINAL and state is not CollectedState.PROCESSING]
    queued = select(task.subject_id).where(col(task.kind) == TaskKind.SETTLE)
    return (
        select(InvoiceRecord.id, InvoiceRecord.number)
        .join(held, and_(col(held.tenant_id) == col(InvoiceRecord.tenant_id), col(held.invoice_id) == InvoiceRecord.id))
        .join(owed, and_(col(owed.tenant_id) == col(InvoiceRecord.tenant_id), col(owed.invoice_id) == InvoiceRecord.id))
        .where(col(held.state).in_(idle), col(owed.settled_on).is_not(None), col(held.invoice_id).not_in(queued))
    )
