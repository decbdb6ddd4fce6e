"""Take what somebody without a login says of a thing by the QR code on it: it counts at once, and for little."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, col, select

from lifecycle.actor import Actor
from lifecycle.add_photo import add_photo
from lifecycle.inspection import OVERALL, Grade, Inspection, InspectionSource
from lifecycle.inspection_rules import limit
from lifecycle.label import Note
from lifecycle.log_inspections import log_inspections
from lifecycle.photo_gateway import Pictures
from lifecycle.record_events import locked
from lifecycle.tables import InspectionRecord
from telemetry.refusal import Refusal

PASSER_BY = Actor(kind="person", name="QR")
"""Whoever held the label before a camera; we do not ask who."""


class TooManyReports(Refusal):
    """So much was reported of one thing today that no more is taken."""


class PublicReport(SQLModel):
    """How a thing fares as a whole, in the eyes of a passer-by, and what is the matter with it."""

    model_config = {"extra": "forbid"}

    id: UUID
    grade: Grade
    note: Annotated[Note, StringConstraints(max_length=1000)] = Field(default="")


def take_public_report(
    session: Session, *, asset_id: UUID, report: PublicReport, photo: Pictures | None, now: datetime
) -> InspectionRecord:
    """Log a report as an inspection of the least trusted road; the same one again changes nothing.

    It counts at once, so that a true fault is seen at once, but moves the condition little; a fleet manager strikes
    what was a prank. Raises TooManyReports and NoPhotoFolder.
    """
    before = session.exec(select(InspectionRecord).where(InspectionRecord.id == report.id)).first()
    if before is not None:
        return before
    locked(session, [asset_id])
    _refuse_too_many(session, asset_id, now)

    inspection = Inspection(
        id=report.id,
        asset_id=asset_id,
        inspected_at=now,
        source=InspectionSource.QR,
        grades={OVERALL: report.grade},
        note=report.note,
    )

    stored = log_inspections(session, [inspection], now=now, by=PASSER_BY)[0]
    if photo is not None:
        add_photo(session, inspection_id=stored.id, made=photo, component=OVERALL, caption="", now=now, by=PASSER_BY)
    return stored


def _refuse_too_many(session: Session, asset_id: UUID, now: datetime) -> None:
    counting = select(func.count()).select_from(InspectionRecord)
    today = counting.where(
        InspectionRecord.asset_id == asset_id,
        InspectionRecord.source == InspectionSource.QR,
        col(InspectionRecord.recorded_at) > now - timedelta(days=1),
    )
    most = int(limit("public_report", "a_day"))
    if session.exec(today).one() >= most:
        raise TooManyReports(f"this thing was reported {most} times in a day already, which is enough to look at it")
