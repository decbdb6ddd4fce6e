"""Add a metric or change its name and plausible limits, and say in the audit who did."""

from datetime import datetime

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import Metric
from telemetry.queries import metrics
from telemetry.tables import MetricRecord


def change_metric(session: Session, metric: Metric, *, now: datetime, by: Actor) -> MetricRecord:
    """Keep one metric under its code; the same again changes nothing and is not audited.

    Raises MetricInUse, UnknownUnit and LimitsCrossed.
    """
    known = metrics(session).get(metric.code)
    before = None if known is None else _plain(known)

    record = keep_metrics(session, [metric])[0]
    if before != _plain(record):
        subject = f"metric {metric.code}"
        record_audit(
            session, action="metric-kept", subject=subject, before=before, after=_plain(record), now=now, by=by
        )
    return record


def _plain(metric: Metric) -> dict[str, object]:
    return metric.model_dump(mode="json", include=set(Metric.model_fields))
