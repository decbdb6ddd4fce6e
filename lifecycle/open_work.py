"""Open work orders: what must be done to a thing, because a person says so, an alert, or an inspection that failed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.chain import plain
from lifecycle.condition_queries import products_of
from lifecycle.inspection import OVERALL
from lifecycle.queries import UnknownReference
from lifecycle.record_events import locked
from lifecycle.tables import AlertRecord, AssetRecord, InspectionRecord
from lifecycle.work_order import MOST_PHOTOS, FailedItem, NewWork, WorkCause, WorkKind, WorkPriority
from lifecycle.work_order_queries import last_renewals, orders_by_id, under_way
from lifecycle.work_order_tables import WorkOrderEventRecord, WorkOrderRecord
from telemetry.identity import new_id
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

OPENED = "opened"
SEEN_AGAIN = "seen_again"


class WorkExists(Refusal):
    """The id was used before for other work."""


class WorkUnderWay(Refusal):
    """Work of that kind is under way already for that component of the thing."""


def open_work(session: Session, new: Sequence[NewWork], *, now: datetime, by: Actor) -> list[WorkOrderRecord]:
    """Open work orders; one that is already there under its id, word for word, changes nothing.

    Raises UnknownAsset, UnknownReference, WorkExists and WorkUnderWay; then nothing of the call may be kept.
    """
    assets = locked(session, {work.asset_id for work in new})
    _refuse_strange_components(session, new, assets)
    known = orders_by_id(session, [work.id for work in new])
    busy = under_way(session, assets)

    opened = []
    for work in new:
        if work.id in known:
            _refuse_other(work, known[work.id])
            continue
        _refuse_second(work, busy)
        _refuse_foreign_cause(session, work)
        order = _order(session, work, cause=work.cause_named(), now=now, by=by)
        known[work.id] = busy[work.asset_id, work.component, work.kind] = order
        opened.append(order)

    session.add_all(opened)
    session.flush()
    note_steps(session, opened, kind=OPENED, facts={}, now=now, by=by)
    return [known[work.id] for work in new]


def open_work_for_failures(
    session: Session, failed: Sequence[FailedItem], *, now: datetime, by: Actor
) -> list[WorkOrderRecord]:
    """Open one repair for each component of a thing that failed; where one is under way, this is added to it.

    What was seen before the component was last repaired opens nothing: that is done. Gives the orders concerned.
    """
    asset_ids = {item.asset_id for item in failed}
    locked(session, asset_ids)
    busy, mended = under_way(session, asset_ids), last_renewals(session, asset_ids)

    concerned: dict[UUID, WorkOrderRecord] = {}
    for item in failed:
        since = max((mended[place] for place in _places(item) if place in mended), default=None)
        if since is not None and item.seen_at <= since:
            continue
        order = busy.get((item.asset_id, item.component, WorkKind.REPAIR))
        if order is None:
            order = _order_for(session, item, now=now, by=by)
            busy[item.asset_id, item.component, WorkKind.REPAIR] = order
        else:
            _see_again(session, order, item, now=now, by=by)
        concerned[order.id] = order
    return list(concerned.values())


def keep_photos(session: Session, *, inspection_id: UUID, photos: Sequence[str], now: datetime, by: Actor) -> None:
    """Put photos that came after their inspection to the orders under way which that inspection opened."""
    if not photos:
        return
    query = select(WorkOrderRecord).where(
        WorkOrderRecord.inspection_id == inspection_id, col(WorkOrderRecord.ended_at).is_(None)
    )
    for order in session.exec(query.order_by(col(WorkOrderRecord.id))):
        order.photos, order.updated_at = _together(order.photos, photos), now
        note_steps(session, [order], kind="photographed", facts={"photos": list(photos)}, now=now, by=by)


def note_steps(
    session: Session,
    orders: Iterable[WorkOrderRecord],
    *,
    kind: str,
    facts: Mapping[str, Any],
    now: datetime,
    by: Actor,
) -> None:
    """Write a step of some orders down."""
    rows = [
        WorkOrderEventRecord(
            tenant_id=order.tenant_id,
            work_order_id=order.id,
            kind=kind,
            at=now,
            actor_kind=by.kind,
            actor=by.name,
            facts=plain(dict(facts)),
        )
        for order in orders
    ]
    session.add_all(rows)
    session.flush()


def _order(session: Session, work: NewWork, *, cause: WorkCause, now: datetime, by: Actor) -> WorkOrderRecord:
    known = {"tenant_id": tenant_of(session), "cause": cause, "opened_at": now, "updated_at": now, "opened_by": by.name}
    return WorkOrderRecord.model_validate(work, update=known)


def _order_for(session: Session, item: FailedItem, *, now: datetime, by: Actor) -> WorkOrderRecord:
    work = NewWork(
        id=new_id(),
        asset_id=item.asset_id,
        kind=WorkKind.REPAIR,
        component=item.component,
        priority=WorkPriority.LOW if item.by_anybody else WorkPriority.NORMAL,
        inspection_id=item.inspection_id,
        photos=item.photos[:MOST_PHOTOS],
    )
    cause = WorkCause.QR_REPORT if item.by_anybody else WorkCause.FAILED_ITEM
    order = _order(session, work, cause=cause, now=now, by=by)
    session.add(order)
    session.flush()
    note_steps(session, [order], kind=OPENED, facts=_evidence(item), now=now, by=by)
    return order


def _see_again(session: Session, order: WorkOrderRecord, item: FailedItem, *, now: datetime, by: Actor) -> None:
    """Add what was seen to an order that is under way; somebody trained confirms what a stranger reported."""
    order.photos, order.updated_at = _together(order.photos, item.photos), now
    if order.cause is WorkCause.QR_REPORT and not item.by_anybody:
        order.priority = WorkPriority.NORMAL if order.priority is WorkPriority.LOW else order.priority
    note_steps(session, [order], kind=SEEN_AGAIN, facts=_evidence(item), now=now, by=by)


def _evidence(item: FailedItem) -> dict[str, Any]:
    return item.model_dump(mode="json", include={"inspection_id", "found", "limit", "seen_at", "photos"})


def _together(kept: Sequence[str], more: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*kept, *more]))[:MOST_PHOTOS]


def _places(item: FailedItem) -> tuple[tuple[UUID, str], tuple[UUID, str]]:
    return (item.asset_id, item.component), (item.asset_id, OVERALL)


def _refuse_other(work: NewWork, stored: NewWork) -> None:
    """Let the same order pass a second time, and no other under its id."""
    if (stored.asset_id, stored.kind, stored.component) != (work.asset_id, work.kind, work.component):
        raise WorkExists(f"work order {work.id} is there with other content; new work needs a new id", field="id")


def _refuse_second(work: NewWork, busy: Mapping[tuple[UUID, str, WorkKind], WorkOrderRecord]) -> None:
    other = busy.get((work.asset_id, work.component, work.kind))
    if other is not None:
        sentence = (
            f"{work.kind.value} of {work.component} is under way already (work order {other.id}); add to that one"
        )
        raise WorkUnderWay(sentence, field="component", work_order=str(other.id))


def _refuse_strange_components(session: Session, new: Sequence[NewWork], assets: Mapping[UUID, AssetRecord]) -> None:
    refuse_strange(session, [(work.asset_id, work.component) for work in new], assets, field="component")


def refuse_strange(
    session: Session, places: Iterable[tuple[UUID, str]], assets: Mapping[UUID, AssetRecord], *, field: str
) -> None:
    """Hold components against what the products have.

    Raises UnknownReference.
    """
    products = products_of(session, assets.values())
    for asset_id, component in places:
        product = products[assets[asset_id].product_id]
        known = {str(item["component"]) for item in product.checklist} | {OVERALL}
        if component not in known:
            sentence = f"{product.code} has no component {component}; its checklist knows {', '.join(sorted(known))}"
            raise UnknownReference(sentence, field=field)


def _refuse_foreign_cause(session: Session, work: NewWork) -> None:
    """Hold the cause against the register: it must be there and be of the same thing."""
    for field, table, identity in (
        ("alert_id", AlertRecord, work.alert_id),
        ("inspection_id", InspectionRecord, work.inspection_id),
    ):
        if identity is None:
            continue
        found = session.exec(select(table).where(table.id == identity, table.asset_id == work.asset_id)).first()
        if found is None:
            named = field.removesuffix("_id")
            raise UnknownReference(f"{field} names {identity}, and this asset has no such {named}", field=field)
