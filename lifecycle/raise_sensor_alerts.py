"""Tell the operator where what measures needs a look: silent, stuck or impossible readings, one alert a metric."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.alarm_queries import reasons_of
from lifecycle.alert_queries import ClassAge, open_alerts_of_kind, open_sensor_alarms, rules_in_force
from lifecycle.alert_rule import RuleCode
from lifecycle.alert_rules import Finding
from lifecycle.condition_queries import products_of
from lifecycle.raise_alerts import AlertNews, clear, leave_notices, raise_one
from lifecycle.tables import AlertRecord, AssetRecord
from telemetry.alarm_tables import AlarmRecord
from telemetry.lots import KEYS, lots

_MODE = "sensor:"
_ANY_AGE = ClassAge(None, 0)


def raise_sensor_alerts(session: Session, *, now: datetime) -> AlertNews:
    """Raise an alert for each asset and metric with an open alarm about its sensor, and clear those whose alarm ended.

    What first-line alarms concluded in event time is taken over as it stands: late readings may clear it again.
    """
    rule = rules_in_force(session)[RuleCode.SENSOR]
    alarms = {(one.asset_id, mode_of(one)): one for one in open_sensor_alarms(session)} if rule.terms.active else {}
    standing = {(one.asset_id, one.failure_mode): one for one in open_alerts_of_kind(session, _MODE)}
    fresh = {key: alarm for key, alarm in alarms.items() if key not in standing}

    raised = _raise(session, fresh, now=now)
    over = [alert for key, alert in standing.items() if key not in alarms]
    for alert in over:
        clear(alert, now=now)

    leave_notices(session, raised, now=now)
    return AlertNews(len(raised), len(over))


def mode_of(alarm: AlarmRecord) -> str:
    """Name the failure mode of a sensor."""
    return f"{_MODE}{alarm.metric}"[:60]


def _raise(session: Session, fresh: dict[tuple[UUID, str], AlarmRecord], *, now: datetime) -> list[AlertRecord]:
    if not fresh:
        return []
    rule, why = rules_in_force(session)[RuleCode.SENSOR], reasons_of(session, fresh.values())
    assets = _assets(session, {asset_id for asset_id, _ in fresh})
    products = products_of(session, assets.values())
    raised = []
    for (asset_id, mode), alarm in fresh.items():
        finding = Finding(rule, mode, raises=True, clears=False, reasons=why[alarm.id])
        asset = assets[asset_id]
        alert = raise_one(session, asset, finding, product=products[asset.product_id], age=_ANY_AGE, now=now)
        alert.began_at = alarm.began_at
        raised.append(alert)
    return raised


def _assets(session: Session, asset_ids: set[UUID]) -> dict[UUID, AssetRecord]:
    found: dict[UUID, AssetRecord] = {}
    for some in lots(sorted(asset_ids), KEYS):
        query = select(AssetRecord).where(col(AssetRecord.id).in_(some))
        found |= {asset.id: asset for asset in session.exec(query)}
    return found
