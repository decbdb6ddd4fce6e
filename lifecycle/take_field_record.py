"""Take what a technician's device noted: facts are kept, stale commands become proposals, strange tags wait."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, select

from lifecycle.act_on_field_record import act_on_field_record, stood
from lifecycle.actor import Actor
from lifecycle.field_queries import asset_of_tag
from lifecycle.field_record import FieldKind, FieldOutcome, FieldRecord, FieldRecordExists, offset_of
from lifecycle.field_tables import FieldRecordRecord
from lifecycle.queries import UnknownAsset
from lifecycle.record_events import locked, possible
from lifecycle.tables import AssetRecord
from lifecycle.work_order import ENDED
from lifecycle.work_order_queries import held_work
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

CHANGED_MEANWHILE, WORK_ENDED = "changed_meanwhile", "work_ended"
"""Why a person must decide."""


class _Taken(NamedTuple):
    """What became of a record."""

    outcome: FieldOutcome
    flags: tuple[str, ...] = ()
    result_id: UUID | None = None


def take_field_record(
    session: Session, record: FieldRecord, *, sent_at: datetime | None, now: datetime, by: Actor
) -> FieldRecordRecord:
    """Take one record. Sent again word for word it changes nothing.

    What was seen is always kept, also where something newer is known. A command is followed only where the thing
    still stands as whoever gave it saw it. `sent_at` is what the device's clock said when it sent.
    Raises FieldRecordExists, UnknownAsset where no tag was read, and what an impossible fact raises.
    """
    told = record.model_dump(mode="json")
    before = session.exec(select(FieldRecordRecord).where(FieldRecordRecord.id == record.id)).first()
    if before is not None:
        return _same(before, told)
    asset = _asset(session, record)
    offset = offset_of(record, sent_at=sent_at, now=now)
    at = record.captured_at - (offset or timedelta())
    possible(at, now=now)

    taken = _take(session, record, asset, offset=offset, at=at, now=now, by=by)
    row = FieldRecordRecord(
        tenant_id=tenant_of(session),
        id=record.id,
        kind=record.kind,
        outcome=taken.outcome,
        tag=record.tag,
        asset_id=None if asset is None else asset.id,
        captured_at=at,
        device=record.device,
        told=told,
        stood={} if asset is None else stood(asset).model_dump(mode="json"),
        flags=list(taken.flags),
        result_id=taken.result_id,
        received_at=now,
        received_by=by.name,
    )

    session.add(row)
    session.flush()
    return row


def _same(before: FieldRecordRecord, told: dict[str, Any]) -> FieldRecordRecord:
    if before.told != told:
        sentence = f"record {before.id} is already stored with other content; a new note needs a new id"
        raise FieldRecordExists(sentence, field="id")
    return before


def _asset(session: Session, record: FieldRecord) -> AssetRecord | None:
    """Find the thing and hold it; none where only a tag was read that we do not know.

    Raises UnknownAsset.
    """
    named = select(AssetRecord.id).where(AssetRecord.id == record.asset_id)
    known = None if record.asset_id is None else session.exec(named).first()
    found = known or (asset_of_tag(session, record.tag) if record.tag else None)
    if found is None and not record.tag:
        raise UnknownAsset("there is no such asset", field="asset_id")
    return None if found is None else locked(session, [found])[found]


def _take(
    session: Session,
    record: FieldRecord,
    asset: AssetRecord | None,
    *,
    offset: timedelta | None,
    at: datetime,
    now: datetime,
    by: Actor,
) -> _Taken:
    if asset is None:
        return _Taken(FieldOutcome.UNMATCHED)
    if (why := _stale(session, record, asset)) is not None:
        return _Taken(FieldOutcome.PROPOSED, (why,))
    if record.kind in {FieldKind.INSPECTION, FieldKind.WORK_DONE}:
        acted = act_on_field_record(session, record, asset, offset=offset, at=at, now=now, by=by)
        return _Taken(FieldOutcome.STORED, acted.flags, acted.result_id)
    try:
        with session.begin_nested():
            acted = act_on_field_record(session, record, asset, offset=offset, at=at, now=now, by=by)
    except Refusal as refusal:
        return _Taken(FieldOutcome.PROPOSED, (refusal.code(),))
    return _Taken(FieldOutcome.STORED, acted.flags, acted.result_id)


def _stale(session: Session, record: FieldRecord, asset: AssetRecord) -> str | None:
    """Say why a command, or the end of a piece of work, needs a person; None where it can be followed."""
    if record.kind is FieldKind.INSPECTION:
        return None
    if record.kind is FieldKind.WORK_DONE:
        return WORK_ENDED if held_work(session, work_id=record.work_id or record.id).state in ENDED else None
    return None if record.based_on == stood(asset) else CHANGED_MEANWHILE
