"""Write accepted batches into the journal: one durable row each, with its new readings packed."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session, insert

from telemetry.claim_batches import Claim
from telemetry.codec import CODEC, pack_track, unpack_track
from telemetry.doubt import Doubt
from telemetry.ingested import Ingested
from telemetry.known_series import Head, KnownSeries
from telemetry.lots import ROWS, lots
from telemetry.open_readings import in_order
from telemetry.shard import shard_of_batch
from telemetry.tables import ReadingBatchRecord, tenant_of
from telemetry.track import Track, join


class Settled(NamedTuple):
    """A claimed batch whose readings were told apart."""

    claim: Claim
    fresh: Track
    doubted: list[tuple[int, Doubt]]
    """Rows of the delivery that are not believed, and why."""

    def told(self) -> Ingested:
        """Tell what became of it."""
        taken, quarantined = len(self.fresh), len(self.doubted)
        return Ingested(
            key=self.claim.key,
            taken=taken,
            duplicates=len(self.claim.delivery.arrived) - taken - quarantined,
            quarantined=quarantined,
            reasons=dict(Counter(doubt.value for _, doubt in self.doubted)),
        )


def write_journal(session: Session, batches: Sequence[Settled], *, known: KnownSeries, now: datetime) -> None:
    """Give each batch the next number and write it; a batch that was tried before keeps its one row.

    Moves what is known on. Does not look into the readings.
    """
    last = known.head.number if known.head else 0
    rows: list[dict[str, Any]] = []
    for number, batch in enumerate(batches, start=last + 1):
        row = {**_row(batch), "number": number, "received_at": now}
        if batch.claim.before is None:
            rows.append({"tenant_id": tenant_of(session), **row})
        else:
            _write_again(session, batch.claim.before, row, batch.fresh)
        known.advance(batch.fresh, Head(number, batch.claim.content_hash, row["count"]))
    for some in lots(rows, ROWS):
        session.execute(insert(ReadingBatchRecord), some)


def _row(batch: Settled) -> dict[str, Any]:
    told, fresh = batch.told(), batch.fresh
    return {
        "shard": shard_of_batch(told.key),
        "key": told.key,
        "source": batch.claim.delivery.source,
        "content_hash": batch.claim.content_hash,
        "taken": told.taken,
        "duplicates": told.duplicates,
        "quarantined": told.quarantined,
        **_packed(fresh),
    }


def _packed(track: Track) -> dict[str, Any]:
    """Pack the readings; a batch that brings none is closed at once."""
    filled = bool(len(track))
    return {
        "count": len(track),
        "first_at": int(track.at.min()) if filled else 0,
        "last_at": int(track.at.max()) if filled else 0,
        "codec": CODEC,
        "body": pack_track(track) if filled else b"",
        "is_open": filled,
        "followed": not filled,
    }


def _write_again(session: Session, before: ReadingBatchRecord, row: dict[str, Any], fresh: Track) -> None:
    """Write the receipt of a batch anew, with what an earlier try left in the journal."""
    if before.body:
        row |= _packed(in_order(join([unpack_track(before.body, codec=before.codec), fresh])))
    row |= {"followed": row["followed"] and before.followed}
    before.sqlmodel_update(row)
    session.add(before)
    session.flush()
