"""Keep an alarm rule: a new one, or a new version of one, which ends what the version before it still holds open."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, or_, select

from telemetry.alarm_rule import AlarmKind, AlarmTerms, watch
from telemetry.alarm_tables import AlarmEventRecord, AlarmRecord, AlarmRuleRecord
from telemetry.moment import moment, plainly
from telemetry.queries import metric
from telemetry.refusal import Refusal
from telemetry.settle_alarms import CLEARED, RULE, WITHDRAWN
from telemetry.sift import EARLIEST
from telemetry.tables import tenant_of


class RuleFromThen(Refusal):
    """A rule holds from now on or from an earlier moment, and after the version before it."""


def keep_alarm_rule(
    session: Session, *, code: str, terms: AlarmTerms, since: datetime | None, now: datetime
) -> AlarmRuleRecord:
    """Keep a rule under its code; the same terms again change nothing, others make a version that holds from `since`.

    Judges nothing: readings are judged as they come, those from `since` until now by the worker's next round.
    Raises UnknownMetric, IncompleteRule, RuleForTwo and RuleFromThen.
    """
    watch(terms, metric(session, terms.metric))
    before = _latest(session, code)
    if before is not None and since is None and _said(before) == _said(terms):
        return before
    start = _start(before, since, now)

    if before is not None:
        _end(session, before, start, now)
    version = 1 if before is None else before.version + 1
    caught_up = start >= now or not terms.active or terms.kind is AlarmKind.SILENCE
    extra = {"code": code, "version": version, "since": start, "made_at": now, "caught_up": caught_up}
    record = AlarmRuleRecord.model_validate(terms, update={"tenant_id": tenant_of(session), **extra})
    session.add(record)
    session.flush()
    return record


def _latest(session: Session, code: str) -> AlarmRuleRecord | None:
    query = select(AlarmRuleRecord).where(AlarmRuleRecord.code == code).order_by(col(AlarmRuleRecord.version).desc())
    return session.exec(query.limit(1).with_for_update()).first()


def _said(terms: AlarmTerms) -> dict[str, object]:
    return terms.model_dump(include=set(AlarmTerms.model_fields))


def _start(before: AlarmRuleRecord | None, since: datetime | None, now: datetime) -> datetime:
    start = since or now
    if not moment(EARLIEST) <= start <= now:
        sentence = "a rule holds from now on or from an earlier moment since 1990; leave `since` out"
        raise RuleFromThen(sentence, field="since")
    if before is not None and start < before.since:
        sentence = f"the version before holds from {plainly(before.since)} on; name a later moment in `since`"
        raise RuleFromThen(sentence, field="since")
    return start


def _end(session: Session, before: AlarmRuleRecord, start: datetime, now: datetime) -> None:
    """End a version: what it still holds open clears, and what it raised later never was."""
    before.until = start
    session.add(before)
    one = AlarmRecord
    over = or_(col(one.cleared_at).is_(None), col(one.cleared_at) > start)
    query = select(one).where(one.rule == before.code, one.version == before.version, over)
    for alarm in session.exec(query.where(col(one.withdrawn_at).is_(None))):
        alarm.reason, alarm.updated_at = RULE, now
        if alarm.raised_at >= start:
            alarm.withdrawn_at, kind = now, WITHDRAWN
        else:
            alarm.cleared_at, kind = start, CLEARED
        session.add(_event(alarm.tenant_id, alarm.shard, alarm.id, kind, now))


def _event(tenant_id: int, shard: int, alarm_id: UUID, kind: str, now: datetime) -> AlarmEventRecord:
    return AlarmEventRecord(
        tenant_id=tenant_id, shard=shard, alarm_id=alarm_id, kind=kind, at=now, facts={"reason": RULE}
    )
