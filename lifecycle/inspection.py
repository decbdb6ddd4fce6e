"""An inspection is what a person saw of one asset at one moment, by whatever road it reached us."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from telemetry.columns import Json, UtcDateTime, worded


class InspectionSource(StrEnum):
    """The road by which an inspection came to us."""

    APP = "app"
    DESK = "desk"
    CALL = "call"
    QR = "qr"
    SPREADSHEET = "spreadsheet"


class Inspection(SQLModel):
    """What was seen: grades A (as new) to E (worn out) by component, or an overall index 0-100, readings, a note.

    `readings` maps a metric to its value in the metric's canonical unit. At least a grade or an index is there.
    """

    model_config = {"extra": "forbid"}

    id: UUID
    asset_id: UUID
    inspected_at: datetime = Field(sa_type=UtcDateTime)
    source: InspectionSource = Field(sa_type=worded(InspectionSource))
    inspector: str = Field(default="", max_length=200)
    grades: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    index: float | None = Field(default=None, ge=0, le=100)
    readings: dict[str, float] = Field(default_factory=dict, sa_type=Json)
    note: str = ""
