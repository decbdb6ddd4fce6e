"""First-line alarms at a glance: the rules, the alarms, what became of each, and what rules remember of each series."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from telemetry.alarm_rule import AlarmKind, AlarmPriority, AlarmTerms
from telemetry.columns import Json, UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class AlarmRuleRecord(AlarmTerms, TenantOwned, table=True):
    """One version of a rule: it judges the readings from `since` up to `until`, which the next version sets."""

    __tablename__ = "alarm_rule"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "metric"], ["metric.tenant_id", "metric.code"]),)

    code: str = Field(primary_key=True, max_length=60)
    version: int = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    made_at: datetime = Field(sa_type=UtcDateTime)
    caught_up: bool
    """The readings that were there when the rule was made have been judged."""


class AlarmRecord(TenantOwned, table=True):
    """One alarm as it stands now; how it came to that is told by its events.

    Readings that come late may move it, or withdraw it: then it never was, and the reason says why.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "series"], ["series.tenant_id", "series.number"]),
        ForeignKeyConstraint(
            ["tenant_id", "rule", "version"], ["alarm_rule.tenant_id", "alarm_rule.code", "alarm_rule.version"]
        ),
        Index("alarm_once", "tenant_id", "shard", "rule", "version", "series", "raised_at", unique=True),
        Index("alarm_by_id", "tenant_id", "id"),
        Index("alarm_by_moment", "tenant_id", "raised_at", "id"),
        Index("alarm_of_asset", "tenant_id", "asset_id", "raised_at"),
    )

    shard: int = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    series: int
    asset_id: UUID
    metric: str = Field(max_length=60)
    rule: str = Field(max_length=60)
    version: int
    kind: AlarmKind = Field(sa_type=worded(AlarmKind))
    priority: AlarmPriority = Field(sa_type=worded(AlarmPriority))
    began_at: datetime = Field(sa_type=UtcDateTime)
    """The first of the readings that caused it."""
    raised_at: datetime = Field(sa_type=UtcDateTime)
    """The reading that made it certain; of silence, when a reading was overdue."""
    cleared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    extreme: float | None = None
    """How far it went, in the metric's unit; of an impossible change, by how much an hour."""
    times: int = 1
    chatters: bool = False
    """It went on and off so often that `times` alarms are told as one."""
    found_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_by: str = Field(default="", max_length=200)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = Field(default="", max_length=40)
    """Why it was withdrawn, or cleared by something else than a reading."""


class AlarmEventRecord(TenantOwned, table=True):
    """What was concluded of an alarm, and when it was: written once and never changed."""

    __tablename__ = "alarm_event"
    __table_args__ = (Index("alarm_event_of_alarm", "tenant_id", "alarm_id", "id"),)

    shard: int = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    alarm_id: UUID
    kind: str = Field(max_length=20)
    at: datetime = Field(sa_type=UtcDateTime)
    by: str = Field(default="", max_length=200)
    facts: dict[str, Any] = Field(sa_type=Json)


class AlarmStateRecord(TenantOwned, table=True):
    """What one rule remembers of the series of one shard: packed by `telemetry.alarm_state`.

    `earlier` and `earliest` are the same some days before, from where late readings are judged again.
    """

    __tablename__ = "alarm_state"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "rule", "version"], ["alarm_rule.tenant_id", "alarm_rule.code", "alarm_rule.version"]
        ),
    )

    shard: int = Field(primary_key=True)
    rule: str = Field(primary_key=True, max_length=60)
    version: int = Field(primary_key=True)
    latest: bytes
    earlier: bytes
    earliest: bytes
