"""Log what people saw of our things, each sight once, whatever road it came by."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.await_reassessment import await_reassessment
from lifecycle.condition.assumptions import figure
from lifecycle.condition_queries import products_of
from lifecycle.history import CLOCKS_DIFFER, EARLIEST, NewEvent
from lifecycle.inspection import OVERALL, Inspection
from lifecycle.record_events import locked, record_events
from lifecycle.tables import AssetRecord, InspectionRecord, ProductRecord
from telemetry.moment import plainly
from telemetry.queries import metrics
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

_AT_ONCE = 500
INSPECTED = "inspected"


class InspectionExists(Refusal):
    """The same id was used before for something else that was seen."""


class ImpossibleInspection(Refusal):
    """What was seen cannot be so: a moment to come, a component the product does not have, a metric nobody knows."""


def log_inspections(
    session: Session, inspections: Sequence[Inspection], *, now: datetime, by: Actor
) -> list[InspectionRecord]:
    """Store inspections, write them into their assets' histories and queue the assets to be assessed again.

    One that is already there under its id, word for word, changes nothing. Raises UnknownAsset,
    ImpossibleInspection and InspectionExists; then nothing of the call may be kept. Assesses nothing itself.
    """
    assets = locked(session, {inspection.asset_id for inspection in inspections})
    products = products_of(session, assets.values())
    measured = _metrics(session, inspections)
    stored = _stored(session, [inspection.id for inspection in inspections])

    fresh = []
    for inspection in inspections:
        if inspection.id in stored:
            _refuse_other(inspection, stored[inspection.id])
            continue
        _refuse_impossible(inspection, products[assets[inspection.asset_id].product_id], measured, now=now)
        stored[inspection.id] = _record(tenant_of(session), inspection, now=now, by=by)
        fresh.append(stored[inspection.id])

    session.add_all(fresh)
    record_events(session, [_event(inspection) for inspection in fresh], now=now, by=by)
    _move_last_seen(assets, fresh)
    await_reassessment(session, [inspection.asset_id for inspection in fresh], cause=INSPECTED, now=now)
    session.flush()
    return [stored[inspection.id] for inspection in inspections]


def _stored(session: Session, ids: Sequence[UUID]) -> dict[UUID, InspectionRecord]:
    found: dict[UUID, InspectionRecord] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(InspectionRecord).where(col(InspectionRecord.id).in_(ids[start : start + _AT_ONCE]))
        found |= {inspection.id: inspection for inspection in session.exec(query)}
    return found


def _record(tenant_id: int, inspection: Inspection, *, now: datetime, by: Actor) -> InspectionRecord:
    known = {"tenant_id": tenant_id, "recorded_at": now, "recorded_by": by.name}
    return InspectionRecord.model_validate(
        inspection, update=known | {"inspected_at": inspection.inspected_at.astimezone(UTC)}
    )


def _refuse_other(inspection: Inspection, stored: Inspection) -> None:
    """Let the same inspection pass a second time, and nothing else under its id."""
    fields = set(Inspection.model_fields)
    if inspection.model_dump(include=fields) != stored.model_dump(include=fields):
        sentence = f"inspection {inspection.id} is already stored with other content; a new sight needs a new id"
        raise InspectionExists(sentence, field="id")


def _metrics(session: Session, inspections: Sequence[Inspection]) -> Collection[str]:
    """Give the codes of what we measure; not asked for where nobody read a meter."""
    return metrics(session) if any(inspection.readings for inspection in inspections) else ()


def _refuse_impossible(
    inspection: Inspection, product: ProductRecord, measured: Collection[str], *, now: datetime
) -> None:
    if not EARLIEST <= inspection.inspected_at <= now + CLOCKS_DIFFER:
        seen = plainly(inspection.inspected_at)
        past = f"it is {plainly(now)} now" if inspection.inspected_at > now else f"that is before {EARLIEST.year}"
        sentence = f"nobody can have inspected this on {seen}: {past}; write the moment at which it was seen"
        raise ImpossibleInspection(sentence, field="inspected_at")
    known = {str(item["component"]) for item in product.checklist} | {OVERALL}
    if strange := sorted(set(inspection.grades) - known):
        named = ", ".join(sorted(known))
        sentence = f"{product.code} has no component {strange[0]}; its checklist knows {named}"
        raise ImpossibleInspection(sentence, field="grades")
    if unmeasured := sorted(set(inspection.readings) - set(measured)):
        sentence = f"nothing is measured under {unmeasured[0]}; the metrics are listed under /metrics"
        raise ImpossibleInspection(sentence, field="readings")


def _event(inspection: Inspection) -> NewEvent:
    seen: dict[str, Any] = inspection.model_dump(mode="json", include={"grades", "index", "readings", "inspector"})
    source = inspection.source.value
    return NewEvent(
        asset_id=inspection.asset_id,
        kind=INSPECTED,
        happened_at=inspection.inspected_at,
        facts={"inspection": str(inspection.id)} | {name: fact for name, fact in seen.items() if fact},
        source=source,
        trust=figure("source_trust", source),
    )


def _move_last_seen(assets: dict[UUID, AssetRecord], fresh: Iterable[InspectionRecord]) -> None:
    for inspection in fresh:
        asset = assets[inspection.asset_id]
        if asset.inspected_at is None or asset.inspected_at < inspection.inspected_at:
            asset.inspected_at = inspection.inspected_at
