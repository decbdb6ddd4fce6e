"""Order a repair of each component that an inspection found failed, unless it was seen sound since."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.assumed import assumed
from lifecycle.checklist import Item
from lifecycle.inspection import InspectionSource
from lifecycle.inspection_queries import failed, still_counts
from lifecycle.open_work import open_work_for_failures
from lifecycle.tables import InspectionRecord
from lifecycle.work_order import FailedItem
from lifecycle.work_order_tables import WorkOrderRecord
from telemetry.lots import KEYS, lots

_RULES = Path(__file__).with_name("work_rules.json")


def order_repairs(
    session: Session,
    seen: Sequence[InspectionRecord],
    *,
    items: Mapping[UUID, Sequence[Item]],
    now: datetime,
    by: Actor,
) -> list[WorkOrderRecord]:
    """Hold inspections against the items of their checklists, by inspection; give the orders opened or added to.

    What was seen long ago, or was graded sound by a later inspection, orders nothing.
    """
    fresh = now - timedelta(days=float(assumed(_RULES)["failed_item"]["fresh_days"]))
    found = [
        failure
        for one in seen
        if one.source is not InspectionSource.REPAIR and one.inspected_at > fresh
        for failure in _failures(one, items[one.id])
    ]
    if not found:
        return []
    later = _graded_since(session, {failure.asset_id for failure in found}, fresh)
    still = [failure for failure in found if later.get((failure.asset_id, failure.component), fresh) <= failure.seen_at]
    return open_work_for_failures(session, still, now=now, by=by)


def _failures(one: InspectionRecord, items: Sequence[Item]) -> list[FailedItem]:
    """Give the components that failed, each once."""
    by_component = {failure.component: failure for failure in reversed(failed(items, one))}
    return [
        FailedItem(
            asset_id=one.asset_id,
            inspection_id=one.id,
            component=component,
            found=failure.found,
            limit=failure.limit,
            seen_at=one.inspected_at,
            by_anybody=one.source is InspectionSource.QR,
        )
        for component, failure in sorted(by_component.items())
    ]


def _graded_since(session: Session, asset_ids: set[UUID], fresh: datetime) -> dict[tuple[UUID, str], datetime]:
    """Give when each component of some assets was graded last: whoever graded it then says how it stands."""
    found: dict[tuple[UUID, str], datetime] = {}
    for some in lots(sorted(asset_ids), KEYS):
        query = select(InspectionRecord).where(
            col(InspectionRecord.asset_id).in_(some), col(InspectionRecord.inspected_at) > fresh, still_counts()
        )
        for one in session.exec(query.order_by(col(InspectionRecord.inspected_at))):
            found |= {(one.asset_id, component): one.inspected_at for component in one.grades}
    return found
