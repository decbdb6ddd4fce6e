"""Add a photo to a technician's record: kept at once, and part of the inspection as soon as there is one."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.add_photo import keep_photo, link_photo
from lifecycle.field_queries import decisions_of, field_photos, known_field_record
from lifecycle.field_record import FieldKind
from lifecycle.field_tables import FieldPhotoRecord, FieldRecordRecord
from lifecycle.inspection_rules import limit
from lifecycle.photo import TooManyPhotos
from lifecycle.photo_gateway import Pictures
from lifecycle.record_events import locked
from telemetry.tables import tenant_of


def add_field_photo(
    session: Session, *, record_id: UUID, made: Pictures, component: str, caption: str, now: datetime, by: Actor
) -> FieldPhotoRecord:
    """Add a photo to a record, of one component; the same one again changes nothing.

    Raises UnknownFieldRecord, TooManyPhotos and NoPhotoFolder.
    """
    row = known_field_record(session, record_id=record_id)
    asset_id, inspection_id = _belongs(session, row)
    if asset_id is not None:
        locked(session, [asset_id])
    photo = keep_photo(session, made, now=now)
    known = field_photos(session, [record_id]).get(record_id, [])
    before = next((one for one in known if (one.sha256, one.component) == (photo.sha256, component)), None)
    if before is not None:
        return before
    if len(known) >= limit("photo", "photos"):
        raise TooManyPhotos(f"this record has {len(known)} photos already, which is the most", field="file")

    part = FieldPhotoRecord(
        tenant_id=tenant_of(session),
        record_id=record_id,
        sha256=photo.sha256,
        component=component,
        caption=caption,
        added_at=now,
        added_by=by.name,
    )

    session.add(part)
    session.flush()
    if inspection_id is not None:
        told = {"sha256": photo.sha256, "component": component, "caption": caption}
        link_photo(session, inspection_id=inspection_id, **told, now=now, by=by)
    return part


def _belongs(session: Session, row: FieldRecordRecord) -> tuple[UUID | None, UUID | None]:
    """Give the thing and the inspection that a record belongs to by now."""
    decided = decisions_of(session, [row.id]).get(row.id)
    asset_id = row.asset_id if decided is None else decided.asset_id or row.asset_id
    result_id = row.result_id if decided is None else decided.result_id or row.result_id
    return asset_id, result_id if row.kind is FieldKind.INSPECTION else None
