"""When each thing must be inspected again, as it was last worked out."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from lifecycle import tables as _lifecycle_tables  # noqa: F401 - the foreign key below names its tables
from lifecycle.due_date import Due
from telemetry.columns import UtcDateTime
from telemetry.tables import TenantOwned


class InspectionDueRecord(Due, TenantOwned, table=True):
    """The next inspection of an asset; what is worked out anew takes the place of what was."""

    __tablename__ = "inspection_due"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
        Index("inspection_due_by_day", "tenant_id", "due_on", "asset_id"),
    )

    asset_id: UUID = Field(primary_key=True)
    history_length: int = 0
    """How long the asset's history was when this was worked out: whatever happens to it makes this stale."""
    told_from: date | None = None
    """The day from which on it counts as coming due."""
    worked_out_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    revision: int = 0
    """Counts how often the day moved: calendars take the highest."""
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when nobody has to inspect it any more: it left service, or its product asks for no inspections."""
