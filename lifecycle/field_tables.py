"""What technicians' devices sent, word for word, the photos beside it, and what a person decided of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from lifecycle import checklist_tables as _checklist_tables  # noqa: F401 - the foreign keys below name its tables
from lifecycle import tables as _lifecycle_tables  # noqa: F401 - as above
from lifecycle.field_record import FieldDecision, FieldKind, FieldOutcome
from telemetry.columns import Json, UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class FieldRecordRecord(TenantOwned, table=True):
    """A record as it came. Append-only: what is decided of it later stands beside it.

    `told` is all that the device sent, `stood` how the thing stood when it came, `flags` what is odd about it, and
    `result_id` the inspection, work order or event that was made of it.
    """

    __tablename__ = "field_record"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
        Index("field_record_by_outcome", "tenant_id", "outcome", "received_at"),
        Index("field_record_of_asset", "tenant_id", "asset_id", "received_at"),
        Index("field_record_by_receipt", "tenant_id", "received_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    kind: FieldKind = Field(sa_type=worded(FieldKind))
    outcome: FieldOutcome = Field(sa_type=worded(FieldOutcome))
    tag: str = Field(default="", max_length=300)
    asset_id: UUID | None = None
    captured_at: datetime = Field(sa_type=UtcDateTime)
    """When it was noted, by our clock."""
    device: str = Field(default="", max_length=60)
    told: dict[str, Any] = Field(sa_type=Json)
    stood: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    flags: list[str] = Field(default_factory=list, sa_type=Json)
    result_id: UUID | None = None
    received_at: datetime = Field(sa_type=UtcDateTime)
    received_by: str = Field(default="", max_length=200)


class FieldDecisionRecord(TenantOwned, table=True):
    """What a person made of a record that waited. Append-only, one a record."""

    __tablename__ = "field_decision"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "record_id"], ["field_record.tenant_id", "field_record.id"]),
        ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
    )

    record_id: UUID = Field(primary_key=True)
    decision: FieldDecision = Field(sa_type=worded(FieldDecision))
    asset_id: UUID | None = None
    result_id: UUID | None = None
    why: str = Field(default="", max_length=1000)
    decided_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: str = Field(default="", max_length=200)


class FieldPhotoRecord(TenantOwned, table=True):
    """A photo that came with a record. Append-only."""

    __tablename__ = "field_photo"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "record_id"], ["field_record.tenant_id", "field_record.id"]),
        ForeignKeyConstraint(["tenant_id", "sha256"], ["photo.tenant_id", "photo.sha256"]),
        Index("field_photo_once", "tenant_id", "record_id", "component", "sha256", unique=True),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    record_id: UUID
    sha256: str = Field(max_length=64)
    component: str = Field(max_length=60)
    caption: str = Field(default="", max_length=500)
    added_at: datetime = Field(sa_type=UtcDateTime)
    added_by: str = Field(default="", max_length=200)
