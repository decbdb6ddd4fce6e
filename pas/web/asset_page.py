"""Everything the page of one thing tells: what and where it is, how it fares and why, what it is worth."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.alarm_queries import alarms, reasons_of
from lifecycle.checklist_tables import InspectionPhotoRecord, InspectionStrikeRecord
from lifecycle.condition_queries import alerts
from lifecycle.due_date import Due, DueStanding, standing, why
from lifecycle.due_queries import due_of
from lifecycle.inspection_queries import photos_by_inspection, strikes_by_inspection
from lifecycle.reason import Reason
from lifecycle.tables import (
    AlertRecord,
    AssetEventRecord,
    AssetRecord,
    ConditionRecord,
    CustomerRecord,
    InspectionRecord,
    ProductRecord,
    RouteDecisionRecord,
    SiteRecord,
)
from lifecycle.work_order_queries import work_orders
from lifecycle.work_order_tables import WorkOrderRecord
from pas.web.drawing import Block, Span, Sparkline, rounded_to_sum, sparkline, waterfall
from pas.words import Words
from telemetry.alarm_tables import AlarmRecord
from telemetry.metric import Metric, MetricKind
from telemetry.queries import days, latest, metrics
from telemetry.refusal import Refusal

_EVENTS, _INSPECTIONS, _ALARMS = 25, 5, 20
_SPARK = timedelta(days=90)
_FACTS = ("status", "site_id", "place", "holder_id", "index", "note")
"""What of an event's facts is told; the rest stands in the exported history."""


class UnknownThing(Refusal):
    """No such thing, or none that the asker may know of."""


class Step(NamedTuple):
    """One reason that moves the condition, rounded so that all steps add up to the index shown."""

    reason: Reason
    effect: float
    block: Block


class Account(NamedTuple):
    """Why a figure is what it is: the steps that add up to it, and what only explains."""

    steps: Sequence[Step]
    remarks: Sequence[Reason]
    total: float


class Measured(NamedTuple):
    """The latest reading of one metric and the line of its last months."""

    metric: Metric
    value: float
    at: datetime
    line: Sparkline | None


class Care(NamedTuple):
    """What a thing needs: its next inspection, how near that is and why then, and the work under way."""

    due_on: date | None
    standing: DueStanding | None
    reasons: Sequence[Reason]
    orders: Sequence[WorkOrderRecord]


class Thing(NamedTuple):
    """A thing and everything around it."""

    asset: AssetRecord
    product: ProductRecord
    site: SiteRecord | None
    holder: CustomerRecord | None
    previous: AssetRecord | None
    condition: ConditionRecord | None
    alerts: Sequence[AlertRecord]
    alarms: Sequence[tuple[AlarmRecord, Sequence[Reason]]]
    """The open first-line alarms, the newest first, each with its reasons."""
    care: Care
    route: RouteDecisionRecord | None
    inspections: Sequence[InspectionRecord]
    photos: Mapping[UUID, Sequence[InspectionPhotoRecord]]
    struck: Mapping[UUID, InspectionStrikeRecord]
    """Of the inspections, those that count for nothing."""
    events: Sequence[AssetEventRecord]
    names: Mapping[str, str]
    measured: Sequence[Measured]

    @property
    def zone(self) -> str:
        """Give the time zone in which moments around this thing are told."""
        return self.site.zone if self.site else "Europe/Brussels"


def thing(session: Session, *, asset_id: UUID, holder_id: UUID | None, now: datetime) -> Thing:
    """Gather what is known of a thing; its history, which names who held it before, is not for a holder to read.

    Raises UnknownThing, for a thing of somebody else too.
    """
    asset = session.exec(select(AssetRecord).where(AssetRecord.id == asset_id)).first()
    if asset is None or (holder_id is not None and asset.holder_id != holder_id):
        raise UnknownThing("no such thing here")
    happened = AssetEventRecord.happened_at
    events = _newest(session, AssetEventRecord, asset_id, happened, _EVENTS) if holder_id is None else []
    looks = _newest(session, InspectionRecord, asset_id, InspectionRecord.inspected_at, _INSPECTIONS)
    return Thing(
        asset=asset,
        product=session.exec(select(ProductRecord).where(ProductRecord.id == asset.product_id)).one(),
        site=session.exec(select(SiteRecord).where(SiteRecord.id == asset.site_id)).first(),
        holder=session.exec(select(CustomerRecord).where(CustomerRecord.id == asset.holder_id)).first(),
        previous=_previous(session, asset) if holder_id is None else None,
        condition=session.exec(select(ConditionRecord).where(ConditionRecord.id == asset.condition_id)).first(),
        alerts=_alerts(session, asset_id, holder_id),
        alarms=_alarms(session, asset_id),
        care=_care(session, asset, holder_id, now),
        route=_latest(session, RouteDecisionRecord, asset_id, RouteDecisionRecord.decided_at),
        inspections=looks,
        photos=photos_by_inspection(session, [look.id for look in looks]),
        struck=strikes_by_inspection(session, [look.id for look in looks]),
        events=events,
        names=_names(session, events),
        measured=_measured(session, asset_id, now),
    )


def _care(session: Session, asset: AssetRecord, holder_id: UUID | None, now: datetime) -> Care:
    asked = work_orders(holder_id=holder_id, asset_id=asset.id, is_open=True)
    orders = session.exec(asked.order_by(col(WorkOrderRecord.opened_at))).all()
    kept = due_of(session, [asset.id]).get(asset.id)
    if kept is None or kept.due_on is None or kept.cancelled_at is not None:
        return Care(None, None, [], orders)
    due = Due.model_validate(kept.model_dump(include=set(Due.model_fields)))
    metric = session.exec(select(ProductRecord.usage_metric).where(ProductRecord.id == asset.product_id)).one()
    return Care(kept.due_on, standing(kept.due_on, kept.lead_days, today=now.date()), why(due, metric), orders)


def _previous(session: Session, asset: AssetRecord) -> AssetRecord | None:
    return session.exec(select(AssetRecord).where(AssetRecord.id == asset.previous_life_id)).first()


def _newest(session: Session, table: Any, asset_id: UUID, by: Any, limit: int) -> list[Any]:
    return list(session.exec(select(table).where(table.asset_id == asset_id).order_by(col(by).desc()).limit(limit)))


def _latest(session: Session, table: Any, asset_id: UUID, by: Any) -> Any:
    return next(iter(_newest(session, table, asset_id, by, 1)), None)


def _alerts(session: Session, asset_id: UUID, holder_id: UUID | None) -> list[AlertRecord]:
    asked = alerts(state=None, kind=None, asset_id=asset_id, holder_id=holder_id)
    query = asked.where(AlertRecord.state != "cleared")
    return list(session.exec(query.order_by(col(AlertRecord.raised_at).desc())))


def _alarms(session: Session, asset_id: UUID) -> list[tuple[AlarmRecord, Sequence[Reason]]]:
    asked = alarms(is_open=True, asset_id=asset_id, rule=None, kind=None, priority=None, holder_id=None)
    found = list(session.exec(asked.order_by(col(AlarmRecord.raised_at).desc()).limit(_ALARMS)))
    why = reasons_of(session, found)
    return [(alarm, why[alarm.id]) for alarm in found]


def account(reasons: Iterable[Reason | dict[str, Any]], *, digits: int) -> Account:
    """Lay out reasons so that what is shown adds up, to so many digits behind the comma."""
    told = [reason if isinstance(reason, Reason) else Reason.model_validate(reason) for reason in reasons]
    moving = [reason for reason in told if reason.effect is not None]
    effects = rounded_to_sum([reason.effect or 0.0 for reason in moving], digits)
    steps = [
        Step(reason, effect, block) for reason, effect, block in zip(moving, effects, waterfall(effects), strict=True)
    ]
    remarks = [reason for reason in told if reason.effect is None]
    return Account(steps, remarks, round(sum(effects), digits))


def told(event: AssetEventRecord, names: Mapping[str, str], words: Words) -> list[str]:
    """Tell the facts of an event that people care about, with names in the place of ids."""
    facts = {key: names.get(str(event.facts.get(key)), event.facts.get(key)) for key in _FACTS}
    return [words.say(f"fact.{key}", value=value) for key, value in facts.items() if value not in {None, ""}]


def _names(session: Session, events: Iterable[AssetEventRecord]) -> dict[str, str]:
    """Find the names of the sites and customers that events refer to."""
    names: dict[str, str] = {}
    for table, key in ((SiteRecord, "site_id"), (CustomerRecord, "holder_id")):
        ids = {UUID(found) for event in events if isinstance(found := event.facts.get(key), str)}
        query = select(table.id, table.name).where(col(table.id).in_(ids))
        names |= {str(found): name for found, name in session.exec(query)} if ids else {}
    return names


def _measured(session: Session, asset_id: UUID, now: datetime) -> list[Measured]:
    kinds = metrics(session)
    newest = sorted(latest(session, asset_ids=[asset_id]).items())
    return [
        Measured(kinds[code], last.value, last.at, _line(session, asset_id, kinds[code], now))
        for (_, code), last in newest
    ]


def _line(session: Session, asset_id: UUID, metric: Metric, now: datetime) -> Sparkline | None:
    """Draw the last months: a level as it went up and down, a counter by how much it rose each day."""
    counts = metric.kind is MetricKind.COUNTER
    end = datetime.combine(now.date(), time.min, UTC) if counts else now  # a day is counted when it is over
    found = days(session, asset_id=asset_id, metric=metric.code, start=end - _SPARK, end=end)
    columns = ("increase",) * 3 if counts else ("mean", "minimum", "maximum")
    return sparkline([Span(*row) for row in zip(*(found[column].tolist() for column in columns), strict=True)])
