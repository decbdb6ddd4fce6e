"""Keep readings that were not believed, each as it came and with its reason, for a person to repair."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col, delete, insert

from telemetry.doubt import DoubtState, sentence
from telemetry.identity import new_id
from telemetry.lots import KEYS, ROWS, lots
from telemetry.metric import Metric
from telemetry.reading import NO_MOMENT
from telemetry.tables import QuarantinedReadingRecord, tenant_of
from telemetry.write_journal import Settled


def quarantine_readings(
    session: Session, batches: Sequence[Settled], *, metrics: Mapping[str, Metric], now: datetime
) -> None:
    """Keep the doubted readings of some batches; those of an earlier try of a batch are kept anew, or are settled."""
    settled = _forget_waiting(session, [batch.claim.key for batch in batches if batch.claim.before is not None])
    common = {"tenant_id": tenant_of(session), "received_at": now, "state": DoubtState.WAITING}
    doubted = (row for batch in batches for row in _rows(batch, metrics))
    for rows in lots((common | row for row in doubted if (row["batch_key"], row["row"]) not in settled), ROWS):
        session.execute(insert(QuarantinedReadingRecord), rows)


def _forget_waiting(session: Session, again: Sequence[str]) -> set[tuple[str, int]]:
    """Forget what still waits of batches that are tried again, and give the rows that a person settled."""
    one, settled = QuarantinedReadingRecord, set[tuple[str, int]]()
    for keys in lots(again, KEYS):
        of_them = col(one.batch_key).in_(keys)
        session.execute(delete(one).where(of_them, col(one.state) == DoubtState.WAITING.value))
        settled |= {(key, row) for key, row in session.execute(select(col(one.batch_key), col(one.row)).where(of_them))}
    return settled


def _rows(batch: Settled, metrics: Mapping[str, Metric]) -> Iterator[dict[str, Any]]:
    arrived = batch.claim.delivery.arrived
    for row, doubt in batch.doubted:
        as_received, at, value = arrived.as_received(row), int(arrived.stamp.micros[row]), float(arrived.value[row])
        yield {
            "id": new_id(),
            "batch_key": batch.claim.key,
            "row": row,
            "reason": doubt.value,
            "sentence": sentence(doubt, _facts(as_received, metrics)),
            "as_received": as_received,
            "at": None if at == NO_MOMENT else at,
            "value": value if isfinite(value) else None,
        }


def _facts(as_received: dict[str, str], metrics: Mapping[str, Metric]) -> dict[str, str]:
    metric = metrics.get(as_received["metric"])
    if metric is None:
        return as_received
    limits = {"minimum": _limit(metric.minimum), "maximum": _limit(metric.maximum)}
    return {**as_received, **limits, "canonical": metric.unit, "unit": as_received["unit"] or metric.unit}


def _limit(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"
