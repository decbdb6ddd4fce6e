"""Notice what fell silent: raise an alarm when a reading is overdue, and end or withdraw it when readings come."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import and_, insert, or_, select
from sqlmodel import Session, col

from telemetry.alarm_rule import AlarmKind
from telemetry.alarm_tables import AlarmEventRecord, AlarmRecord, AlarmRuleRecord
from telemetry.find_alarm_rules import Products, Watched, rules_at_work, under
from telemetry.identity import new_id
from telemetry.lots import KEYS, ROWS, lots
from telemetry.moment import micros, moment
from telemetry.open_readings import open_track
from telemetry.settle_alarms import CLEARED, LATE, RAISED, WITHDRAWN, AlarmNews
from telemetry.tables import SeriesRecord, tenant_of
from telemetry.track import Track


def notice_silence(session: Session, *, products: Products, now: datetime) -> AlarmNews:
    """Raise an alarm for each series of which a reading is overdue at `now`, once until it is heard again.

    `products` tells the product of each asset that should be heard; those it leaves out may be silent. A series that
    was never heard is none, and what is silent since before the rule counts from the rule on.
    """
    news = AlarmNews()
    for rule in rules_at_work(session, silence=True):
        if rule.until is None:
            found = list(_overdue(session, rule, now))
            expected = products({series.asset_id for series, _ in found})
            silent = [(one, heard) for one, heard in found if one.asset_id in expected and under(rule, [one], expected)]
            news += _raise(session, rule, silent, now)
    return news


def hear_again(session: Session, *, fresh: Track, now: datetime) -> AlarmNews:
    """Clear silence by the first reading after it; where that was not overdue and only came late, withdraw it."""
    if not len(fresh) or not rules_at_work(session, silence=True):
        return AlarmNews()
    one, earliest = AlarmRecord, moment(int(fresh.at.min()))
    over = or_(col(one.cleared_at).is_(None), col(one.cleared_at) > earliest)
    query = select(one).where(col(one.kind) == AlarmKind.SILENCE, col(one.withdrawn_at).is_(None), over)

    news, events = AlarmNews(), []
    for alarm in session.scalars(query.execution_options(populate_existing=True)):
        heard = _next(fresh, alarm)
        if heard is not None:
            kind = _hear(alarm, heard, now)
            news += AlarmNews(cleared=int(kind == CLEARED), withdrawn=int(kind == WITHDRAWN))
            events.append(_event(alarm.shard, alarm.id, kind, {"heard_at": heard.isoformat()}, now))
    _tell(session, events)
    return news


def _overdue(session: Session, rule: AlarmRuleRecord, now: datetime) -> Iterator[tuple[Watched, datetime]]:
    """Find the series last heard too long ago that have no alarm yet, and from when on they are missed."""
    one, longest = SeriesRecord, timedelta(seconds=rule.longest_seconds or 0)
    if rule.since + longest > now:
        return
    standing = and_(
        col(AlarmRecord.tenant_id) == col(one.tenant_id),
        col(AlarmRecord.series) == col(one.number),
        col(AlarmRecord.rule) == rule.code,
        col(AlarmRecord.version) == rule.version,
        col(AlarmRecord.cleared_at).is_(None),
        col(AlarmRecord.withdrawn_at).is_(None),
    )
    query = (
        select(*map(col, (one.number, one.shard, one.asset_id, one.metric, one.last_at)))
        .where(col(one.metric) == rule.metric, or_(col(one.last_at).is_(None), col(one.last_at) < now - longest))
        .where(~select(col(AlarmRecord.id)).where(standing).exists())
        .order_by(col(one.number))
    )
    for some in lots(session.execute(query).all(), 20 * KEYS):
        fresh = open_track(session, {number for number, *_ in some})
        newest = dict(zip(fresh.series.tolist(), fresh.at.tolist(), strict=True))
        for *series, packed in some:
            heard = _later(packed, newest.get(series[0]))
            if heard is not None and max(heard, rule.since) + longest <= now:
                yield Watched(*series), max(heard, rule.since)


def _later(packed: datetime | None, fresh: int | None) -> datetime | None:
    if fresh is None:
        return packed
    return moment(fresh) if packed is None or micros(packed) < fresh else packed


def _raise(
    session: Session, rule: AlarmRuleRecord, silent: Sequence[tuple[Watched, datetime]], now: datetime
) -> AlarmNews:
    rows, events = [], []
    for series, heard in silent:
        raised_at = heard + timedelta(seconds=rule.longest_seconds or 0)
        row: dict[str, Any] = {"id": new_id(), "shard": series.shard, "series": series.number}
        row |= {"tenant_id": tenant_of(session), "asset_id": series.asset_id, "metric": rule.metric, "kind": rule.kind}
        row |= {"rule": rule.code, "version": rule.version, "priority": rule.priority}
        row |= {"began_at": heard, "raised_at": raised_at, "found_at": now, "updated_at": now}
        rows.append(row | {"cleared_at": None, "times": 1, "chatters": False, "acknowledged_by": "", "reason": ""})
        events.append(_event(series.shard, row["id"], RAISED, {"heard_at": heard.isoformat()}, now))
    for some in lots(rows, ROWS):
        session.execute(insert(AlarmRecord), some)
    _tell(session, events)
    return AlarmNews(raised=len(rows))


def _next(fresh: Track, alarm: AlarmRecord) -> datetime | None:
    """Give the first fresh reading after a series was last heard, if that is news."""
    begin, end = np.searchsorted(fresh.series, [alarm.series, alarm.series + 1])
    own = fresh.at[begin:end]
    place = int(np.searchsorted(own, micros(alarm.began_at), side="right"))
    if place == len(own):
        return None
    heard = moment(own[place])
    return heard if alarm.cleared_at is None or heard < alarm.cleared_at else None


def _hear(alarm: AlarmRecord, heard: datetime, now: datetime) -> str:
    alarm.updated_at = now
    if heard > alarm.raised_at:
        alarm.cleared_at = heard
        return CLEARED
    alarm.withdrawn_at, alarm.reason = now, LATE
    return WITHDRAWN


def _event(shard: int, alarm_id: Any, kind: str, facts: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {"id": new_id(), "shard": shard, "alarm_id": alarm_id, "kind": kind, "at": now, "by": "", "facts": facts}


def _tell(session: Session, events: Sequence[dict[str, Any]]) -> None:
    session.flush()
    for some in lots(events, ROWS):
        session.execute(insert(AlarmEventRecord), [{"tenant_id": tenant_of(session), **event} for event in some])
