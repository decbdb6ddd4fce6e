"""Forget the receipts of batches accepted long ago; their readings stay, so that they are not stored again."""

from datetime import datetime

from sqlmodel import Session, col, delete, func, select

from telemetry.lock_journal import lock_journal
from telemetry.tables import ReadingBatchRecord


def forget_receipts(session: Session, *, before: datetime) -> int:
    """Forget the receipts of compacted batches accepted before a moment; give how many.

    The newest batch stays: its number is where the journal goes on.
    """
    lock_journal(session)
    one = ReadingBatchRecord
    newest = session.exec(select(func.max(one.number))).one() or 0
    old = delete(one).where(~col(one.is_open), col(one.received_at) < before, col(one.number) < newest)
    return session.execute(old).rowcount  # type: ignore[attr-defined,no-any-return]
