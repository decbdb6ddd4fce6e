"""Take down what somebody tells on the phone: few questions, and as told by whom."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints, model_validator
from sqlmodel import Field, Session, SQLModel, select

from lifecycle.actor import Actor
from lifecycle.inspection import OVERALL, Component, Grade, Inspection, InspectionSource, Score
from lifecycle.label import Name, Note
from lifecycle.log_inspections import log_inspections
from lifecycle.queries import UnknownAsset, assets_by_reference
from lifecycle.tables import InspectionRecord


class Call(SQLModel):
    """What a clerk notes on the phone: which thing (serial number or public identifier), how it fares, who says so.

    The grade, a letter or a NEN 2767 score, is of the thing as a whole unless a component is named.
    """

    model_config = {"extra": "forbid"}

    id: UUID
    asset: Annotated[Name, StringConstraints(max_length=200)]
    told_by: Annotated[Name, StringConstraints(max_length=200)]
    seen_at: AwareDatetime | None = None
    component: Component = OVERALL
    grade: Grade | None = None
    score: Score | None = None
    note: Note = Field(default="", max_length=4000)

    @model_validator(mode="after")
    def _one_verdict(self) -> "Call":
        """Want a letter or a score, and not both."""
        if (self.grade is None) == (self.score is None):
            raise ValueError("tell the grade, A to E, or the score, 1 to 6")
        return self


def take_call(session: Session, call: Call, *, now: datetime, by: Actor) -> InspectionRecord:
    """Log a call as an inspection of its own road; the clerk stands on it as who recorded it.

    Raises UnknownAsset, ImpossibleInspection and InspectionExists.
    """
    found = assets_by_reference(session, [call.asset])
    if call.asset not in found:
        sentence = "no asset, or more than one, answers to that; ask for the serial number or the address on the label"
        raise UnknownAsset(sentence, field="asset")
    inspection = Inspection(
        id=call.id,
        asset_id=found[call.asset],
        inspected_at=call.seen_at or _before(session, call.id) or now,
        source=InspectionSource.CALL,
        inspector=call.told_by,
        told_by=call.told_by,
        grades={call.component: call.grade} if call.grade else {},
        nen={call.component: call.score} if call.score else {},
        note=call.note,
    )
    return log_inspections(session, [inspection], now=now, by=by)[0]


def _before(session: Session, call_id: UUID) -> datetime | None:
    """Give the moment under which the same call was noted before, so that sent again it is the same."""
    query = select(InspectionRecord.inspected_at).where(InspectionRecord.id == call_id)
    return session.exec(query).first()
