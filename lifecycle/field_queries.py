"""Questions about what technicians' devices sent: what waits for a person, and which thing a tag means."""

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit
from uuid import UUID

from sqlmodel import Session, and_, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.checklist_tables import PhotoRecord
from lifecycle.field_record import FieldOutcome, UnknownFieldRecord
from lifecycle.field_tables import FieldDecisionRecord, FieldPhotoRecord, FieldRecordRecord
from lifecycle.find_by_label import public_ids
from lifecycle.photo import UnknownPhoto
from lifecycle.queries import assets_by_reference
from telemetry.lots import KEYS, lots

_PAGE = "/p/"


def field_records(*, waiting: bool | None, asset_id: UUID | None = None) -> SelectOfScalar[FieldRecordRecord]:
    """Ask for records: all, only those that wait for a person, or only those that do not."""
    record, decided = FieldRecordRecord, FieldDecisionRecord
    same = and_(col(record.tenant_id) == col(decided.tenant_id), col(record.id) == col(decided.record_id))
    query = select(record).join(decided, same, isouter=True)
    if asset_id is not None:
        query = query.where(record.asset_id == asset_id)
    if waiting is None:
        return query
    waits = and_(record.outcome != FieldOutcome.STORED, col(decided.record_id).is_(None))
    return query.where(waits if waiting else ~waits)


def known_field_record(session: Session, *, record_id: UUID) -> FieldRecordRecord:
    """Give one record.

    Raises UnknownFieldRecord.
    """
    found = session.exec(select(FieldRecordRecord).where(FieldRecordRecord.id == record_id)).first()
    if found is None:
        raise UnknownFieldRecord("there is no such field record")
    return found


def decisions_of(session: Session, record_ids: Iterable[UUID]) -> dict[UUID, FieldDecisionRecord]:
    """Give what was decided, by record."""
    found: dict[UUID, FieldDecisionRecord] = {}
    for some in lots(record_ids, KEYS):
        query = select(FieldDecisionRecord).where(col(FieldDecisionRecord.record_id).in_(some))
        found |= {one.record_id: one for one in session.exec(query)}
    return found


def field_photos(session: Session, record_ids: Iterable[UUID]) -> dict[UUID, list[FieldPhotoRecord]]:
    """Give the photos that came with some records, the first first."""
    found: dict[UUID, list[FieldPhotoRecord]] = {}
    for some in lots(record_ids, KEYS):
        query = select(FieldPhotoRecord).where(col(FieldPhotoRecord.record_id).in_(some))
        for photo in session.exec(query.order_by(col(FieldPhotoRecord.id))):
            found.setdefault(photo.record_id, []).append(photo)
    return found


def field_photo_of(session: Session, *, record_id: UUID, sha256: str) -> PhotoRecord:
    """Give one photo of a record.

    Raises UnknownPhoto.
    """
    part = FieldPhotoRecord
    same = and_(col(part.tenant_id) == col(PhotoRecord.tenant_id), col(part.sha256) == col(PhotoRecord.sha256))
    query = select(PhotoRecord).join(part, same).where(part.record_id == record_id, part.sha256 == sha256)
    found = session.exec(query).first()
    if found is None:
        raise UnknownPhoto("there is no such photo")
    return found


def asset_of_tag(session: Session, tag: str) -> UUID | None:
    """Find the thing that a tag means: its label's address, its serial number if only one has it, or its id."""
    meant = [tag, *_addresses(tag)]
    found = assets_by_reference(session, meant)
    return next((found[text] for text in meant if text in found), None)


def _addresses(tag: str) -> list[str]:
    """Give the identifiers that an address on a label may stand for: our own page about the thing, or a resolver's."""
    if not tag.startswith(("https://", "http://")):
        return []
    try:
        path = urlsplit(tag).path
    except ValueError:
        return []
    inside = path.removeprefix(_PAGE) if path.startswith(_PAGE) else path.lstrip("/")
    return [*public_ids(inside), unquote(inside)]
