"""Claim a batch by its key before anything of it is stored, so that the same batch cannot go in twice."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from telemetry.refusal import Refusal
from telemetry.tables import ReadingBatchRecord, tenant_of


class BatchKeyReused(Refusal):
    """The key was used for a batch with another content."""


class Claimed(NamedTuple):
    """A batch that is ours to store, or that was stored before."""

    batch: ReadingBatchRecord
    stored_before: bool


def claim_batch(session: Session, *, key: str | None, content_hash: str, source: str, now: datetime) -> Claimed:
    """Claim the key, or else the content hash where the sender gave none.

    Raises BatchKeyReused.
    """
    name = key or content_hash
    batch = _claimed(session, name)
    if batch is not None and batch.content_hash != content_hash:
        sentence = f"the key '{name}' was already used for another batch; send every batch under a key of its own"
        raise BatchKeyReused(sentence, field="Idempotency-Key")

    if batch is not None:
        return Claimed(batch, stored_before=True)
    fresh = ReadingBatchRecord(
        tenant_id=tenant_of(session),
        key=name,
        received_at=now,
        source=source,
        content_hash=content_hash,
        taken=0,
        duplicates=0,
        quarantined=0,
    )
    return _insert(session, fresh)


def _claimed(session: Session, name: str) -> ReadingBatchRecord | None:
    return session.exec(select(ReadingBatchRecord).where(col(ReadingBatchRecord.key) == name).with_for_update()).first()


def _insert(session: Session, fresh: ReadingBatchRecord) -> Claimed:
    """Insert the claim; where another transaction was quicker, wait for it and take the answer it stored."""
    name, content_hash = fresh.key, fresh.content_hash
    try:
        with session.begin_nested():
            session.add(fresh)
    except IntegrityError:
        return claim_batch(session, key=name, content_hash=content_hash, source=fresh.source, now=fresh.received_at)
    return Claimed(fresh, stored_before=False)
