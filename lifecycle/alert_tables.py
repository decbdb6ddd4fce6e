"""Alerts at a glance: the rules in all their versions, what waits to be told, and what became of each alert."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from lifecycle.alert import AlertVerdict
from lifecycle.alert_rule import AlertTerms, RuleCode
from telemetry.columns import UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


def _belongs_to(table: str, column: str) -> ForeignKeyConstraint:
    """Refer to a row of the same tenant."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


class AlertRuleRecord(AlertTerms, TenantOwned, table=True):
    """One version of a rule of alerts; the highest is in force. Append-only: alerts name the one that raised them."""

    __tablename__ = "alert_rule"

    code: RuleCode = Field(primary_key=True, sa_type=worded(RuleCode))
    version: int = Field(primary_key=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    made_by: str = Field(max_length=200)


class AlertNoticeRecord(TenantOwned, table=True):
    """An alert that somebody is to be told of: written with the alert, and picked up once by whoever tells."""

    __tablename__ = "alert_notice"
    __table_args__ = (
        _belongs_to("alert", "alert_id"),
        Index("alert_notice_waits", "tenant_id", "told_at", "since"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    alert_id: UUID
    since: datetime = Field(sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AlertOutcomeRecord(TenantOwned, table=True):
    """What became of an alert, or a failure that no alert foretold (`alert_id` is empty then). Append-only."""

    __tablename__ = "alert_outcome"
    __table_args__ = (
        _belongs_to("alert", "alert_id"),
        _belongs_to("asset", "asset_id"),
        Index("alert_outcome_of_rule", "tenant_id", "rule", "recorded_at"),
        Index("alert_outcome_of_alert", "tenant_id", "alert_id"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    alert_id: UUID | None = None
    asset_id: UUID
    rule: RuleCode = Field(sa_type=worded(RuleCode))
    verdict: AlertVerdict | None = Field(default=None, sa_type=worded(AlertVerdict))
    failed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it failed; None where nobody saw a failure."""
    note: str = ""
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str = Field(max_length=200)
