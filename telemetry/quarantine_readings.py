"""Keep readings that were not believed, each as it came and with its reason, for a person to repair."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, insert

from telemetry.doubt import sentence
from telemetry.identity import new_id
from telemetry.lots import KEYS, ROWS, lots
from telemetry.metric import Metric
from telemetry.tables import QuarantinedReadingRecord, tenant_of
from telemetry.write_journal import Settled


def quarantine_readings(
    session: Session, batches: Sequence[Settled], *, metrics: Mapping[str, Metric], now: datetime
) -> None:
    """Keep the doubted readings of some batches; what an earlier try of a batch left here is forgotten."""
    again = [batch.claim.key for batch in batches if batch.claim.before is not None]
    for keys in lots(again, KEYS):
        session.execute(delete(QuarantinedReadingRecord).where(col(QuarantinedReadingRecord.batch_key).in_(keys)))
    common = {"tenant_id": tenant_of(session), "received_at": now}
    for rows in lots((common | row for batch in batches for row in _rows(batch, metrics)), ROWS):
        session.execute(insert(QuarantinedReadingRecord), rows)


def _rows(batch: Settled, metrics: Mapping[str, Metric]) -> Iterator[dict[str, Any]]:
    for row, doubt in batch.doubted:
        as_received = batch.claim.delivery.arrived.as_received(row)
        yield {
            "id": new_id(),
            "batch_key": batch.claim.key,
            "row": row,
            "reason": doubt.value,
            "sentence": sentence(doubt, _facts(as_received, metrics)),
            "as_received": as_received,
        }


def _facts(as_received: dict[str, str], metrics: Mapping[str, Metric]) -> dict[str, str]:
    metric = metrics.get(as_received["metric"])
    if metric is None:
        return as_received
    limits = {"minimum": _limit(metric.minimum), "maximum": _limit(metric.maximum)}
    return {**as_received, **limits, "canonical": metric.unit, "unit": as_received["unit"] or metric.unit}


def _limit(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"
