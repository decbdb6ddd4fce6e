"""Acknowledge an alarm: somebody has seen it; whether it clears is for the readings to say."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.alarm_queries import known_alarm
from telemetry.alarm_tables import AlarmEventRecord, AlarmRecord
from telemetry.settle_alarms import ACKNOWLEDGED


def acknowledge_alarm(
    session: Session, *, alarm_id: UUID, holder_id: UUID | None, now: datetime, by: Actor
) -> AlarmRecord:
    """Note who saw an alarm first; to say so again changes nothing.

    With a holder, only alarms of that holder's things exist. Raises UnknownAlarm.
    """
    alarm = known_alarm(session, alarm_id=alarm_id, holder_id=holder_id)
    if alarm.acknowledged_at is not None:
        return alarm

    alarm.acknowledged_at, alarm.acknowledged_by, alarm.updated_at = now, by.name, now
    session.add(alarm)
    session.add(
        AlarmEventRecord(
            tenant_id=alarm.tenant_id,
            shard=alarm.shard,
            alarm_id=alarm.id,
            kind=ACKNOWLEDGED,
            at=now,
            by=by.name,
            facts={},
        )
    )
    session.flush()
    return alarm
