"""Keep how a tenant counts use: add a meter, or a new version of one, and never change a version."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from telemetry.find_meters import meters
from telemetry.meter import Meter, MeterVersion, UnfitMeter, built_in, check, first_version, meaning
from telemetry.metric import Metric
from telemetry.queries import UnknownMetric
from telemetry.tables import MeterRecord, MetricRecord, tenant_of


class MeterStands(UnfitMeter):
    """A new version of a meter would count the past anew, or in another unit."""


def keep_meter(session: Session, meter: Meter, *, valid_from: datetime | None, now: datetime) -> MeterVersion:
    """Add a meter, valid for all time, or a new version of one, valid from now or later; the same again adds nothing.

    What an earlier version counted stays as it was: `valid_from` may not lie in the past, and the unit never changes.
    Raises UnfitMeter, MeterStands, UnknownMetric, UnknownUnit and WrongDimension.
    """
    metric = _held_metric(session, meter.metric)
    check(meter, metric)
    versions = meters(session).get(meter.code, [])
    if not versions:
        return _add(session, first_version(meter, metric))
    last = versions[-1]
    if _same(last, meter) and valid_from in {None, last.valid_from}:
        return last
    begins = valid_from or max(now, last.valid_from)
    _check_successor(last, meter, begins, now)
    return _add(
        session,
        MeterVersion(**meter.model_dump(), version=last.version + 1, valid_from=begins, means=meaning(meter, metric)),
    )


def begin_meters(session: Session, metrics: Sequence[Metric]) -> None:
    """Add the meters that come with new metrics, where no meter has their code yet."""
    known = set(meters(session)) if metrics else set()
    for metric in sorted(metrics, key=lambda one: one.kind.value):
        for meter in built_in(metric):
            if meter.code not in known:
                known.add(meter.code)
                _add(session, first_version(meter, metric))


def _held_metric(session: Session, code: str) -> MetricRecord:
    """Find the metric and hold it, so that two who define its meters come one after the other."""
    held = select(MetricRecord).where(col(MetricRecord.code) == code).with_for_update()
    found = session.exec(held).first()
    if found is None:
        known = session.exec(select(MetricRecord.code).order_by(col(MetricRecord.code))).all()
        sentence = f"there is no metric '{code[:60]}'; there are {', '.join(known) or 'none yet'}"
        raise UnknownMetric(sentence, field="metric")
    return found


def _same(last: MeterVersion, meter: Meter) -> bool:
    return last.model_dump(include=set(Meter.model_fields)) == meter.model_dump()


def _check_successor(last: MeterVersion, meter: Meter, begins: datetime, now: datetime) -> None:
    if meter.unit != last.unit:
        sentence = f"the meter {meter.code} counts in {last.unit}; another unit needs a meter with another code"
        raise MeterStands(sentence, field="unit")
    if begins < max(now, last.valid_from):
        sentence = (
            f"version {last.version + 1} of the meter {meter.code} would be valid from {begins.isoformat()}, "
            f"but the past stays as it was counted: choose {max(now, last.valid_from).isoformat()} or later"
        )
        raise MeterStands(sentence, field="valid_from")


def _add(session: Session, version: MeterVersion) -> MeterVersion:
    session.add(MeterRecord.model_validate(version, update={"tenant_id": tenant_of(session)}))
    session.flush()
    return version
