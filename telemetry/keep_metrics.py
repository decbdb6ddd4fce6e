"""Keep what a tenant measures: add metrics, or change their names and plausible limits."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from telemetry.keep_meters import begin_meters
from telemetry.keeping import refuse_too_short
from telemetry.metric import Metric, MetricKind, check
from telemetry.refusal import Refusal
from telemetry.tables import MeterRecord, MetricRecord, SeriesRecord, tenant_of

_FIXED = ("unit", "kind")


class MetricInUse(Refusal):
    """The unit or kind of a metric cannot change once there are readings in it or meters over it."""


def keep_metrics(session: Session, metrics: Sequence[Metric]) -> list[MetricRecord]:
    """Add metrics that are new, with the meters that come with them, and change those that are there.

    Does not touch readings: a metric with readings or meters keeps its unit and kind. Raises MetricInUse, UnknownUnit,
    LimitsCrossed and KeptTooShort.
    """
    for metric in metrics:
        check(metric)
        refuse_too_short(metric, metered=is_metered(session, metric))
    kept = {record.code: record for record in session.exec(select(MetricRecord))}
    fresh = [metric for metric in metrics if metric.code not in kept or kept[metric.code].kind != metric.kind]

    records = [_keep(session, metric, kept.get(metric.code)) for metric in metrics]
    begin_meters(session, fresh)
    return records


def _keep(session: Session, metric: Metric, record: MetricRecord | None) -> MetricRecord:
    if record is None:
        record = MetricRecord.model_validate(metric, update={"tenant_id": tenant_of(session)})
    elif any(getattr(record, name) != getattr(metric, name) for name in _FIXED) and _used(session, metric.code):
        sentence = (
            f"the metric {metric.code} has readings or meters in {record.unit} as a {record.kind.value}; "
            "make a new metric for another unit or kind"
        )
        raise MetricInUse(sentence, field="unit")
    else:
        record.sqlmodel_update(metric.model_dump(exclude={"forgotten_before"}))
    session.add(record)
    session.flush()
    return record


def is_metered(session: Session, metric: Metric) -> bool:
    """Tell whether a meter counts by a metric, or may: every counter has one."""
    counted = select(MeterRecord.version).where(col(MeterRecord.metric) == metric.code).limit(1)
    return metric.kind is MetricKind.COUNTER or session.exec(counted).first() is not None


def _used(session: Session, code: str) -> bool:
    measured = select(SeriesRecord.number).where(col(SeriesRecord.metric) == code).limit(1)
    counted = select(MeterRecord.version).where(col(MeterRecord.metric) == code).limit(1)
    return any(session.exec(asked).first() is not None for asked in (measured, counted))
