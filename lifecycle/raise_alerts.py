"""Raise, renew and clear the alerts of assets that were just assessed: one for each asset and failure mode."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from lifecycle.alert import AlertState
from lifecycle.alert_rules import Finding, findings, is_due_again, rules
from lifecycle.asset import AssetStatus
from lifecycle.condition.assessment import Assessment
from lifecycle.condition_queries import open_alerts
from lifecycle.tables import AlertRecord, AssetRecord, ProductRecord
from lifecycle.wear_readings import NOTHING, Measured
from telemetry.tables import tenant_of


class AlertNews(NamedTuple):
    """How many alerts were raised and how many cleared."""

    raised: int
    cleared: int


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

    An alert that is still true is renewed, never repeated. Tells nobody: the worker that sends does.
    """
    standing = open_alerts(session, [asset.id for asset in assets])

    raised = cleared = 0
    for asset in assets:
        recent = readings.get(asset.id, NOTHING).recent
        for finding in findings(products[asset.product_id], assessments.get(asset.id), recent):
            alert = standing.get((asset.id, finding.failure_mode))
            if alert is None and finding.raises and asset.status is AssetStatus.IN_SERVICE:
                session.add(_new(tenant_of(session), asset.id, finding, now))
                raised += 1
            elif alert is not None:
                cleared += _renew(alert, finding, now=now)
    cleared += _lay_to_rest({asset.id for asset in assets if asset.status is AssetStatus.RETIRED}, standing, now=now)

    session.flush()
    return AlertNews(raised, cleared)


def _new(tenant_id: int, asset_id: UUID, finding: Finding, now: datetime) -> AlertRecord:
    return AlertRecord(
        tenant_id=tenant_id,
        asset_id=asset_id,
        kind=finding.kind,
        failure_mode=finding.failure_mode,
        raised_at=now,
        updated_at=now,
        action=finding.action,
        reasons=[reason.model_dump(mode="json") for reason in finding.reasons],
        rule=str(rules()["rule"]),
    )


def _lay_to_rest(retired: set[UUID], standing: Mapping[tuple[UUID, str], AlertRecord], *, now: datetime) -> int:
    """Clear what still stands of retired assets, whether a rule still speaks of it or not; give how many."""
    over = [
        alert
        for (asset_id, _), alert in standing.items()
        if asset_id in retired and alert.state is not AlertState.CLEARED
    ]
    for alert in over:
        alert.state, alert.cleared_at, alert.updated_at = AlertState.CLEARED, now, now
    return len(over)


def _renew(alert: AlertRecord, finding: Finding, *, now: datetime) -> int:
    """Bring a standing alert up to date; give 1 if it is cleared by that."""
    if finding.clears:
        alert.state, alert.cleared_at, alert.updated_at = AlertState.CLEARED, now, now
        return 1
    if alert.state is AlertState.SHELVED and is_due_again(alert.shelved_until, now=now):
        alert.state, alert.shelved_until, alert.updated_at = AlertState.RAISED, None, now
    reasons = [reason.model_dump(mode="json") for reason in finding.reasons]
    if reasons != alert.reasons:
        alert.reasons, alert.updated_at = reasons, now
    return 0
