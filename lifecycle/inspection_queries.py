"""Questions about inspections: what was seen of a thing, by whom it may be read, and what it shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.checklist import Failure, Item, failures
from lifecycle.checklist_tables import InspectionPhotoRecord, InspectionStrikeRecord, PhotoRecord
from lifecycle.photo import UnknownPhoto
from lifecycle.tables import AssetRecord, InspectionRecord
from telemetry.lots import lots
from telemetry.refusal import Refusal
from telemetry.unit import conversion

_AT_ONCE = 500


class UnknownInspection(Refusal):
    """No inspection of ours bears that id."""


def known_inspection(session: Session, *, inspection_id: UUID, holder_id: UUID | None) -> InspectionRecord:
    """Give one inspection; where a holder is named, only of a thing that is with that holder now.

    Raises UnknownInspection, in the same words for what is not there and for what is not theirs.
    """
    query = select(InspectionRecord).where(InspectionRecord.id == inspection_id)
    if holder_id is not None:
        same = and_(
            col(InspectionRecord.tenant_id) == AssetRecord.tenant_id, col(InspectionRecord.asset_id) == AssetRecord.id
        )
        query = query.join(AssetRecord, same).where(AssetRecord.holder_id == holder_id)
    found = session.exec(query).first()
    if found is None:
        raise UnknownInspection("there is no such inspection")
    return found


def still_counts() -> ColumnElement[bool]:
    """Give the condition under which an inspection was not struck, for a `where`."""
    same = and_(
        col(InspectionStrikeRecord.tenant_id) == InspectionRecord.tenant_id,
        col(InspectionStrikeRecord.inspection_id) == InspectionRecord.id,
    )
    return ~select(InspectionStrikeRecord.inspection_id).where(same).correlate(InspectionRecord).exists()


def last_look(session: Session, *, asset_id: UUID) -> datetime | None:
    """Say when a thing was last inspected, struck inspections aside."""
    query = select(InspectionRecord.inspected_at).where(InspectionRecord.asset_id == asset_id, still_counts())
    return session.exec(query.order_by(col(InspectionRecord.inspected_at).desc()).limit(1)).first()


def strike_of(session: Session, *, inspection_id: UUID) -> InspectionStrikeRecord | None:
    """Say who struck an inspection and why; None where it counts."""
    return strikes_by_inspection(session, [inspection_id]).get(inspection_id)


def strikes_by_inspection(session: Session, inspection_ids: Sequence[UUID]) -> dict[UUID, InspectionStrikeRecord]:
    """Give the strikes of some inspections."""
    found: dict[UUID, InspectionStrikeRecord] = {}
    for some in lots(inspection_ids, _AT_ONCE):
        query = select(InspectionStrikeRecord).where(col(InspectionStrikeRecord.inspection_id).in_(some))
        found |= {strike.inspection_id: strike for strike in session.exec(query)}
    return found


def photos_of(inspection_id: UUID) -> SelectOfScalar[InspectionPhotoRecord]:
    """Ask for the photos of an inspection."""
    return select(InspectionPhotoRecord).where(InspectionPhotoRecord.inspection_id == inspection_id)


def photos_by_inspection(session: Session, inspection_ids: Sequence[UUID]) -> dict[UUID, list[InspectionPhotoRecord]]:
    """Give the photos of some inspections, the first added first."""
    found: dict[UUID, list[InspectionPhotoRecord]] = {}
    for some in lots(inspection_ids, _AT_ONCE):
        query = select(InspectionPhotoRecord).where(col(InspectionPhotoRecord.inspection_id).in_(some))
        for photo in session.exec(query.order_by(col(InspectionPhotoRecord.id))):
            found.setdefault(photo.inspection_id, []).append(photo)
    return found


def photo_of(session: Session, *, inspection_id: UUID, sha256: str) -> PhotoRecord:
    """Give a photo that is part of an inspection.

    Raises UnknownPhoto.
    """
    part = and_(
        col(InspectionPhotoRecord.tenant_id) == PhotoRecord.tenant_id,
        col(InspectionPhotoRecord.sha256) == PhotoRecord.sha256,
    )
    query = select(PhotoRecord).join(InspectionPhotoRecord, part)
    found = session.exec(
        query.where(InspectionPhotoRecord.inspection_id == inspection_id, InspectionPhotoRecord.sha256 == sha256)
    ).first()
    if found is None:
        raise UnknownPhoto("there is no such photo")
    return found


def failed(items: Sequence[Item], inspection: InspectionRecord) -> list[Failure]:
    """Give what failed of a checklist in a stored inspection; measured values in the unit of the question."""
    return failures(items, inspection, converted=_in_the_units_of(items, inspection))


def _in_the_units_of(items: Sequence[Item], inspection: InspectionRecord) -> Mapping[tuple[str, str, str], float]:
    found = {}
    for item in items:
        for row in inspection.converted:
            if item.unit is not None and (row["component"], row["metric"]) == (item.component, item.metric):
                factor, offset = conversion(row["unit"], item.unit)
                found[row["component"], row["metric"], item.unit] = row["value"] * factor + offset
    return found
