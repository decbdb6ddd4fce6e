"""Keep readings that were not believed, each as it came and with its reason, for a person to repair."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlmodel import Session, col, delete, insert

from telemetry.doubt import Doubt, sentence
from telemetry.identity import new_id
from telemetry.lots import ROWS, lots
from telemetry.metric import Metric
from telemetry.reading import text
from telemetry.tables import QuarantinedReadingRecord, tenant_of

_SHOWN = ("asset", "metric", "at", "value", "unit")


def quarantine_readings(
    session: Session,
    *,
    frame: pd.DataFrame,
    doubted: Sequence[tuple[int, Doubt]],
    metrics: Mapping[str, Metric],
    batch_key: str,
    now: datetime,
) -> int:
    """Keep the doubted rows of a batch; give how many. `frame` may name the asset as it was sent in `asset`."""
    common = {"tenant_id": tenant_of(session), "batch_key": batch_key, "received_at": now}
    records = _records(frame, doubted, metrics, common)

    for some in lots(records, ROWS):
        session.execute(insert(QuarantinedReadingRecord), some)
    return len(doubted)


def forget(session: Session, *, batch_key: str) -> None:
    """Remove what a batch left in quarantine, because the batch is tried again."""
    session.execute(delete(QuarantinedReadingRecord).where(col(QuarantinedReadingRecord.batch_key) == batch_key))


def _records(
    frame: pd.DataFrame, doubted: Sequence[tuple[int, Doubt]], metrics: Mapping[str, Metric], common: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    shown = frame.iloc[[row for row, _ in doubted]]
    shown = shown if "asset" in shown.columns else shown.rename(columns={"asset_id": "asset"})
    columns = [_texts(shown[name]) if name in shown.columns else [""] * len(shown) for name in _SHOWN]
    for (row, doubt), *cells in zip(doubted, *columns, strict=True):
        as_received = dict(zip(_SHOWN, cells, strict=True))
        yield {
            **common,
            "id": new_id(),
            "row": row,
            "reason": doubt.value,
            "sentence": sentence(doubt, _facts(as_received, metrics)),
            "as_received": as_received,
        }


def _texts(column: "pd.Series[str]") -> list[str]:
    return [text(cell) for cell in column.astype(object).where(column.notna(), "")]


def _facts(as_received: dict[str, str], metrics: Mapping[str, Metric]) -> dict[str, str]:
    metric = metrics.get(as_received["metric"])
    if metric is None:
        return as_received
    limits = {"minimum": _limit(metric.minimum), "maximum": _limit(metric.maximum)}
    return {**as_received, **limits, "canonical": metric.unit, "unit": as_received["unit"] or metric.unit}


def _limit(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"
