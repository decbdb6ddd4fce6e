"""Do what a technician's record tells to the thing it is about: log what was seen, end the work, move or step it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlmodel import Session, col, func, select

from lifecycle.actor import Actor
from lifecycle.asset import Move, StatusChange
from lifecycle.change_status import change_status
from lifecycle.complete_work import complete_work
from lifecycle.field_record import FieldKind, FieldRecord, Stood, Wanted, inspection_of, work_done_of
from lifecycle.inspection_queries import still_counts
from lifecycle.log_inspections import log_inspections
from lifecycle.move_asset import move_assets
from lifecycle.open_work import open_work
from lifecycle.tables import AssetRecord, InspectionRecord
from lifecycle.work_order import ENDED, NewWork
from lifecycle.work_order_queries import known_work
from telemetry.metric import MetricKind
from telemetry.queries import latest, metrics

SUPERSEDED, COUNTER_BACK, CLOCK_CORRECTED, CONTRADICTS = (
    "superseded",
    "counter_back",
    "clock_corrected",
    "contradicts",
)
"""What may be odd about a fact that is kept all the same."""


class Acted(NamedTuple):
    """What was made of a record, and what is odd about it."""

    result_id: UUID
    flags: tuple[str, ...] = ()


def act_on_field_record(
    session: Session,
    record: FieldRecord,
    asset: AssetRecord,
    *,
    offset: timedelta | None,
    at: datetime,
    now: datetime,
    by: Actor,
) -> Acted:
    """Do what the record tells; commands count from `at` on. Decides nothing about whether they should be followed.

    Raises what the verbs raise that it uses: ImpossibleInspection, WorkStepNotAllowed, StepNotAllowed and their like.
    """
    if record.kind is FieldKind.INSPECTION:
        return _inspected(session, record, asset, offset=offset, now=now, by=by)
    if record.kind is FieldKind.WORK_DONE:
        return _worked(session, record, asset, at=at, now=now, by=by)
    wanted = record.wanted or Wanted()
    if record.kind is FieldKind.STATUS:
        told = {"asset_id": asset.id, "at": at, "status": wanted.status, "note": record.note[:2000]}
        return Acted(change_status(session, [StatusChange.model_validate(told)], now=now, by=by)[0].id)
    where = wanted.model_dump(include={"site_id", "place"}, exclude_none=True)
    told = where | {"asset_id": asset.id, "at": at, "note": record.note[:2000]}
    return Acted(move_assets(session, [Move.model_validate(told)], now=now, by=by)[0].id)


def stood(asset: AssetRecord) -> Stood:
    """Say how a thing stands now."""
    return Stood(status=asset.status, site_id=asset.site_id, holder_id=asset.holder_id, place=asset.place)


def _inspected(
    session: Session, record: FieldRecord, asset: AssetRecord, *, offset: timedelta | None, now: datetime, by: Actor
) -> Acted:
    sent_at = None if offset is None else now + offset
    told = inspection_of(record, asset_id=asset.id, sent_at=sent_at, inspector=by.name)
    stored = log_inspections(session, [told], now=now, by=by)[0]
    odd = {
        SUPERSEDED: _is_superseded(session, stored),
        COUNTER_BACK: any(_counters_back(session, stored)),
        CLOCK_CORRECTED: stored.clock_error is not None,
        CONTRADICTS: bool(stored.contradicts),
    }
    return Acted(stored.id, tuple(flag for flag, so in odd.items() if so))


def _is_superseded(session: Session, stored: InspectionRecord) -> bool:
    newest = select(func.max(InspectionRecord.inspected_at)).where(
        InspectionRecord.asset_id == stored.asset_id, col(InspectionRecord.id) != stored.id, still_counts()
    )
    found = session.exec(newest).one()
    return found is not None and found > stored.inspected_at


def _counters_back(session: Session, stored: InspectionRecord) -> Iterator[bool]:
    """Hold each counter against what it showed before that moment, by its own road and by what people read off."""
    read = {one["metric"]: float(one["value"]) for one in stored.converted} | dict(stored.readings)
    if not read:
        return
    known, sent = metrics(session), latest(session, asset_ids=[stored.asset_id])
    looks = select(InspectionRecord.readings).where(
        InspectionRecord.asset_id == stored.asset_id,
        col(InspectionRecord.id) != stored.id,
        InspectionRecord.inspected_at <= stored.inspected_at,
        still_counts(),
    )
    before = [dict(one) for one in session.exec(looks)]
    for code, value in read.items():
        if known[code].kind is MetricKind.COUNTER:
            last = sent.get((stored.asset_id, code))
            shown = [last.value] if last is not None and last.at <= stored.inspected_at else []
            yield value < max([*shown, *(one[code] for one in before if code in one)], default=value)


def _worked(
    session: Session, record: FieldRecord, asset: AssetRecord, *, at: datetime, now: datetime, by: Actor
) -> Acted:
    """Complete the order; where it has ended already, the same work is opened once more and completed."""
    order = known_work(session, work_id=record.work_id or record.id, holder_id=None)
    if order.state in ENDED:
        told = {"id": uuid5(record.id, "again"), "asset_id": asset.id, "kind": order.kind, "component": order.component}
        again = NewWork.model_validate(told | {"note": order.note})
        order = open_work(session, [again], now=now, by=by)[0]
    complete_work(session, work_id=order.id, done=work_done_of(record, at=at), now=now, by=by)
    return Acted(order.id)
