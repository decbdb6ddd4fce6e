"""Late use that was refused: what readings that came too late would have changed; nothing is dropped silently."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from telemetry.columns import ExactDecimal, UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class LateUseRefusedRecord(TenantOwned, table=True):
    """A period whose readings changed after its late window was over: what was billed stays. Append-only."""

    __tablename__ = "late_use_refused"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        ForeignKeyConstraint(["tenant_id", "contract_line_id"], ["contract_line.tenant_id", "contract_line.id"]),
        Index("late_use_refused_once", "tenant_id", "contract_line_id", "period_start", "revision", unique=True),
        Index("late_use_refused_by_time", "tenant_id", "found_at", "id"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    contract_id: UUID
    contract_line_id: UUID
    period_start: date
    period_end: date
    revision: int
    """Counts how often it was found to differ anew."""
    meter: str = Field(max_length=60)
    unit: str = Field(max_length=60)
    billed_use: Decimal = Field(sa_type=ExactDecimal)
    use_now: Decimal = Field(sa_type=ExactDecimal)
    refused_use: Decimal = Field(sa_type=ExactDecimal)
    refused_net: Decimal = Field(sa_type=ExactDecimal)
    """By how much the bill would have changed."""
    late_months: int
    """So many months back late readings were billed when it was found."""
    found_at: datetime = Field(sa_type=UtcDateTime)
