"""What stands in a calendar: work orders with a day and inspections that are due, told in the person's language."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, or_, select

from lifecycle.condition_queries import products_of
from lifecycle.due_date import Due, DueStanding, standing, why
from lifecycle.due_queries import due_inspections
from lifecycle.due_tables import InspectionDueRecord
from lifecycle.inspection import OVERALL
from lifecycle.tables import AssetRecord, ProductRecord, SiteRecord
from lifecycle.work_order import WorkPriority, WorkState
from lifecycle.work_order_queries import assets_by_id, work_orders
from lifecycle.work_order_tables import WorkOrderRecord
from pas.calendar_feeds import OpenFeed
from pas.calendar_gateway import CalendarEvent
from pas.words import Words
from telemetry.lots import KEYS, lots

MOST = 2_000
"""Events of one calendar: a program that fetches every few hours is not to carry a whole fleet."""
ENDED_SHOWN = timedelta(days=60)
"""So long what was cancelled or done still stands there, so that every program has seen it go."""
_PRIORITY = {WorkPriority.URGENT: 1, WorkPriority.NORMAL: 5, WorkPriority.LOW: 9}
_DUE_PRIORITY = {DueStanding.OVERDUE: 1, DueStanding.DUE: 5, DueStanding.LATER: 9}


class _Things(NamedTuple):
    """The assets of a calendar by id, and what names them."""

    assets: Mapping[UUID, AssetRecord]
    products: Mapping[UUID, ProductRecord]
    sites: Mapping[UUID, SiteRecord]

    def named(self, asset_id: UUID) -> str:
        asset = self.assets[asset_id]
        return f"{self.products[asset.product_id].name} {asset.serial}"

    def place(self, asset_id: UUID) -> str:
        asset = self.assets[asset_id]
        site = self.sites.get(asset.site_id) if asset.site_id else None
        told = [asset.place, *([site.name, site.street, f"{site.postal_code} {site.city}".strip()] if site else [])]
        return ", ".join(part for part in told if part)


def events_of(session: Session, opened: OpenFeed, *, now: datetime) -> list[CalendarEvent]:
    """Give what stands in a calendar, the soonest first, and at most `MOST`."""
    words = Words(opened.person.language)
    orders = _orders(session, opened, now)
    dues = _dues(session, opened, now)
    things = _things(session, [*(order.asset_id for order in orders), *(due.asset_id for due in dues)])
    events = [
        *(_of_order(order, things, words) for order in orders),
        *(_of_due(due, things, words, now) for due in dues),
    ]
    return sorted(events, key=lambda event: (event.on, event.uid))[:MOST]


def _orders(session: Session, opened: OpenFeed, now: datetime) -> Sequence[WorkOrderRecord]:
    """Load the work orders: of a place, or those of the person; a customer's contact sees those on their things."""
    ended = col(WorkOrderRecord.ended_at)
    query = work_orders(holder_id=opened.holder_id, site_id=opened.feed.site_id)
    query = query.where(col(WorkOrderRecord.due_on).is_not(None), or_(ended.is_(None), ended > now - ENDED_SHOWN))
    if opened.feed.site_id is None and opened.holder_id is None:
        query = query.where(col(WorkOrderRecord.assignee).in_([opened.person.email, opened.person.name]))
    return session.exec(query.order_by(col(WorkOrderRecord.due_on), col(WorkOrderRecord.id)).limit(MOST)).all()


def _dues(session: Session, opened: OpenFeed, now: datetime) -> Sequence[InspectionDueRecord]:
    """Load what is due in a place, or on a customer's things; one's own calendar holds work that was assigned."""
    if opened.feed.site_id is None and opened.holder_id is None:
        return []
    due, today = InspectionDueRecord, now.date()
    query = due_inspections(
        holder_id=opened.holder_id, site_id=opened.feed.site_id, today=today, cancelled_since=now - ENDED_SHOWN
    )
    return session.exec(query.order_by(col(due.due_on), col(due.asset_id)).limit(MOST)).all()


def _things(session: Session, asset_ids: Iterable[UUID]) -> _Things:
    assets = assets_by_id(session, asset_ids)
    sites: dict[UUID, SiteRecord] = {}
    for some in lots(sorted({asset.site_id for asset in assets.values() if asset.site_id}), KEYS):
        sites |= {site.id: site for site in session.exec(select(SiteRecord).where(col(SiteRecord.id).in_(some)))}
    return _Things(assets, products_of(session, assets.values()), sites)


def _of_order(order: WorkOrderRecord, things: _Things, words: Words) -> CalendarEvent:
    assert order.due_on is not None  # noqa: S101 - asked for so
    what = words.word("work", order.kind.value)
    part = "" if order.component == OVERALL else f" ({order.component})"
    ended = "" if order.state is not WorkState.DONE else f" – {words.word('work_state', order.state.value)}"
    return CalendarEvent(
        uid=f"work-{order.id}@pas",
        on=order.due_on,
        title=f"{what}{part}: {things.named(order.asset_id)}{ended}",
        text=order.note,
        place=things.place(order.asset_id),
        category=what,
        priority=_PRIORITY[order.priority],
        revision=order.revision,
        changed_at=order.updated_at,
        is_cancelled=order.state is WorkState.CANCELLED,
        is_certain=order.state is not WorkState.OPEN,
    )


def _of_due(due: InspectionDueRecord, things: _Things, words: Words, now: datetime) -> CalendarEvent:
    """Tell of an inspection; the day from which its interval runs is in the uid, for the next one is another event."""
    assert due.due_on is not None  # noqa: S101 - asked for so
    what = words.word("work", "inspect")
    product = things.products[things.assets[due.asset_id].product_id]
    reasons = why(Due.model_validate(due.model_dump(include=set(Due.model_fields))), product.usage_metric)
    stands = standing(due.due_on, due.lead_days, today=now.date())
    return CalendarEvent(
        uid=f"inspection-{due.asset_id}-{due.since:%Y%m%d}@pas",
        on=due.due_on,
        title=f"{what}: {things.named(due.asset_id)}",
        text="\n".join(words.reason(reason) for reason in reasons),
        place=things.place(due.asset_id),
        category=what,
        priority=_DUE_PRIORITY[stands],
        revision=due.revision,
        changed_at=due.changed_at,
        is_cancelled=due.cancelled_at is not None,
        is_certain=False,
    )
