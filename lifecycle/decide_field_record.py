"""Decide what waits for a person: which thing a strange tag means, and whether a stale command holds after all."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from lifecycle.act_on_field_record import Acted, act_on_field_record
from lifecycle.actor import Actor
from lifecycle.add_photo import link_photo
from lifecycle.field_queries import asset_of_tag, decisions_of, field_photos, known_field_record
from lifecycle.field_record import (
    FieldDecision,
    FieldKind,
    FieldOutcome,
    FieldRecord,
    NothingToDecide,
    offset_of,
)
from lifecycle.field_tables import FieldDecisionRecord, FieldRecordRecord
from lifecycle.queries import UnknownAsset
from lifecycle.record_events import locked
from telemetry.tables import tenant_of


def match_field_record(session: Session, *, record_id: UUID, tag: str, now: datetime, by: Actor) -> FieldDecisionRecord:
    """Say which thing a record is about; what it tells is done to that thing, its photos with it.

    Raises UnknownFieldRecord, NothingToDecide, UnknownAsset, and what the deed itself raises.
    """
    row = _waiting(session, record_id, FieldOutcome.UNMATCHED)
    asset_id = asset_of_tag(session, tag)
    if asset_id is None:
        raise UnknownAsset(f"no single thing of ours answers to {tag[:80]!r}", field="tag")
    acted = _act(session, row, asset_id, now=now, by=by)
    return _decided(session, row, FieldDecision.MATCHED, asset_id=asset_id, acted=acted, now=now, by=by)


def accept_field_record(session: Session, *, record_id: UUID, now: datetime, by: Actor) -> FieldDecisionRecord:
    """Follow a proposal after all, from this moment on.

    Raises UnknownFieldRecord, NothingToDecide, and what the deed itself raises.
    """
    row = _waiting(session, record_id, FieldOutcome.PROPOSED)
    acted = None if row.asset_id is None else _act(session, row, row.asset_id, now=now, by=by)
    return _decided(session, row, FieldDecision.ACCEPTED, asset_id=row.asset_id, acted=acted, now=now, by=by)


def decline_field_record(
    session: Session, *, record_id: UUID, why: str, now: datetime, by: Actor
) -> FieldDecisionRecord:
    """Leave a record as it is and everything else as it stands; it stays on file with the reason.

    Raises UnknownFieldRecord and NothingToDecide.
    """
    row = _waiting(session, record_id, FieldOutcome.PROPOSED, FieldOutcome.UNMATCHED)
    return _decided(session, row, FieldDecision.DECLINED, asset_id=None, acted=None, why=why, now=now, by=by)


def _waiting(session: Session, record_id: UUID, *outcomes: FieldOutcome) -> FieldRecordRecord:
    """Hold the thing first, so that two people who decide at once do not both."""
    row = known_field_record(session, record_id=record_id)
    if row.asset_id is not None:
        locked(session, [row.asset_id])
    if row.outcome not in outcomes:
        raise NothingToDecide(f"the record is {row.outcome.value}, which needs no such decision")
    if record_id in decisions_of(session, [record_id]):
        raise NothingToDecide("somebody has decided this already; reload the page to see what")
    return row


def _act(session: Session, row: FieldRecordRecord, asset_id: UUID, *, now: datetime, by: Actor) -> Acted:
    """Do what the record tells: facts at their own moment, commands from now on."""
    record = FieldRecord.model_validate(row.told)
    asset = locked(session, [asset_id])[asset_id]
    at = row.captured_at if record.kind is FieldKind.WORK_DONE else now
    noted = record.model_copy(update={"captured_at": row.captured_at, "clock_offset": 0.0})
    offset = offset_of(noted, sent_at=None, now=now)
    acted = act_on_field_record(session, noted, asset, offset=offset, at=at, now=now, by=by)
    if record.kind is FieldKind.INSPECTION:
        for photo in field_photos(session, [row.id]).get(row.id, []):
            told = {"sha256": photo.sha256, "component": photo.component, "caption": photo.caption}
            link_photo(session, inspection_id=acted.result_id, **told, now=now, by=by)
    return acted


def _decided(
    session: Session,
    row: FieldRecordRecord,
    decision: FieldDecision,
    *,
    asset_id: UUID | None,
    acted: Acted | None,
    now: datetime,
    by: Actor,
    why: str = "",
) -> FieldDecisionRecord:
    decided = FieldDecisionRecord(
        tenant_id=tenant_of(session),
        record_id=row.id,
        decision=decision,
        asset_id=asset_id,
        result_id=None if acted is None else acted.result_id,
        why=why,
        decided_at=now,
        decided_by=by.name,
    )
    session.add(decided)
    session.flush()
    return decided
