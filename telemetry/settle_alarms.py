"""Bring the alarms on record into line with what was judged: new ones, those that went on, those that never were."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlmodel import Session, col, insert, or_, select

from telemetry.alarm_rule import AlarmKind
from telemetry.alarm_state import NEVER, STILL, States
from telemetry.alarm_tables import AlarmEventRecord, AlarmRecord, AlarmRuleRecord
from telemetry.find_alarm_rules import Watched
from telemetry.identity import new_id
from telemetry.limit_alarm import Alarms
from telemetry.lots import KEYS, ROWS, lots
from telemetry.moment import Moments, moment
from telemetry.tables import tenant_of
from telemetry.track import Places

LATE, PART, RULE = "late_readings", "part_of_another", "rule_changed"
"""Why an alarm was withdrawn or cleared by something else than a reading."""
RAISED, CLEARED, REOPENED, CHANGED = "raised", "cleared", "reopened", "changed"
WITHDRAWN, REINSTATED, ACKNOWLEDGED = "withdrawn", "reinstated", "acknowledged"
"""What can become of an alarm."""


class AlarmNews(NamedTuple):
    """How many alarms were raised, cleared, moved by late readings, and withdrawn."""

    raised: int = 0
    cleared: int = 0
    changed: int = 0
    withdrawn: int = 0

    def __add__(self, other: tuple[Any, ...]) -> "AlarmNews":
        """Add up."""
        return AlarmNews(*(a + b for a, b in zip(self, other, strict=True)))


class _Alarm(NamedTuple):
    """An alarm as it should stand."""

    began_at: datetime
    raised_at: datetime
    cleared_at: datetime | None
    extreme: float | None
    times: int
    chatters: bool


def settle_alarms(
    session: Session,
    rule: AlarmRuleRecord,
    series: Sequence[Watched],
    *,
    alarms: Alarms,
    base: States,
    floor: datetime,
    now: datetime,
) -> AlarmNews:
    """Write what was judged of some series since `base`, which has a state of each; what was before stays as it is.

    Nothing was judged of what was measured before `floor`. What is on record and was not found again never was: it
    is withdrawn. Does not judge anything.
    """
    expected = _expected(rule, alarms, base)
    begin = {number: _begin(floor, state) for number, state in zip(base["series"].tolist(), base, strict=True)}

    book = _Book(tenant_of(session), rule, now)
    for some in lots(series, KEYS):
        standing = _standing(session, rule, [one.number for one in some], min(begin[one.number] for one in some))
        for one in some:
            own = [record for record in standing[one.number] if _lasts(record, begin[one.number])]
            book.settle(one, own, expected[one.number])
    return book.write(session)


def _begin(floor: datetime, state: Any) -> datetime:
    """Give the moment from which on alarms may be others than before: that of the last one known then."""
    at = state["raised"].item() if state["times"] else state["last_at"].item()
    return floor if at <= NEVER else moment(at)


def _expected(rule: AlarmRuleRecord, alarms: Alarms, base: States) -> defaultdict[int, list[_Alarm]]:
    """Give the alarms of each series as they should stand, the last one known before among them."""
    found: defaultdict[int, list[_Alarm]] = defaultdict(list)
    sign = -1.0 if rule.kind is AlarmKind.BELOW else 1.0
    last = base[(base["times"] > 0) & ~np.isin(_names(base["series"], base["raised"]), _names(*alarms[:3:2]))]
    for *columns, extreme, times, chatters, number in last[list(_LAST)].tolist():
        found[number].append(_alarm(rule, [*columns, extreme * sign, times, chatters]))
    for number, *columns in zip(*(column.tolist() for column in alarms), strict=True):
        found[number].append(_alarm(rule, columns))
    return found


_LAST = ("began", "raised", "cleared", "extreme", "times", "chatters", "series")


def _names(series: Places, raised: Moments) -> npt.NDArray[Any]:
    """Put the number of a series and a moment into one name."""
    names = np.empty(len(series), dtype=[("series", "<i8"), ("raised", "<i8")])
    names["series"], names["raised"] = series, raised
    return names


def _alarm(rule: AlarmRuleRecord, columns: Sequence[Any]) -> _Alarm:
    began, raised, cleared, extreme, times, chatters = columns
    ends = rule.until if cleared == STILL else moment(cleared)
    shown = None if np.isnan(extreme) else extreme
    return _Alarm(moment(began), moment(raised), ends, shown, times, chatters)


def _standing(
    session: Session, rule: AlarmRuleRecord, numbers: Sequence[int], begin: datetime
) -> defaultdict[int, list[AlarmRecord]]:
    one = AlarmRecord
    lasts = or_(col(one.raised_at) >= begin, col(one.cleared_at).is_(None), col(one.cleared_at) > begin)
    query = select(one).where(one.rule == rule.code, one.version == rule.version, lasts)
    found: defaultdict[int, list[AlarmRecord]] = defaultdict(list)
    for record in session.exec(query.where(col(one.series).in_(numbers)).order_by(col(one.raised_at))):
        found[record.series].append(record)
    return found


class _Book:
    """Collects what is to be written, so that many series take few statements."""

    def __init__(self, tenant_id: int, rule: AlarmRuleRecord, now: datetime) -> None:
        self._common = {"tenant_id": tenant_id, "rule": rule.code, "version": rule.version}
        self._rule, self._now = rule, now
        self._alarms: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._news = AlarmNews()

    def settle(self, series: Watched, standing: Sequence[AlarmRecord], expected: Sequence[_Alarm]) -> None:
        """Match the alarms of one series: those of the same moment first, then those that overlap."""
        by_moment = {record.raised_at: record for record in standing}
        left = [record for record in standing if record.withdrawn_at is None]
        fresh = []
        for alarm in expected:
            same = by_moment.get(alarm.raised_at)
            if same is None:
                fresh.append(alarm)
                continue
            left = [record for record in left if record is not same]
            self._renew(same, alarm)
        for alarm in fresh:
            same = next((record for record in left if _overlap(record, alarm)), None)
            if same is None:
                self._raise(series, alarm)
                continue
            left.remove(same)
            self._renew(same, alarm)
        for record in left:
            part = any(_overlap(record, alarm) for alarm in expected)
            self._withdraw(record, PART if part else LATE)

    def write(self, session: Session) -> AlarmNews:
        """Write everything; give the news."""
        session.flush()
        for table, rows in ((AlarmRecord, self._alarms), (AlarmEventRecord, self._events)):
            for some in lots(rows, ROWS):
                session.execute(insert(table), some)
        return self._news

    def _raise(self, series: Watched, alarm: _Alarm) -> None:
        rule, now = self._rule, self._now
        alarm_id = new_id()
        row = {"id": alarm_id, "series": series.number, "shard": series.shard, "asset_id": series.asset_id}
        row |= {"metric": rule.metric, "kind": rule.kind, "priority": rule.priority, **self._common, **alarm._asdict()}
        row |= {"found_at": now, "updated_at": now, "acknowledged_by": "", "reason": self._reason(alarm)}
        self._alarms.append(row)
        self._tell(series.shard, alarm_id, RAISED, alarm._asdict())
        self._news += AlarmNews(raised=1, cleared=int(alarm.cleared_at is not None))

    def _renew(self, record: AlarmRecord, alarm: _Alarm) -> None:
        before = {name: getattr(record, name) for name in _Alarm._fields}
        after = alarm._asdict()
        if before == after and record.withdrawn_at is None:
            return
        kind = self._step(record, alarm)
        record.sqlmodel_update(after | {"updated_at": self._now, "reason": self._reason(alarm), "withdrawn_at": None})
        self._news += AlarmNews(
            raised=int(kind == REINSTATED), cleared=int(kind == CLEARED), changed=int(kind == CHANGED)
        )
        if kind and not (record.chatters and kind in {CLEARED, REOPENED}):
            self._tell(record.shard, record.id, kind, after)

    def _step(self, record: AlarmRecord, alarm: _Alarm) -> str:
        """Name what became of an alarm; an extreme that grew is no news."""
        if record.withdrawn_at is not None:
            return REINSTATED
        if (record.began_at, record.raised_at) != (alarm.began_at, alarm.raised_at):
            return CHANGED
        if (record.cleared_at is None) != (alarm.cleared_at is None):
            return CLEARED if alarm.cleared_at else REOPENED
        return CHANGED if record.cleared_at != alarm.cleared_at or record.chatters != alarm.chatters else ""

    def _withdraw(self, record: AlarmRecord, reason: str) -> None:
        record.withdrawn_at, record.updated_at, record.reason = self._now, self._now, reason
        self._tell(record.shard, record.id, WITHDRAWN, {"reason": reason})
        self._news += AlarmNews(withdrawn=1)

    def _reason(self, alarm: _Alarm) -> str:
        return RULE if self._rule.until is not None and alarm.cleared_at == self._rule.until else ""

    def _tell(self, shard: int, alarm_id: UUID, kind: str, facts: dict[str, Any]) -> None:
        plain = {name: fact.isoformat() if isinstance(fact, datetime) else fact for name, fact in facts.items()}
        event = {"id": new_id(), "shard": shard, "alarm_id": alarm_id, "kind": kind, "at": self._now, "by": ""}
        self._events.append({"tenant_id": self._common["tenant_id"], **event, "facts": plain})


def _lasts(record: AlarmRecord, begin: datetime) -> bool:
    """Tell whether an alarm belongs to the time judged, or reaches into it from readings that were forgotten."""
    return record.raised_at >= begin or record.cleared_at is None or record.cleared_at > begin


def _overlap(record: AlarmRecord, alarm: _Alarm) -> bool:
    return (alarm.cleared_at is None or record.began_at < alarm.cleared_at) and (
        record.cleared_at is None or alarm.began_at < record.cleared_at
    )
