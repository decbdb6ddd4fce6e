"""Log what people saw of our things, each sight once, whatever road it came by."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.await_reassessment import await_reassessment
from lifecycle.checklist import Checklist, missing
from lifecycle.checklist_queries import Checklists, checklists_of
from lifecycle.clock_error import clock_error
from lifecycle.condition.assumptions import figure
from lifecycle.condition_queries import products_of
from lifecycle.find_contradictions import Contradictions, find_contradictions
from lifecycle.history import CLOCKS_DIFFER, EARLIEST, NewEvent
from lifecycle.inspection import OVERALL, Inspection
from lifecycle.order_repairs import order_repairs
from lifecycle.record_events import locked, record_events
from lifecycle.tables import AssetRecord, InspectionRecord, ProductRecord
from telemetry.metric import Metric
from telemetry.moment import plainly
from telemetry.queries import metrics
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of
from telemetry.unit import UnknownUnit, WrongDimension, conversion

_AT_ONCE = 500
INSPECTED = "inspected"
_TOLD = frozenset(Inspection.model_fields) - {"sent_at"}
"""What makes a sight the same: all that was told but the moment of sending, which is new at each try."""


class InspectionExists(Refusal):
    """The same id was used before for something else that was seen."""


class ImpossibleInspection(Refusal):
    """What was seen cannot be so: a moment to come, a component the product does not have, a metric nobody knows."""


def log_inspections(
    session: Session,
    inspections: Sequence[Inspection],
    *,
    now: datetime,
    by: Actor,
    against: Mapping[UUID, UUID] = MappingProxyType({}),
) -> list[InspectionRecord]:
    """Store inspections, write them into their assets' histories and queue the assets to be assessed again.

    One that is already there under its id, word for word, changes nothing. Where a device's clock was wrong, the
    moment is corrected by how much it was wrong when it sent. `against` names what an inspection is known to
    contradict. What failed of the checklist orders a repair. Assesses nothing itself.

    Raises UnknownAsset, ImpossibleInspection and InspectionExists; then nothing of the call may be kept.
    """
    assets = locked(session, {inspection.asset_id for inspection in inspections})
    products = products_of(session, assets.values())
    checklists = checklists_of(session, products)
    measured = _metrics(session, inspections)
    stored = _stored(session, [inspection.id for inspection in inspections])

    fresh = []
    for inspection in inspections:
        if inspection.id in stored:
            _refuse_other(inspection, stored[inspection.id])
            continue
        product = products[assets[inspection.asset_id].product_id]
        record = _record(session, inspection, product, checklists, measured, now=now, by=by)
        stored[inspection.id] = record
        fresh.append(record)

    _tell_contradictions(find_contradictions(session, fresh), against, fresh)
    session.add_all(fresh)
    record_events(session, [_event(inspection) for inspection in fresh], now=now, by=by)
    _move_last_seen(assets, fresh)
    await_reassessment(session, [inspection.asset_id for inspection in fresh], cause=INSPECTED, now=now)
    session.flush()
    _order_repairs(session, fresh, assets, checklists, now=now, by=by)
    return [stored[inspection.id] for inspection in inspections]


def _order_repairs(
    session: Session,
    fresh: Sequence[InspectionRecord],
    assets: Mapping[UUID, AssetRecord],
    checklists: Checklists,
    *,
    now: datetime,
    by: Actor,
) -> None:
    used = {one.id: checklists.version(assets[one.asset_id].product_id, one.checklist_used) for one in fresh}
    items = {one: () if checklist is None else checklist.items for one, checklist in used.items()}
    order_repairs(session, fresh, items=items, now=now, by=by)


def _stored(session: Session, ids: Sequence[UUID]) -> dict[UUID, InspectionRecord]:
    found: dict[UUID, InspectionRecord] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(InspectionRecord).where(col(InspectionRecord.id).in_(ids[start : start + _AT_ONCE]))
        found |= {inspection.id: inspection for inspection in session.exec(query)}
    return found


def _record(
    session: Session,
    inspection: Inspection,
    product: ProductRecord,
    checklists: Checklists,
    measured: Mapping[str, Metric],
    *,
    now: datetime,
    by: Actor,
) -> InspectionRecord:
    error = clock_error(inspection.sent_at, now=now)
    seen_at = inspection.inspected_at - error if error else inspection.inspected_at
    _refuse_impossible_moment(inspection, seen_at, now=now)
    used = _checklist(inspection, product, checklists, seen_at)
    _refuse_impossible(inspection, product, checklists.components(product.id), measured)

    known = {
        "tenant_id": tenant_of(session),
        "recorded_at": now,
        "recorded_by": by.name,
        "checklist_used": used.version,
        "converted": _converted(inspection, measured),
        "inspected_at": seen_at.astimezone(UTC),
        "device_at": inspection.inspected_at.astimezone(UTC) if error else None,
        "clock_error": error.total_seconds() if error else None,
    }
    return InspectionRecord.model_validate(inspection.model_dump() | known)


def _refuse_other(inspection: Inspection, stored: InspectionRecord) -> None:
    """Let the same inspection pass a second time, and nothing else under its id."""
    before = stored.model_dump(include=set(_TOLD)) | {"inspected_at": stored.device_at or stored.inspected_at}
    if inspection.model_dump(include=set(_TOLD)) != before:
        sentence = f"inspection {inspection.id} is already stored with other content; a new sight needs a new id"
        raise InspectionExists(sentence, field="id")


def _metrics(session: Session, inspections: Sequence[Inspection]) -> Mapping[str, Metric]:
    """Give what we measure; not asked for where nobody read a meter."""
    return metrics(session) if any(one.readings or one.measured for one in inspections) else {}


def _checklist(inspection: Inspection, product: ProductRecord, checklists: Checklists, seen_at: datetime) -> Checklist:
    """Find the version that was filled in: the one that the device names, or the one in force then."""
    if inspection.checklist_version is None:
        return checklists.at(product.id, seen_at)
    used = checklists.version(product.id, inspection.checklist_version)
    if used is None:
        sentence = f"{product.code} has no checklist of version {inspection.checklist_version}"
        raise ImpossibleInspection(sentence, field="checklist_version")
    if open_ := missing(used.items, inspection):
        sentence = f"version {used.version} of the checklist of {product.code} wants an answer to {open_[0]}"
        raise ImpossibleInspection(sentence, field="answers")
    return used


def _refuse_impossible_moment(inspection: Inspection, seen_at: datetime, *, now: datetime) -> None:
    if not EARLIEST <= seen_at <= now + CLOCKS_DIFFER:
        seen = plainly(inspection.inspected_at)
        past = f"it is {plainly(now)} now" if inspection.inspected_at > now else f"that is before {EARLIEST.year}"
        sentence = f"nobody can have inspected this on {seen}: {past}; write the moment at which it was seen"
        raise ImpossibleInspection(sentence, field="inspected_at")


def _refuse_impossible(
    inspection: Inspection, product: ProductRecord, components: set[str], measured: Mapping[str, Metric]
) -> None:
    known = components | {OVERALL}
    told = set(inspection.grades) | {one.component for one in inspection.measured}
    if strange := sorted(told - known):
        named = ", ".join(sorted(known))
        sentence = f"{product.code} has no component {strange[0]}; its checklist knows {named}"
        raise ImpossibleInspection(sentence, field="grades" if strange[0] in inspection.grades else "measured")
    for field, codes in (("readings", set(inspection.readings)), ("measured", {m.metric for m in inspection.measured})):
        if unmeasured := sorted(codes - set(measured)):
            sentence = f"nothing is measured under {unmeasured[0]}; the metrics are listed under /metrics"
            raise ImpossibleInspection(sentence, field=field)


def _converted(inspection: Inspection, measured: Mapping[str, Metric]) -> list[dict[str, Any]]:
    """Give the measured values in their metrics' own units."""
    rows = []
    for place, one in enumerate(inspection.measured):
        canonical = measured[one.metric].unit
        try:
            factor, offset = conversion(one.unit, canonical)
        except (UnknownUnit, WrongDimension) as wrong:
            raise ImpossibleInspection(f"{one.metric}: {wrong.sentence}", field=f"measured.{place}.unit") from wrong
        value = one.value * factor + offset
        rows.append({"component": one.component, "metric": one.metric, "value": value, "unit": canonical})
    return rows


def _tell_contradictions(
    found: Contradictions, against: Mapping[UUID, UUID], fresh: Iterable[InspectionRecord]
) -> None:
    for inspection in fresh:
        others = found.get(inspection.id, set()) | ({against[inspection.id]} if inspection.id in against else set())
        inspection.contradicts = sorted(str(other) for other in others)


def _event(inspection: InspectionRecord) -> NewEvent:
    told = {"grades", "nen", "index", "readings", "measured", "inspector", "told_by", "clock_error", "contradicts"}
    seen: dict[str, Any] = inspection.model_dump(mode="json", include=told)
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
