"""Questions about work orders: what is to be done where, by whom, and what became of it."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, and_, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.tables import AssetRecord
from lifecycle.work_order import ENDED, WorkKind, WorkState
from lifecycle.work_order_tables import WorkOrderEventRecord, WorkOrderRecord
from telemetry.lots import KEYS, lots
from telemetry.refusal import Refusal


class UnknownWork(Refusal):
    """No work order of ours bears that id."""


def work_orders(
    *,
    holder_id: UUID | None,
    site_id: UUID | None = None,
    asset_id: UUID | None = None,
    state: WorkState | None = None,
    kind: WorkKind | None = None,
    assignee: str | None = None,
    due_before: date | None = None,
    is_open: bool | None = None,
) -> SelectOfScalar[WorkOrderRecord]:
    """Ask for work orders; with a holder only for those of things that are with that holder now."""
    query = select(WorkOrderRecord)
    if holder_id is not None or site_id is not None:
        same = and_(
            col(WorkOrderRecord.tenant_id) == col(AssetRecord.tenant_id),
            col(WorkOrderRecord.asset_id) == col(AssetRecord.id),
        )
        query = query.join(AssetRecord, same)
    for column, wanted in (
        (AssetRecord.holder_id, holder_id),
        (AssetRecord.site_id, site_id),
        (WorkOrderRecord.asset_id, asset_id),
        (WorkOrderRecord.state, state),
        (WorkOrderRecord.kind, kind),
        (WorkOrderRecord.assignee, assignee),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if due_before is not None:
        query = query.where(col(WorkOrderRecord.due_on) < due_before)
    if is_open is not None:
        ended = col(WorkOrderRecord.state).in_(sorted(ENDED))
        query = query.where(~ended if is_open else ended)
    return query


def known_work(session: Session, *, work_id: UUID, holder_id: UUID | None) -> WorkOrderRecord:
    """Give one work order; with a holder only if the thing is with that holder now.

    Raises UnknownWork.
    """
    found = session.exec(work_orders(holder_id=holder_id).where(WorkOrderRecord.id == work_id)).first()
    if found is None:
        raise UnknownWork("there is no such work order")
    return found


def held_work(session: Session, *, work_id: UUID) -> WorkOrderRecord:
    """Load one work order as it is this moment and hold it until the transaction ends.

    Raises UnknownWork.
    """
    query = select(WorkOrderRecord).where(WorkOrderRecord.id == work_id).with_for_update()
    found = session.exec(query.execution_options(populate_existing=True)).first()
    if found is None:
        raise UnknownWork("there is no such work order")
    return found


def steps_of(session: Session, *, work_id: UUID) -> list[WorkOrderEventRecord]:
    """Give what became of a work order, step by step."""
    query = select(WorkOrderEventRecord).where(WorkOrderEventRecord.work_order_id == work_id)
    return list(session.exec(query.order_by(col(WorkOrderEventRecord.at), col(WorkOrderEventRecord.id))))


def orders_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, WorkOrderRecord]:
    """Give work orders by id."""
    found: dict[UUID, WorkOrderRecord] = {}
    for some in lots(ids, KEYS):
        query = select(WorkOrderRecord).where(col(WorkOrderRecord.id).in_(some))
        found |= {order.id: order for order in session.exec(query)}
    return found


def under_way(session: Session, asset_ids: Collection[UUID]) -> dict[tuple[UUID, str, WorkKind], WorkOrderRecord]:
    """Give the orders under way of some assets, by asset, component and kind."""
    found: dict[tuple[UUID, str, WorkKind], WorkOrderRecord] = {}
    for some in lots(sorted(asset_ids), KEYS):
        query = select(WorkOrderRecord).where(
            col(WorkOrderRecord.asset_id).in_(some), col(WorkOrderRecord.state).not_in(sorted(ENDED))
        )
        found |= {(one.asset_id, one.component, one.kind): one for one in session.exec(query)}
    return found


def last_renewals(session: Session, asset_ids: Collection[UUID]) -> dict[tuple[UUID, str], datetime]:
    """Give when each component of some assets was last made better, by asset and component."""
    found: dict[tuple[UUID, str], datetime] = {}
    for some in lots(sorted(asset_ids), KEYS):
        query = select(WorkOrderRecord).where(
            col(WorkOrderRecord.asset_id).in_(some), WorkOrderRecord.state == WorkState.DONE
        )
        for order in session.exec(query.order_by(col(WorkOrderRecord.ended_at))):
            if order.ended_at is not None:
                found |= {(order.asset_id, component): order.ended_at for component in order.renewed}
    return found


def assets_by_id(session: Session, asset_ids: Iterable[UUID]) -> dict[UUID, AssetRecord]:
    """Give assets by id."""
    found: dict[UUID, AssetRecord] = {}
    for some in lots(sorted(set(asset_ids)), KEYS):
        query = select(AssetRecord).where(col(AssetRecord.id).in_(some))
        found |= {asset.id: asset for asset in session.exec(query)}
    return found
