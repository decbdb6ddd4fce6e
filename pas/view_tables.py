"""Lists as people keep them: filters and order under a name, one's own or for everybody."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from pas import tables as _pas_tables  # noqa: F401 - the foreign keys below name its tables
from telemetry.columns import UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class ListViewRecord(TenantOwned, table=True):
    """A view of the fleet list: its address behind the question mark, and who may see it."""

    __tablename__ = "list_view"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.id"]),
        Index("list_view_name", "tenant_id", "person_id", "name", unique=True),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID
    name: str = Field(max_length=80)
    query: str = Field(max_length=1000)
    shared: bool = False
    kept_at: datetime = Field(sa_type=UtcDateTime)
    dropped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
