"""Tell how well each rule of alerts does, and where one is too loud, what change would keep it within the budget."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from lifecycle.alert_queries import how_many_in_service, outcomes_of, raised_since, rules_in_force
from lifecycle.alert_rule import AlertTerms, RuleCode, RuleInForce
from lifecycle.alert_score import DAYS_A_MONTH, Said, Score, budget, quieter, score
from lifecycle.try_alert_rule import DAYS, Trial, try_alert_rule

WINDOW = timedelta(days=365)


class Scored(NamedTuple):
    """A rule, how it did in the last year, and the change that is proposed where it is too loud."""

    rule: RuleInForce
    score: Score
    proposal: "Proposal | None"


class Proposal(NamedTuple):
    """A change of a rule, and what it and the rule as it stands would have told in the last 90 days."""

    terms: AlertTerms
    now: Trial
    then: Trial


def score_alert_rules(session: Session, *, now: datetime) -> list[Scored]:
    """Score every rule over the last year; nothing is changed: a proposal is for people to take."""
    since = now - WINDOW
    said: dict[RuleCode, list[Said]] = {code: [] for code in RuleCode}
    for outcome, alert in outcomes_of(session, since=since):
        raised_at = None if alert is None else alert.raised_at
        said[outcome.rule].append(Said(outcome.alert_id, raised_at, outcome.verdict, outcome.failed_at))
    raised = raised_since(session, since=since)
    months = how_many_in_service(session) * WINDOW.days / DAYS_A_MONTH
    return [
        _scored(session, rule, said[code], sum(n for name, n in raised.items() if _is_of(name, code)), months, now)
        for code, rule in rules_in_force(session).items()
    ]


def _is_of(name: str, code: RuleCode) -> bool:
    return name.partition("/")[0] == code.value


def _scored(session: Session, rule: RuleInForce, said: list[Said], raised: int, months: float, now: datetime) -> Scored:
    found = score(said, raised=raised, asset_months=months)
    return Scored(rule, found, _propose(session, rule, found, now) if found.too_loud else None)


def _propose(session: Session, rule: RuleInForce, found: Score, now: datetime) -> Proposal | None:
    """Find the smallest change that would have kept the false ones within the budget, by their share of all."""
    before = try_alert_rule(session, code=rule.code, terms=rule.terms, now=now)
    share = found.false / max(found.true + found.false, 1)
    allowed = budget() * before.looked_at * DAYS / DAYS_A_MONTH
    best: Proposal | None = None
    for terms in quieter(rule.code, rule.terms):
        then = try_alert_rule(session, code=rule.code, terms=terms, now=now)
        if best is None or then.alerts < best.then.alerts:
            best = Proposal(terms, before, then)
        if then.alerts < before.alerts and then.alerts * share <= allowed:
            return Proposal(terms, before, then)
    return best if best is not None and best.then.alerts < before.alerts else None
