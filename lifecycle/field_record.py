"""A field record is what a technician noted on a device beside a thing: what was seen, what was done, or what to do."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, FiniteFloat, StrictBool, StringConstraints, model_validator
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel

from lifecycle.asset import AssetStatus
from lifecycle.clock_error import clock_error
from lifecycle.inspection import Component, Grade, Inspection, InspectionSource, Measured, MetricCode, QuestionName
from lifecycle.label import Line, Note
from lifecycle.work_order import WorkDone, WorkFinding
from telemetry.refusal import Refusal

_TEN_YEARS = 10 * 366 * 24 * 3600.0


class FieldKind(StrEnum):
    """What was noted: two kinds of facts, and two kinds of commands."""

    INSPECTION = "inspection"
    WORK_DONE = "work_done"
    MOVE = "move"
    STATUS = "status"


class FieldOutcome(StrEnum):
    """What became of a record when it reached us."""

    STORED = "stored"
    PROPOSED = "proposed"
    """The thing does not stand as the technician saw it any more; a person decides."""
    UNMATCHED = "unmatched"
    """No thing of ours answers to the tag; a person says which it is."""


class FieldDecision(StrEnum):
    """What a person made of a record that waited for one."""

    MATCHED = "matched"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class FieldRecordExists(Refusal):
    """The same id was used before for something else that was noted."""


class UnknownFieldRecord(Refusal):
    """No field record of ours bears that id."""


class NothingToDecide(Refusal):
    """The record needs no such decision, or somebody has decided already."""


class Stood(SQLModel):
    """How a thing stood: its status, where and with whom."""

    model_config = {"extra": "forbid"}

    status: AssetStatus
    site_id: UUID | None = None
    holder_id: UUID | None = None
    place: Line = Field(default="", max_length=120)


class Wanted(SQLModel):
    """Where a thing went, or which status it has now; what is left out stays as it was."""

    model_config = {"extra": "forbid"}

    status: AssetStatus | None = None
    site_id: UUID | None = None
    place: Line | None = Field(default=None, max_length=120)


class Done(SQLModel):
    """What was done of a work order."""

    model_config = {"extra": "forbid"}

    minutes: Annotated[float, Limits(ge=0, le=1_000_000, allow_inf_nan=False)] | None = None
    finding: WorkFinding | None = None
    repaired: Annotated[list[Component], Limits(max_length=100)] | None = None
    grade: Grade = "A"


class Seen(SQLModel):
    """What was seen and read, as an inspection holds it."""

    model_config = {"extra": "forbid"}

    grades: dict[Component, Grade] = Field(default_factory=dict, max_length=100)
    measured: list[Measured] = Field(default_factory=list, max_length=100)
    answers: dict[QuestionName, StrictBool | Note] = Field(default_factory=dict, max_length=200)
    readings: dict[MetricCode, FiniteFloat] = Field(default_factory=dict, max_length=100)
    checklist_version: int | None = Field(default=None, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Refuse a sight that says nothing."""
        if not (self.grades or self.measured or self.answers or self.readings):
            raise ValueError("what was seen holds at least one grade, measured value, reading or answer")
        return self


class FieldRecord(SQLModel):
    """What a device noted. `tag` is what was scanned or typed; `asset_id` the thing, where the device knew it.

    `captured_at` is what the device's clock said, and `clock_offset` by how many seconds it is known to be ahead of
    ours. A command says in `based_on` how the thing stood for whoever gave it.
    """

    model_config = {"extra": "forbid"}

    id: UUID
    kind: FieldKind
    tag: Line = Field(default="", max_length=300)
    asset_id: UUID | None = None
    work_id: UUID | None = None
    captured_at: AwareDatetime
    clock_offset: Annotated[float, Limits(ge=-_TEN_YEARS, le=_TEN_YEARS, allow_inf_nan=False)] | None = None
    device: Annotated[Line, StringConstraints(max_length=60)] = ""
    form_version: int = Field(default=1, ge=0, le=1_000_000)
    note: Note = Field(default="", max_length=4000)
    seen: Seen | None = None
    done: Done | None = None
    wanted: Wanted | None = None
    based_on: Stood | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse a record that names no thing, or does not say what its kind says."""
        if not self.tag and self.asset_id is None:
            raise ValueError("a record names a thing: a tag that was read, or its asset_id")
        if self.kind is FieldKind.INSPECTION and self.seen is None:
            raise ValueError("an inspection holds what was `seen`")
        if self.kind is FieldKind.WORK_DONE and (self.done is None or self.work_id is None):
            raise ValueError("work that is done names its work_id and what was `done`")
        wanted = self.wanted or Wanted()
        if self.kind is FieldKind.STATUS and wanted.status is None:
            raise ValueError("a step to another status says which status is `wanted`")
        if self.kind is FieldKind.MOVE and wanted.site_id is None and wanted.place is None:
            raise ValueError("a move says where to: the site_id or the place that is `wanted`")
        return self


def offset_of(record: FieldRecord, *, sent_at: datetime | None, now: datetime) -> timedelta | None:
    """Say by how much the device's clock was ahead: as it knew itself, else as its clock stood when it sent.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    >>> seen = Seen(grades={"overall": "B"})
    >>> late = FieldRecord(id=UUID(int=1), kind="inspection", tag="LP-7", captured_at=at, clock_offset=86400, seen=seen)
    >>> offset_of(late, sent_at=None, now=at)
    datetime.timedelta(days=1)
    """
    if record.clock_offset is None:
        return clock_error(sent_at, now=now)
    return clock_error(now + timedelta(seconds=record.clock_offset), now=now)


def inspection_of(record: FieldRecord, *, asset_id: UUID, sent_at: datetime | None, inspector: str) -> Inspection:
    """Make of a record the inspection that it tells; it bears the record's own id."""
    seen = {} if record.seen is None else record.seen.model_dump()
    told = {"id": record.id, "asset_id": asset_id, "inspected_at": record.captured_at, "sent_at": sent_at}
    told |= {"source": InspectionSource.APP, "inspector": inspector[:200], "note": record.note}
    return Inspection.model_validate(seen | told)


def work_done_of(record: FieldRecord, *, at: datetime) -> WorkDone:
    """Make of a record what completes its work order."""
    done = record.done or Done()
    return WorkDone.model_validate(done.model_dump() | {"done_at": at, "note": record.note})
