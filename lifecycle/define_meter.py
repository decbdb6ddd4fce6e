"""Define a meter or a new version of one, and say in the audit who did."""

from datetime import datetime

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from telemetry.find_meters import latest_meters
from telemetry.keep_meters import keep_meter
from telemetry.meter import Meter, MeterVersion


def define_meter(
    session: Session, meter: Meter, *, now: datetime, by: Actor, valid_from: datetime | None = None
) -> MeterVersion:
    """Add a meter, or a version of it that is valid from now or later; the same again is not audited.

    What was counted before stays as it was. Raises UnfitMeter, MeterStands, UnknownMetric, UnknownUnit and
    WrongDimension.
    """
    before = latest_meters(session).get(meter.code)

    defined = keep_meter(session, meter, valid_from=valid_from, now=now)
    if before is None or defined.version != before.version:
        told = {"before": _plain(before), "after": _plain(defined)}
        record_audit(session, action="meter-defined", subject=f"meter {meter.code}", **told, now=now, by=by)
    return defined


def _plain(meter: MeterVersion | None) -> dict[str, object] | None:
    return None if meter is None else meter.model_dump(mode="json")
