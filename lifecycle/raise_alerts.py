"""Raise, renew and clear the alerts of assets that were just assessed: one for each asset and failure mode."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from lifecycle.alert import AlertKind, AlertState
from lifecycle.alert_queries import ClassAge, class_ages, doubted_metrics, rules_in_force
from lifecycle.alert_rule import heard
from lifecycle.alert_rules import Finding, findings, is_due_again
from lifecycle.alert_tables import AlertNoticeRecord
from lifecycle.asset import AssetStatus
from lifecycle.condition.assessment import Assessment
from lifecycle.condition_queries import open_alerts
from lifecycle.tables import AlertRecord, AssetRecord, ProductRecord
from lifecycle.wear_readings import NOTHING, Measured
from telemetry.identity import new_id
from telemetry.tables import tenant_of

_NEVER = ClassAge(None, 0)


class AlertNews(NamedTuple):
    """How many alerts were raised and how many cleared."""

    raised: int
    cleared: int


class Matter(NamedTuple):
    """What a rule says of an asset, and the alert that stands of it."""

    asset: AssetRecord
    finding: Finding
    alert: AlertRecord | None

    @property
    def is_fresh(self) -> bool:
        """Tell whether an alert is to be raised: only what is in service raises one."""
        return self.alert is None and self.finding.raises and self.asset.status is AssetStatus.IN_SERVICE

    @property
    def is_to_be_heard(self) -> bool:
        """Tell whether it matters if the rule is heard on such things."""
        return self.is_fresh or (self.alert is not None and self.alert.shadow)


def raise_alerts(
    session: Session,
    assets: Sequence[AssetRecord],
    *,
    products: Mapping[UUID, ProductRecord],
    assessments: Mapping[UUID, Assessment],
    readings: Mapping[UUID, Measured],
    now: datetime,
) -> AlertNews:
    """Hold each asset against the rules; only what is in service raises an alert, and what is retired clears its own.

    An alert that is still true is renewed, never repeated. Tells nobody: it leaves a notice for whoever tells.
    """
    ids = [asset.id for asset in assets]
    standing, rules = open_alerts(session, ids), rules_in_force(session)
    doubted = doubted_metrics(session, ids)
    matters = [
        Matter(asset, finding, standing.get((asset.id, finding.failure_mode)))
        for asset in assets
        for finding in findings(
            products[asset.product_id],
            assessments.get(asset.id),
            readings.get(asset.id, NOTHING).recent,
            by=rules,
            doubted=doubted.get(asset.id, ()),
            today=now.date(),
        )
    ]
    ages = class_ages(session, {one.asset.product_id for one in matters if one.is_to_be_heard}, now=now)

    cleared = 0
    told: list[AlertRecord] = []
    fresh = [one for one in matters if one.is_fresh]
    for asset, finding, alert in matters:
        if alert is not None:
            told += _spoken_again(alert, finding, ages.get(asset.product_id, _NEVER), now=now)
            cleared += _renew(alert, finding, now=now)
    for asset, finding, _ in fresh:
        product, age = products[asset.product_id], ages[asset.product_id]
        told.append(raise_one(session, asset, finding, product=product, age=age, now=now))
    cleared += _lay_to_rest({asset.id for asset in assets if asset.status is AssetStatus.RETIRED}, standing, now=now)

    leave_notices(session, told, now=now)
    return AlertNews(len(fresh), cleared)


def raise_one(
    session: Session, asset: AssetRecord, finding: Finding, *, product: ProductRecord, age: ClassAge, now: datetime
) -> AlertRecord:
    """Raise an alert, in the shadow where its rule has not proved itself on such things."""
    terms, rule = finding.rule.terms, finding.rule
    p10, p50, p90 = finding.days
    alert = AlertRecord(
        tenant_id=tenant_of(session),
        id=new_id(),
        asset_id=asset.id,
        kind=finding.kind,
        failure_mode=finding.failure_mode,
        priority=terms.priority,
        began_at=_began(finding),
        raised_at=now,
        updated_at=now,
        action=rule.action,
        owner=terms.owner.value,
        due_on=_due(finding, now),
        days_p10=p10,
        days_p50=p50,
        days_p90=p90,
        cost=finding.cost,
        currency=product.currency if finding.cost is not None else "",
        cause=cause_of(asset, finding),
        shadow=not _is_heard(finding, age, now),
        reasons=[reason.model_dump(mode="json") for reason in finding.reasons],
        rule=rule.name,
    )
    session.add(alert)
    return alert


def cause_of(asset: AssetRecord, finding: Finding) -> str:
    """Name what alerts have in common that are told together: a room, a site's things of one kind, a model."""
    where = f"{asset.site_id or ''}"
    told = {
        AlertKind.ENVIRONMENT: f"{finding.failure_mode}@{where}/{asset.place}",
        AlertKind.SENSOR: f"{finding.failure_mode}@{where}",
        AlertKind.WEAR: f"wear:{asset.product_id}@{where}",
        AlertKind.MISUSE: f"{finding.failure_mode}@{asset.id}",
        AlertKind.UNKNOWN_PATTERN: f"unknown_pattern:{asset.product_id}",
        AlertKind.UNEXPLAINED: f"unexplained@{where}",
    }
    return told[finding.kind][:200]


def _began(finding: Finding) -> datetime | None:
    return None if finding.began is None else datetime.combine(date.fromordinal(finding.began), time.min, UTC)


def _due(finding: Finding, now: datetime) -> date:
    """Say by when somebody should act: within the rule's days, and before the life that one in ten has left is over."""
    days = float(finding.rule.terms.respond_within_days)
    if finding.days[0] is not None:
        days = min(days, max(finding.days[0], 1.0))
    return (now + timedelta(days=days)).date()


def leave_notices(session: Session, alerts: Iterable[AlertRecord], *, now: datetime) -> None:
    """Note of alerts, in their own transaction, that somebody is to be told; of those in the shadow nobody is."""
    session.flush()
    told = [alert for alert in alerts if not alert.shadow]
    session.add_all(AlertNoticeRecord(tenant_id=one.tenant_id, alert_id=one.id, since=now) for one in told)
    session.flush()


def _lay_to_rest(retired: set[UUID], standing: Mapping[tuple[UUID, str], AlertRecord], *, now: datetime) -> int:
    """Clear what still stands of retired assets, whether a rule still speaks of it or not; give how many."""
    over = [
        alert
        for (asset_id, _), alert in standing.items()
        if asset_id in retired and alert.state is not AlertState.CLEARED
    ]
    for alert in over:
        clear(alert, now=now)
    return len(over)


def clear(alert: AlertRecord, *, now: datetime) -> None:
    """Note that it is over."""
    alert.state, alert.cleared_at, alert.updated_at = AlertState.CLEARED, now, now


def _spoken_again(alert: AlertRecord, finding: Finding, age: ClassAge, *, now: datetime) -> list[AlertRecord]:
    """Give a standing alert that is to be told now: put off until today, or out of the shadow; unless it is over."""
    if finding.clears:
        return []
    left_shadow = alert.shadow and _is_heard(finding, age, now)
    due = alert.state is AlertState.SHELVED and is_due_again(alert.shelved_until, now=now)
    if left_shadow:
        alert.shadow = False
    if due:
        alert.state, alert.shelved_until, alert.updated_at = AlertState.RAISED, None, now
    return [alert] if due or (left_shadow and alert.state is AlertState.RAISED) else []


def _is_heard(finding: Finding, age: ClassAge, now: datetime) -> bool:
    days = 0 if age.since is None else (now.date() - age.since).days
    return heard(finding.rule.terms.stage, finding.kind, class_days=days, outcomes=age.outcomes)


def _renew(alert: AlertRecord, finding: Finding, *, now: datetime) -> int:
    """Bring a standing alert up to date; give 1 if it is cleared by that."""
    if finding.clears:
        clear(alert, now=now)
        return 1
    reasons = [reason.model_dump(mode="json") for reason in finding.reasons]
    if reasons != alert.reasons:
        alert.reasons, alert.updated_at = reasons, now
        alert.days_p10, alert.days_p50, alert.days_p90 = finding.days
    return 0
