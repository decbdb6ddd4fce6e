"""An inspection is what a person saw of one asset at one moment, by whatever road it reached us."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, FiniteFloat, StringConstraints, model_validator
from sqlmodel import Field, SQLModel

from lifecycle.label import Line, Name, Note
from telemetry.columns import Json, UtcDateTime, worded

OVERALL = "overall"
"""The component that every product has: the thing as a whole."""

Grade = Annotated[str, StringConstraints(pattern="^[A-E]$")]
Component = Annotated[Name, StringConstraints(max_length=60)]
MetricCode = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]*$", max_length=60)]


class InspectionSource(StrEnum):
    """The road by which an inspection came to us."""

    APP = "app"
    DESK = "desk"
    CALL = "call"
    QR = "qr"
    SPREADSHEET = "spreadsheet"


class Inspection(SQLModel):
    """What was seen: grades A (as new) to E (worn out) by component, or an overall index 0-100, readings, a note.

    `readings` maps a metric to its value in the metric's canonical unit. At least one of the three is there.
    """

    model_config = {"extra": "forbid"}

    id: UUID
    asset_id: UUID
    inspected_at: AwareDatetime = Field(sa_type=UtcDateTime)
    source: InspectionSource = Field(sa_type=worded(InspectionSource))
    inspector: Line = Field(default="", max_length=200)
    grades: dict[Component, Grade] = Field(default_factory=dict, sa_type=Json, max_length=100)
    index: float | None = Field(default=None, ge=0, le=100)
    readings: dict[MetricCode, FiniteFloat] = Field(default_factory=dict, sa_type=Json, max_length=100)
    note: Note = Field(default="", max_length=4000)

    @model_validator(mode="after")
    def something_was_seen(self) -> "Inspection":
        """Refuse an inspection that says nothing about the thing."""
        if not self.grades and self.index is None and not self.readings:
            raise ValueError("an inspection holds at least one grade, an index or a reading")
        return self
