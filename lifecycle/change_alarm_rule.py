"""Keep an alarm rule, and say in the audit who did."""

from datetime import datetime

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.queries import known_asset
from lifecycle.record_audit import record_audit
from telemetry.alarm_rule import AlarmTerms
from telemetry.alarm_tables import AlarmRuleRecord
from telemetry.find_alarm_rules import latest_rule
from telemetry.keep_alarm_rules import keep_alarm_rule


def change_alarm_rule(
    session: Session, *, code: str, terms: AlarmTerms, since: datetime | None, now: datetime, by: Actor
) -> AlarmRuleRecord:
    """Keep a rule under its code; the same again changes nothing and is not audited.

    Raises UnknownAsset, UnknownMetric, IncompleteRule, RuleForTwo and RuleFromThen.
    """
    if terms.asset_id is not None:
        known_asset(session, asset_id=terms.asset_id, holder_id=None)
    known = latest_rule(session, code)
    before = None if known is None else _plain(known)

    record = keep_alarm_rule(session, code=code, terms=terms, since=since, now=now)
    after = _plain(record)
    if before != after:
        subject = f"alarm rule {code}"
        record_audit(session, action="alarm-rule-kept", subject=subject, before=before, after=after, now=now, by=by)
    return record


def _plain(rule: AlarmRuleRecord) -> dict[str, object]:
    return rule.model_dump(mode="json", include={*AlarmTerms.model_fields, "version", "since"})
