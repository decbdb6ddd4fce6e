"""The versions of checklists, and what belongs to inspections besides: photos, and that one was struck."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from lifecycle.photo import Photo
from telemetry.columns import Json, UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class ChecklistRecord(TenantOwned, table=True):
    """A version of a product's checklist. Append-only: what an inspection was held against stays as it was."""

    __tablename__ = "checklist"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "product_id"], ["product.tenant_id", "product.id"]),)

    product_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    valid_from: datetime = Field(sa_type=UtcDateTime)
    items: list[dict[str, Any]] = Field(sa_type=Json)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str = Field(default="", max_length=200)


class PhotoRecord(Photo, TenantOwned, table=True):
    """A photo of this tenant's; its bytes lie in a file that is named by their digest. Append-only."""

    __tablename__ = "photo"
    __table_args__ = (Index("photo_original", "tenant_id", "original"),)

    sha256: str = Field(primary_key=True, max_length=64)
    stored_at: datetime = Field(sa_type=UtcDateTime)


class InspectionPhotoRecord(TenantOwned, table=True):
    """A photo as part of an inspection, of one component. Append-only."""

    __tablename__ = "inspection_photo"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "inspection_id"], ["inspection.tenant_id", "inspection.id"]),
        ForeignKeyConstraint(["tenant_id", "sha256"], ["photo.tenant_id", "photo.sha256"]),
        Index("inspection_photo_once", "tenant_id", "inspection_id", "component", "sha256", unique=True),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    inspection_id: UUID
    sha256: str = Field(max_length=64)
    component: str = Field(max_length=60)
    caption: str = Field(default="", max_length=500)
    added_at: datetime = Field(sa_type=UtcDateTime)
    added_by: str = Field(default="", max_length=200)


class InspectionStrikeRecord(TenantOwned, table=True):
    """That an inspection counts for nothing any more, who said so and why. Append-only."""

    __tablename__ = "inspection_strike"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "inspection_id"], ["inspection.tenant_id", "inspection.id"]),)

    inspection_id: UUID = Field(primary_key=True)
    struck_at: datetime = Field(sa_type=UtcDateTime)
    struck_by: str = Field(default="", max_length=200)
    why: str = Field(max_length=1000)
