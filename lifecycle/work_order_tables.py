"""Work orders at a glance: each as it stands now, and what became of it step by step."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlmodel import Field

from lifecycle import tables as _lifecycle_tables  # noqa: F401 - the foreign keys below name its tables
from lifecycle.work_order import NewWork, WorkCause, WorkState
from telemetry.columns import ExactDecimal, Json, UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned

_UNDER_WAY = text("state IN ('open', 'planned', 'in_progress')")


def _belongs_to(table: str, column: str) -> ForeignKeyConstraint:
    """Refer to a row of the same tenant."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


class WorkOrderRecord(NewWork, TenantOwned, table=True):
    """A work order as it stands; at most one of a kind is under way for a component of an asset."""

    __tablename__ = "work_order"
    __table_args__ = (
        _belongs_to("asset", "asset_id"),
        _belongs_to("alert", "alert_id"),
        _belongs_to("inspection", "inspection_id"),
        Index("work_order_by_state", "tenant_id", "state", "due_on"),
        Index("work_order_by_opening", "tenant_id", "opened_at", "id"),
        Index("work_order_of_assignee", "tenant_id", "assignee", "due_on"),
        Index("work_order_of_asset", "tenant_id", "asset_id", "opened_at"),
        Index(
            "work_order_once",
            "tenant_id",
            "asset_id",
            "component",
            "kind",
            unique=True,
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        ),
    )

    id: UUID = Field(primary_key=True)
    cause: WorkCause = Field(sa_type=worded(WorkCause))
    state: WorkState = Field(default=WorkState.OPEN, sa_type=worded(WorkState))
    opened_at: datetime = Field(sa_type=UtcDateTime)
    opened_by: str = Field(max_length=200)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was done or cancelled."""
    ended_by: str = Field(default="", max_length=200)
    outcome: str = Field(default="", max_length=4000)
    """What was said when it ended."""
    minutes: float | None = None
    cost: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    currency: str = Field(default="EUR", max_length=3)
    parts: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    renewed: list[str] = Field(default_factory=list, sa_type=Json)
    """The components that stand better for it."""
    revision: int = 0
    """Counts the steps: calendars take the highest."""


class WorkOrderEventRecord(TenantOwned, table=True):
    """One step of a work order; written once and never changed."""

    __tablename__ = "work_order_event"
    __table_args__ = (
        _belongs_to("work_order", "work_order_id"),
        Index("work_order_event_of_order", "tenant_id", "work_order_id", "id"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    work_order_id: UUID
    kind: str = Field(max_length=20)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=200)
    facts: dict[str, Any] = Field(sa_type=Json)
