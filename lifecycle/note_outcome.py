"""Note what became of an alert, or that something failed and no alert had foretold it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.alert import AlertVerdict
from lifecycle.alert_rule import RuleCode, rule_named
from lifecycle.alert_tables import AlertOutcomeRecord
from lifecycle.condition_queries import known_alert
from lifecycle.history import EARLIEST
from lifecycle.queries import known_asset
from lifecycle.tables import AlertRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

_AHEAD = timedelta(minutes=5)


class ImpossibleFailure(Refusal):
    """A failure is of the past."""


def note_outcome(
    session: Session,
    alert: AlertRecord,
    *,
    verdict: AlertVerdict | None,
    failed_at: datetime | None,
    note: str,
    now: datetime,
    by: Actor,
) -> AlertOutcomeRecord:
    """Append what somebody says of an alert; all is kept, and the last word counts."""
    outcome = AlertOutcomeRecord(
        tenant_id=tenant_of(session),
        alert_id=alert.id,
        asset_id=alert.asset_id,
        rule=rule_named(alert.rule, alert.kind),
        verdict=verdict,
        failed_at=failed_at,
        note=note,
        recorded_at=now,
        recorded_by=by.name,
    )
    session.add(outcome)
    session.flush()
    return outcome


def note_failure(
    session: Session,
    *,
    asset_id: UUID,
    alert_id: UUID | None,
    rule: RuleCode,
    failed_at: datetime,
    note: str,
    now: datetime,
    by: Actor,
) -> AlertOutcomeRecord:
    """Note that a thing failed, foretold by an alert or by none; from this a rule's recall and lead time are counted.

    Raises UnknownAlert, UnknownAsset and ImpossibleFailure.
    """
    if not EARLIEST <= failed_at <= now + _AHEAD:
        raise ImpossibleFailure("a failure is noted when it has happened; give a moment of the past", field="failed_at")
    if alert_id is not None:
        alert = known_alert(session, alert_id=alert_id, holder_id=None)
        return note_outcome(session, alert, verdict=None, failed_at=failed_at, note=note, now=now, by=by)
    asset = known_asset(session, asset_id=asset_id, holder_id=None)

    missed = AlertOutcomeRecord(
        tenant_id=tenant_of(session),
        asset_id=asset.id,
        rule=rule,
        failed_at=failed_at,
        note=note,
        recorded_at=now,
        recorded_by=by.name,
    )
    session.add(missed)
    session.flush()
    return missed
