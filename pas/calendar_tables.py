"""The secret addresses under which calendars fetch what is due."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field

from pas import tables as _pas_tables  # noqa: F401 - the foreign keys below name its tables
from telemetry.columns import UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class CalendarFeedRecord(TenantOwned, table=True):
    """A calendar of a person: of the person's own work, or of a place. Only the secret's SHA-256 is kept."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.id"]),
        ForeignKeyConstraint(["tenant_id", "site_id"], ["site.tenant_id", "site.id"]),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID
    site_id: UUID | None = None
    name: str = Field(max_length=120)
    secret_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
