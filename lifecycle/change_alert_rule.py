"""Change a rule of alerts: a new version, with who made it in the audit; every version before stays readable."""

from datetime import datetime

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.alert_queries import in_force, rules_in_force
from lifecycle.alert_rule import AlertTerms, RuleCode, RuleInForce, check
from lifecycle.alert_tables import AlertRuleRecord
from lifecycle.record_audit import record_audit
from telemetry.tables import tenant_of


def change_alert_rule(session: Session, *, code: RuleCode, terms: AlertTerms, now: datetime, by: Actor) -> RuleInForce:
    """Keep what a rule says from now on; the same again changes nothing. Alerts that stand are renewed by it.

    Raises CrossedLevels and NobodyToTell.
    """
    check(code, terms)
    before = rules_in_force(session)[code]
    if terms == before.terms:
        return before

    update = {"tenant_id": tenant_of(session), "code": code, "version": before.version + 1}
    record = AlertRuleRecord.model_validate(terms, update=update | {"made_at": now, "made_by": by.name})
    session.add(record)
    session.flush()
    after = in_force(record)

    old, new = (rule.model_dump(mode="json") for rule in (before, after))
    subject = f"alert rule {code.value}"
    record_audit(session, action="alert-rule-kept", subject=subject, before=old, after=new, now=now, by=by)
    return after
