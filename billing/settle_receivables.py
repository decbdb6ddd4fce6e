"""Hold the receivables of invoices while a payment is set against them, and note since when nothing is open."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import accumulate
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from billing.collection_tables import ReceivableRecord
from billing.receivable_queries import Movement, movements
from billing.tables import InvoiceRecord
from telemetry.lots import KEYS, lots
from telemetry.tables import tenant_of


def hold_receivables(session: Session, invoice_ids: Iterable[UUID]) -> list[ReceivableRecord]:
    """Hold the receivables of invoices until the transaction ends, in one order, making those that are missing.

    Two payments of one invoice at once so follow one another, and the second sees what the first left open.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    held: list[ReceivableRecord] = []
    for some in lots(sorted(set(invoice_ids)), KEYS):
        rows = [{"tenant_id": tenant_of(session), "invoice_id": one, "settled_on": None} for one in some]
        session.execute(dialect.insert(ReceivableRecord).values(rows).on_conflict_do_nothing())
        query = select(ReceivableRecord).where(col(ReceivableRecord.invoice_id).in_(some))
        ordered = query.order_by(col(ReceivableRecord.invoice_id)).with_for_update()
        held += session.exec(ordered.execution_options(populate_existing=True))
    return held


def settle_receivables(session: Session, invoice_ids: Iterable[UUID]) -> None:
    """Note, for invoices whose payments or credits changed, since when nothing is open, or that something is again."""
    held = hold_receivables(session, invoice_ids)
    moved = movements(session, [one.invoice_id for one in held])
    for some in lots([one.invoice_id for one in held], KEYS):
        query = select(InvoiceRecord.id, col(InvoiceRecord.gross)).where(col(InvoiceRecord.id).in_(some))
        gross = dict(session.exec(query).all())
        for one in held:
            if one.invoice_id in gross:
                paid, credited = moved[one.invoice_id]
                one.settled_on = settled_on(gross[one.invoice_id], [*paid, *credited])
    session.flush()


def settled_on(gross: Decimal, moved: Iterable[Movement]) -> date | None:
    """Give the day from which on nothing is open any more, None while something is.

    >>> settled_on(Decimal(10), [Movement(date(2026, 1, 5), Decimal(4)), Movement(date(2026, 2, 5), Decimal(6))])
    datetime.date(2026, 2, 5)
    """
    ordered = sorted(moved)
    still = list(accumulate((-one.amount for one in ordered), initial=gross))[1:]
    if not still or still[-1] != 0:
        return None
    since = ordered[-1].on
    for one, left in zip(reversed(ordered), reversed(still), strict=True):
        if left != 0:
            break
        since = one.on
    return since
