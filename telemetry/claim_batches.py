"""Find out which batches are new by their keys, before anything of them is stored: the same one goes in once."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import tuple_
from sqlmodel import Session, col, func, select

from telemetry.delivery import Delivery
from telemetry.ingested import Ingested
from telemetry.lots import KEYS, lots
from telemetry.reading import fingerprint
from telemetry.refusal import Refusal
from telemetry.shard import shard_of_batch
from telemetry.tables import QuarantinedReadingRecord, ReadingBatchRecord


class BatchKeyReused(Refusal):
    """The key was used for a batch with another content."""


class Claim(NamedTuple):
    """A delivery under its key: ours to store, or answered already."""

    delivery: Delivery
    key: str
    content_hash: str
    before: ReadingBatchRecord | None = None
    """The receipt of an earlier try that left readings in quarantine."""
    answer: Ingested | None = None


def claim_batches(session: Session, deliveries: Sequence[Delivery]) -> list[Claim]:
    """Claim a key for each delivery; the caller holds the journal, so nobody else claims meanwhile."""
    hashes = [fingerprint(one.arrived) for one in deliveries]
    keys = [one.key or content for one, content in zip(deliveries, hashes, strict=True)]
    stored, claimed = _stored(session, set(keys)), dict[str, str]()
    claims: list[Claim] = []
    for delivery, key, content in zip(deliveries, keys, hashes, strict=True):
        claims.append(_claim(session, Claim(delivery, key, content, stored.get(key)), claimed.get(key)))
        claimed.setdefault(key, content)
    return claims


def _stored(session: Session, keys: Collection[str]) -> dict[str, ReadingBatchRecord]:
    """Find the receipts under keys. Most keys are new, so that the receipts are read only where there are some."""
    shard, key = col(ReadingBatchRecord.shard), col(ReadingBatchRecord.key)
    found: list[tuple[int, str]] = []
    for some in lots([(shard_of_batch(one), one) for one in sorted(keys)], KEYS):
        found += session.exec(select(shard, key).where(tuple_(shard, key).in_(some)))
    places = lots(found, KEYS)
    query = select(ReadingBatchRecord)
    records = (record for some in places for record in session.exec(query.where(tuple_(shard, key).in_(some))))
    return {record.key: record for record in records}


def _claim(session: Session, claim: Claim, earlier: str | None) -> Claim:
    """Answer what is stored, or came in the same go, already."""
    known = earlier or (claim.before and claim.before.content_hash)
    if known is not None and known != claim.content_hash:
        sentence = f"the key '{claim.key}' was already used for another batch; send every batch under a key of its own"
        return claim._replace(answer=Ingested(claim.key, refused=BatchKeyReused(sentence, field="Idempotency-Key")))
    if earlier is not None:
        return claim._replace(answer=Ingested(claim.key, duplicates=len(claim.delivery.arrived), repeated=True))
    if claim.before is not None and (claim.delivery.key is not None or not claim.before.quarantined):
        return claim._replace(answer=_repeated(session, claim.before))
    return claim


def _repeated(session: Session, batch: ReadingBatchRecord) -> Ingested:
    """Tell what stands: all that this batch brought is there already."""
    reason = col(QuarantinedReadingRecord.reason)
    counted = session.exec(
        select(QuarantinedReadingRecord.reason, func.count())
        .where(col(QuarantinedReadingRecord.batch_key) == batch.key)
        .group_by(reason)
    )
    return Ingested(
        key=batch.key,
        duplicates=batch.taken + batch.duplicates,
        quarantined=batch.quarantined,
        reasons=dict(counted.all()),
        repeated=True,
    )
