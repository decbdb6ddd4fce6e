"""What was done to many things at once, so that it can be taken back at once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from lifecycle import tables as _lifecycle_tables  # noqa: F401 - the foreign keys below name its tables
from telemetry.columns import Json, UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class BulkChangeRecord(TenantOwned, table=True):
    """One deed on many things: what was asked, whom it refused, and whether it was taken back."""

    __tablename__ = "bulk_change"
    __table_args__ = (Index("bulk_change_by_time", "tenant_id", "changed_at", "id"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    changed_by: str = Field(max_length=200)
    said: dict[str, Any] = Field(sa_type=Json)
    """The move or the step, as it was asked."""
    refused: list[dict[str, Any]] = Field(sa_type=Json)
    """Things that could not be changed, each with the code of the refusal."""
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    undone_by: str = Field(default="", max_length=200)


class BulkChangeEventRecord(TenantOwned, table=True):
    """An event of a thing's history that came of a deed on many."""

    __tablename__ = "bulk_change_event"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "bulk_change_id"], ["bulk_change.tenant_id", "bulk_change.id"]),
        ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
    )

    bulk_change_id: UUID = Field(primary_key=True)
    asset_id: UUID = Field(primary_key=True)
    event_id: UUID
    sequence: int
    """Of the event in the thing's history: where there are later ones that place the thing, it is not taken back."""
    undone: bool = False
