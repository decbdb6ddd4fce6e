"""The metrics of a tenant as they are stored now, made anew only where one was changed: to make them costs time."""

from collections.abc import Mapping
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Row, inspect, select
from sqlmodel import Session, col

from telemetry.metric import Metric
from telemetry.tables import MetricRecord, tenant_of

_NAMES = list(Metric.model_fields)
_QUERY = select(*(inspect(MetricRecord).columns[name] for name in _NAMES)).order_by(col(MetricRecord.code))
_Known = tuple[list[Row[Any]], Mapping[str, Metric]]

_lock = Lock()
_remembered: WeakKeyDictionary[Any, dict[int, _Known]] = WeakKeyDictionary()


def known_metrics(session: Session) -> Mapping[str, Metric]:
    """Give each metric under its code, as this transaction sees it; nobody may change them."""
    pool, tenant_id = session.get_bind().engine.pool, tenant_of(session)
    rows = list(session.connection().execute(_QUERY.where(col(MetricRecord.tenant_id) == tenant_id)))
    with _lock:
        known = _remembered.setdefault(pool, {}).get(tenant_id)
    if known is None or known[0] != rows:
        known = rows, {row.code: Metric.model_construct(**dict(zip(_NAMES, row, strict=True))) for row in rows}
        with _lock:
            _remembered.setdefault(pool, {})[tenant_id] = known
    return known[1]
