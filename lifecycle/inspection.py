"""An inspection is what a person saw of one asset at one moment, by whatever road it reached us."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, FiniteFloat, StrictBool, StringConstraints, model_validator
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel

from lifecycle.grade import BAND, middle
from lifecycle.label import Line, Name, Note
from lifecycle.nen2767 import SCORES, Band, band_of, grade_of, score_of
from telemetry.columns import Json, UtcDateTime, worded

OVERALL = "overall"
"""The component that every product has: the thing as a whole."""

Grade = Annotated[str, StringConstraints(pattern="^[A-E]$")]
Component = Annotated[Name, StringConstraints(max_length=60)]
MetricCode = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]*$", max_length=60)]
QuestionName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]*$", max_length=60)]
Score = Annotated[int, Limits(ge=1, le=6)]


class InspectionSource(StrEnum):
    """The road by which an inspection came to us."""

    APP = "app"
    DESK = "desk"
    CALL = "call"
    QR = "qr"
    SPREADSHEET = "spreadsheet"
    REPAIR = "repair"
    """Whoever repaired a component says how it stands now; it speaks for that component alone."""


class Measured(SQLModel):
    """A value that was measured on a component, with its unit as it was told."""

    model_config = {"extra": "forbid"}

    component: Component = OVERALL
    metric: MetricCode
    value: FiniteFloat
    unit: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Inspection(SQLModel):
    """What was seen: grades A (as new) to E (worn out) by component, or an overall index 0-100, readings, a note.

    A grade may also be told as a NEN 2767 score, 1 to 6, in `nen` or in the place of the letter; `grades` then holds
    its letter. `readings` maps a metric to its value in the metric's canonical unit; `measured` holds values with the
    unit they were read in. `answers` are those to the other questions of the checklist, by name: yes or no, or a text.
    `told_by` is who told us, where we only heard of it. `sent_at` is what the device's clock said when it sent.
    """

    model_config = {"extra": "forbid"}

    id: UUID
    asset_id: UUID
    inspected_at: AwareDatetime = Field(sa_type=UtcDateTime)
    source: InspectionSource = Field(sa_type=worded(InspectionSource))
    inspector: Line = Field(default="", max_length=200)
    told_by: Line = Field(default="", max_length=200)
    grades: dict[Component, Grade] = Field(default_factory=dict, sa_type=Json, max_length=100)
    nen: dict[Component, Score] = Field(default_factory=dict, sa_type=Json, max_length=100)
    index: float | None = Field(default=None, ge=0, le=100)
    readings: dict[MetricCode, FiniteFloat] = Field(default_factory=dict, sa_type=Json, max_length=100)
    measured: list[Measured] = Field(default_factory=list, sa_type=Json, max_length=100)
    answers: dict[QuestionName, StrictBool | Note] = Field(default_factory=dict, sa_type=Json, max_length=200)
    note: Note = Field(default="", max_length=4000)
    checklist_version: int | None = Field(default=None, ge=0, le=1_000_000)
    sent_at: AwareDatetime | None = Field(default=None, sa_type=UtcDateTime)

    @model_validator(mode="before")
    @classmethod
    def _scores_among_grades(cls, told: Any) -> Any:
        """Take 1 to 6 in the place of a letter."""
        grades, nen = (told.get(name) or {} for name in ("grades", "nen")) if isinstance(told, dict) else (None, None)
        if not isinstance(grades, dict) or not isinstance(nen, dict):
            return told
        scores = {name: int(grade) for name, grade in grades.items() if _is_score(grade)}
        scores = {name: score for name, score in scores.items() if nen.get(name, score) == score}
        letters = {name: grade for name, grade in grades.items() if name not in scores}
        return told | {"grades": letters, "nen": nen | scores} if scores else told

    @model_validator(mode="after")
    def something_was_seen(self) -> "Inspection":
        """Give each score its letter; refuse a letter that says otherwise, and a sight that says nothing."""
        letters = {component: grade_of(score) for component, score in self.nen.items()}
        for component, letter in letters.items():
            if (told := self.grades.get(component, letter)) != letter:
                msg = f"{component} is graded {told} and scored {self.nen[component]}, which is {letter}"
                raise ValueError(msg)
        if set(letters) - set(self.grades):
            self.grades = letters | self.grades
        if not (self.grades or self.index is not None or self.readings or self.measured or self.answers):
            raise ValueError(
                "an inspection holds at least one grade, an index, a reading, a measured value or an answer"
            )
        return self


class StoredInspection(Inspection):
    """An inspection as it was stored, with what we know of how it came.

    `checklist_used` is the version it was held against. `converted` are its measured values in their metrics' own
    units. Where a device's clock was wrong, `device_at` is what it said and `clock_error` by how many seconds it was
    ahead; `inspected_at` is then corrected. `contradicts` names inspections of about that moment that saw otherwise.
    """

    recorded_at: AwareDatetime = Field(sa_type=UtcDateTime)
    recorded_by: str = Field(default="", max_length=200)
    checklist_used: int = 0
    converted: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    device_at: AwareDatetime | None = Field(default=None, sa_type=UtcDateTime)
    clock_error: float | None = None
    contradicts: list[str] = Field(default_factory=list, sa_type=Json)


def score_of_component(inspection: Inspection, component: str) -> int | None:
    """Give the NEN 2767 score of a component: as it was told, or that of its letter; None where it was not graded."""
    if component in inspection.nen:
        return inspection.nen[component]
    return score_of(inspection.grades[component]) if component in inspection.grades else None


def band_of_component(inspection: Inspection, component: str) -> Band | None:
    """Give the part of the index in which a component lies, as narrow as it was told; None where it was not graded.

    A score of 5 or 6 is half the band of the letter E.
    """
    if component in inspection.nen:
        return band_of(inspection.nen[component])
    if component not in inspection.grades:
        return None
    half = middle(inspection.grades[component])
    return Band(half - BAND / 2, half + BAND / 2)


def _is_score(grade: object) -> bool:
    return not isinstance(grade, bool) and str(grade) in {str(score) for score in SCORES}
