"""Finance reports as they were made, with their frozen inputs; the residuals that were set, and the write-downs."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from billing import tables as _billing_tables  # noqa: F401 - one schema
from billing.finance_report.assumptions import Premise
from billing.finance_report.residual import Residual
from billing.finance_report.write_down import Verdict
from telemetry.columns import ExactDecimal, UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


def _to(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


class EndReportRecord(TenantOwned, table=True):
    """A finance report that was kept; `inputs` and `report` are packed JSON, each with its digest. Append-only."""

    __tablename__ = "end_report"
    __table_args__ = (Index("end_report_kept", "tenant_id", "kept_at", "id"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    kept_at: datetime = Field(sa_type=UtcDateTime)
    start: date
    until: date
    as_of: date
    premise: Premise = Field(sa_type=worded(Premise))
    things: int
    rule: str = Field(max_length=40)
    inputs: bytes
    inputs_sha256: str = Field(max_length=64)
    report: bytes
    report_sha256: str = Field(max_length=64)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=200)


class WriteDownRecord(TenantOwned, table=True):
    """A proposal of a kept report to write a thing down to what it is expected to net. Append-only."""

    __tablename__ = "write_down"
    __table_args__ = (
        _to("end_report", "report_id"),
        _to("asset", "asset_id"),
        Index("write_down_once", "tenant_id", "report_id", "asset_id", unique=True),
        Index("write_down_of_asset", "tenant_id", "asset_id"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    report_id: UUID
    asset_id: UUID
    serial: str = Field(max_length=80)
    last_day: date
    currency: str = Field(max_length=3)
    book_value: Decimal = Field(sa_type=ExactDecimal)
    expected: Decimal = Field(sa_type=ExactDecimal)
    amount: Decimal = Field(sa_type=ExactDecimal)
    evidence: str = Field(max_length=120)
    proposed_at: datetime = Field(sa_type=UtcDateTime)


class WriteDownDecisionRecord(TenantOwned, table=True):
    """What a person said of a proposal, once. Append-only."""

    __tablename__ = "write_down_decision"
    __table_args__ = (_to("write_down", "write_down_id"),)

    write_down_id: UUID = Field(primary_key=True)
    verdict: Verdict = Field(sa_type=worded(Verdict))
    reason: str = Field(max_length=2000)
    decided_at: datetime = Field(sa_type=UtcDateTime)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=200)


class ResidualRecord(Residual, TenantOwned, table=True):
    """A residual that was set for a thing; the newest that was known counts. Append-only."""

    __tablename__ = "residual_value"
    __table_args__ = (_to("asset", "asset_id"), Index("residual_of_asset", "tenant_id", "asset_id", "recorded_at"))

    id: UUID = Field(primary_key=True, default_factory=new_id)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=200)
