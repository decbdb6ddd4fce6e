"""Move many things at once or step them to another status, and take that back at once where nothing happened since."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import Session, col, func, select

from lifecycle.actor import Actor
from lifecycle.asset import Correction, Destination, Move, StatusChange, Step
from lifecycle.bulk_tables import BulkChangeEventRecord, BulkChangeRecord
from lifecycle.change_status import change_status
from lifecycle.correct_history import correct_history
from lifecycle.history import PLACING
from lifecycle.move_asset import move_assets
from lifecycle.queries import chunks
from lifecycle.record_events import locked
from lifecycle.tables import AssetEventRecord
from telemetry.identity import new_id
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

MOST = 500
"""Things that one deed changes at the most: what is more comes as a file."""
_WHY = "taken back with the others it was changed with"


class UnknownBulkChange(Refusal):
    """No deed on many things has that number."""


class NothingOrBoth(Refusal, ValueError):
    """A deed on many things says neither where to nor which status, or both."""


class ManyChanged(BaseModel):
    """A deed on many things: where they go, or which status they step to."""

    model_config = ConfigDict(extra="forbid")

    assets: Annotated[list[UUID], Field(min_length=1, max_length=MOST)]
    move: Destination | None = None
    step: Step | None = None

    @model_validator(mode="after")
    def one_deed(self) -> "ManyChanged":
        """Take a move or a step, not both."""
        if (self.move is None) == (self.step is None):
            raise NothingOrBoth("say where to in `move`, or which status in `step`, one of both", field="move")
        return self


def change_many(session: Session, wanted: ManyChanged, *, now: datetime, by: Actor) -> BulkChangeRecord:
    """Change all that may be; a status that a thing may not step to now is listed, and the others are changed.

    Raises what `move_assets` and `change_status` raise otherwise.
    """
    ids = list(dict.fromkeys(wanted.assets))

    refused: list[dict[str, str]] = []
    if wanted.move is not None:
        moves = [Move.model_validate(wanted.move.model_dump(exclude_unset=True) | {"asset_id": one}) for one in ids]
        events = move_assets(session, moves, now=now, by=by)
    else:
        events, refused = _stepped(session, wanted.step, ids, now=now, by=by)

    record = BulkChangeRecord(
        id=new_id(),
        tenant_id=tenant_of(session),
        changed_at=now,
        changed_by=by.name,
        said=wanted.model_dump(mode="json", exclude={"assets"}, exclude_unset=True),
        refused=refused,
    )
    session.add(record)
    session.flush()
    session.add_all(_of(record, event) for event in events)
    session.flush()
    return record


def undo_many(session: Session, *, change_id: UUID, now: datetime, by: Actor) -> BulkChangeRecord:
    """Take a deed back; what has been placed anew since stays as it is. Twice is no harm.

    Raises UnknownBulkChange.
    """
    record = known_change(session, change_id)
    if record.undone_at is not None:
        return record
    done = changed_things(session, change_id)
    locked(session, [one.asset_id for one in done])
    placed = _last_placed(session, [one.asset_id for one in done])

    for one in done:
        if placed[one.asset_id] <= one.sequence:
            wrong = Correction(asset_id=one.asset_id, event_id=one.event_id, why=_WHY, withdrawn=True)
            correct_history(session, wrong, now=now, by=by)
            one.undone = True

    record.undone_at, record.undone_by = now, by.name
    session.add_all([record, *done])
    session.flush()
    return record


def known_change(session: Session, change_id: UUID) -> BulkChangeRecord:
    """Give a deed on many things. Raises UnknownBulkChange."""
    found = session.exec(select(BulkChangeRecord).where(BulkChangeRecord.id == change_id)).first()
    if found is None:
        raise UnknownBulkChange(f"no change of many things has the number {change_id}", field="change_id")
    return found


def changed_things(session: Session, change_id: UUID) -> list[BulkChangeEventRecord]:
    """Give what a deed changed, thing by thing."""
    query = select(BulkChangeEventRecord).where(BulkChangeEventRecord.bulk_change_id == change_id)
    return list(session.exec(query.order_by(col(BulkChangeEventRecord.asset_id))))


def _stepped(
    session: Session, step: Step | None, ids: Sequence[UUID], *, now: datetime, by: Actor
) -> tuple[list[AssetEventRecord], list[dict[str, str]]]:
    locked(session, ids)
    said = step.model_dump() if step else {}
    events: list[AssetEventRecord] = []
    refused: list[dict[str, str]] = []
    for one in ids:
        change = StatusChange.model_validate(said | {"asset_id": one})
        try:
            with session.begin_nested():
                events += change_status(session, [change], now=now, by=by)
        except Refusal as refusal:
            refused.append({"asset_id": str(one), "code": refusal.code(), "detail": str(refusal)})
    return events, refused


def _of(record: BulkChangeRecord, event: AssetEventRecord) -> BulkChangeEventRecord:
    return BulkChangeEventRecord(
        tenant_id=record.tenant_id,
        bulk_change_id=record.id,
        asset_id=event.asset_id,
        event_id=event.id,
        sequence=event.sequence,
    )


def _last_placed(session: Session, asset_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Find the number of the last event that says where each thing is and how it stands."""
    last: dict[UUID, int] = {}
    for some in chunks(asset_ids):
        query = select(AssetEventRecord.asset_id, func.max(AssetEventRecord.sequence))
        mine = query.where(col(AssetEventRecord.asset_id).in_(some), col(AssetEventRecord.kind).in_(PLACING))
        last |= dict(session.exec(mine.group_by(col(AssetEventRecord.asset_id))).all())
    return last
