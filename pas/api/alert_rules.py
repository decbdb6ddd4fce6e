"""Alert rules over HTTP: why each is there, what it says, what it would have told in 90 days, and how well it does."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel

from lifecycle import try_alert_rule
from lifecycle.alert_queries import in_force, rules_in_force, versions_of
from lifecycle.alert_rule import AlertTerms, RuleCode, RuleInForce, check, figures
from lifecycle.alert_score import budget
from lifecycle.change_alert_rule import change_alert_rule
from lifecycle.score_alert_rules import Proposal, Scored, score_alert_rules
from pas import clock
from pas.access import STAFF, Asking, Reading, Writing, may
from pas.api.paging import Page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/alert-rules", tags=["alerts"])

Code = Annotated[RuleCode, Path(alias="rule", description="Code of the rule.")]


class AlertRule(BaseModel):
    """A rule as it is now: its record and figures, our own reason for it, and what it raises."""

    code: RuleCode
    version: int
    kind: str
    action: str
    why: str
    terms: AlertTerms


class TriedAsset(BaseModel):
    """How many alerts one asset would have had, and how often it crossed the bare limit."""

    asset_id: UUID
    alerts: int
    crossings: int


class RuleTrial(BaseModel):
    """What a rule would have told of `looked_at` assets in so many days."""

    days: int
    looked_at: int
    alerts: int
    crossings: int
    assets: list[TriedAsset]


class Compared(BaseModel):
    """What the rule as it stands would have told, and the changed one."""

    now: RuleTrial
    then: RuleTrial


class KeptRule(BaseModel):
    """A rule that was kept, and what it would have told in the last 90 days beside the one before it."""

    rule: AlertRule
    trial: Compared


class RuleVersion(BaseModel):
    """One version of a rule, when it was made and by whom."""

    rule: AlertRule
    made_at: AwareDatetime
    made_by: str


class RuleProposal(BaseModel):
    """A change that would make a loud rule quieter."""

    terms: AlertTerms
    trial: Compared


class RuleScore(BaseModel):
    """How a rule did in the last year by what became of its alerts; null where there is nothing to go by."""

    code: RuleCode
    version: int
    raised: int
    true: int
    false: int
    foretold: int
    missed: int
    precision: float | None
    recall: float | None
    false_per_asset_month: float | None
    median_lead_days: float | None
    budget: float
    too_loud: bool
    proposal: RuleProposal | None


@router.get("")
@may(*STAFF)
def list_alert_rules(_caller: Asking, session: Reading) -> Page[AlertRule]:
    """List the rules as they stand; version 0 is ours, before anybody changed it."""
    return Page(items=[_shown(rule) for rule in rules_in_force(session).values()], next_cursor=None)


@router.get("/scores")
@may(*STAFF)
def score_rules(_caller: Asking, session: Reading) -> Page[RuleScore]:
    """Tell how well each rule does, and what would make one quieter that is over the budget."""
    return Page(items=[_scored(one) for one in score_alert_rules(session, now=clock.now())], next_cursor=None)


@router.get("/{rule}/versions")
@may(*STAFF)
def list_versions(rule: Code, _caller: Asking, session: Reading) -> Page[RuleVersion]:
    """List the versions of a rule that were made here, the newest first."""
    versions = [
        RuleVersion(rule=_shown(in_force(one)), made_at=one.made_at, made_by=one.made_by)
        for one in versions_of(session, rule)
    ]
    return Page(items=versions, next_cursor=None)


@router.put("/{rule}", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def keep_rule(rule: Code, terms: AlertTerms, caller: Asking, session: Writing) -> KeptRule:
    """Change a rule; the answer shows what it would have told in the last 90 days beside the one before it."""
    now = clock.now()
    before = rules_in_force(session)[rule]
    kept = change_alert_rule(session, code=rule, terms=terms, now=now, by=caller.actor)
    return KeptRule(rule=_shown(kept), trial=_compared(session, before, terms))


@router.post("/{rule}/trial", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def try_rule(rule: Code, terms: AlertTerms, _caller: Asking, session: Reading) -> Compared:
    """Tell what a changed rule would have told in the last 90 days, beside the one that stands; nothing is kept."""
    check(rule, terms)
    return _compared(session, rules_in_force(session)[rule], terms)


def _compared(session: Reading, before: RuleInForce, terms: AlertTerms) -> Compared:
    now = clock.now()
    tried = [
        try_alert_rule.try_alert_rule(session, code=before.code, terms=some, now=now) for some in (before.terms, terms)
    ]
    return Compared(now=_trial(tried[0]), then=_trial(tried[1]))


def _trial(trial: try_alert_rule.Trial) -> RuleTrial:
    assets = [TriedAsset(**one._asdict()) for one in trial.assets]
    return RuleTrial.model_validate(trial._asdict() | {"assets": assets})


def _shown(rule: RuleInForce) -> AlertRule:
    facts = {"code": rule.code, "version": rule.version, "terms": rule.terms, "why": figures()[rule.code.value]["why"]}
    return AlertRule(kind=rule.kind.value, action=rule.action, **facts)


def _scored(one: Scored) -> RuleScore:
    proposal = None if one.proposal is None else _proposal(one.proposal)
    facts = one.score._asdict() | {"budget": budget(), "proposal": proposal}
    return RuleScore(code=one.rule.code, version=one.rule.version, **facts)


def _proposal(found: Proposal) -> RuleProposal:
    return RuleProposal(terms=found.terms, trial=Compared(now=_trial(found.now), then=_trial(found.then)))
