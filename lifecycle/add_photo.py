"""Add a photo to an inspection: made anew, kept once however often it is sent, and part of what was seen."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.checklist_tables import InspectionPhotoRecord, PhotoRecord
from lifecycle.history import NewEvent
from lifecycle.inspection_queries import known_inspection
from lifecycle.inspection_rules import limit
from lifecycle.open_work import keep_photos
from lifecycle.photo import TooManyPhotos
from lifecycle.photo_folder import folder_of, put
from lifecycle.photo_gateway import Pictures
from lifecycle.record_events import locked, record_events
from telemetry.tables import tenant_of

PHOTOGRAPHED = "photographed"


def add_photo(
    session: Session, *, inspection_id: UUID, made: Pictures, component: str, caption: str, now: datetime, by: Actor
) -> InspectionPhotoRecord:
    """Add a photo to an inspection, of one component; the same one again changes nothing.

    It comes made anew already: that takes a second, in which no other writer should wait.
    Raises UnknownInspection, TooManyPhotos and NoPhotoFolder.
    """
    inspection = known_inspection(session, inspection_id=inspection_id, holder_id=None)
    locked(session, [inspection.asset_id])
    sha256 = keep_photo(session, made, now=now).sha256
    return link_photo(
        session, inspection_id=inspection_id, sha256=sha256, component=component, caption=caption, now=now, by=by
    )


def link_photo(
    session: Session, *, inspection_id: UUID, sha256: str, component: str, caption: str, now: datetime, by: Actor
) -> InspectionPhotoRecord:
    """Make a photo that we have a part of an inspection; once is enough.

    Raises UnknownInspection and TooManyPhotos.
    """
    inspection = known_inspection(session, inspection_id=inspection_id, holder_id=None)
    before = _part(session, inspection_id, component, sha256)
    if before is not None:
        return before
    _refuse_too_many(session, inspection_id)

    part = InspectionPhotoRecord(
        tenant_id=tenant_of(session),
        inspection_id=inspection_id,
        sha256=sha256,
        component=component,
        caption=caption,
        added_at=now,
        added_by=by.name,
    )

    session.add(part)
    facts = {"inspection": str(inspection_id), "photo": sha256, "component": component}
    source = inspection.source.value
    event = NewEvent(inspection.asset_id, PHOTOGRAPHED, now, facts, source=source)
    record_events(session, [event], now=now, by=by)
    session.flush()
    keep_photos(session, inspection_id=inspection_id, photos=[sha256], now=now, by=by)
    return part


def keep_photo(session: Session, made: Pictures, *, now: datetime) -> PhotoRecord:
    """Find the photo that was made of these bytes before, or keep this one; it is part of nothing yet.

    Raises NoPhotoFolder.
    """
    known = session.exec(select(PhotoRecord).where(PhotoRecord.original == made.original)).first()
    if known is not None:
        return known
    sha256 = put(folder_of(session), made.photo, made.thumbnail)
    same = session.exec(select(PhotoRecord).where(PhotoRecord.sha256 == sha256)).first()
    if same is not None:
        return same
    photo = PhotoRecord(
        tenant_id=tenant_of(session),
        sha256=sha256,
        original=made.original,
        width=made.width,
        height=made.height,
        size=len(made.photo),
        stored_at=now,
    )
    session.add(photo)
    session.flush()
    return photo


def _part(session: Session, inspection_id: UUID, component: str, sha256: str) -> InspectionPhotoRecord | None:
    query = select(InspectionPhotoRecord).where(
        InspectionPhotoRecord.inspection_id == inspection_id,
        InspectionPhotoRecord.component == component,
        InspectionPhotoRecord.sha256 == sha256,
    )
    return session.exec(query).first()


def _refuse_too_many(session: Session, inspection_id: UUID) -> None:
    counting = select(func.count()).select_from(InspectionPhotoRecord)
    count = session.exec(counting.where(InspectionPhotoRecord.inspection_id == inspection_id)).one()
    most = int(limit("photo", "photos"))
    if count >= most:
        raise TooManyPhotos(f"this inspection has {most} photos already, which is the most", field="file")
