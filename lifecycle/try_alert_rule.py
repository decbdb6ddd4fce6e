"""Tell how many alerts a rule would have raised in the last 90 days, so that nobody makes one that is too loud."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.alert_episode import DayLine, Limits, episodes
from lifecycle.alert_queries import SENSOR_ALARMS
from lifecycle.alert_rule import AlertTerms, RuleCode, RuleInForce, figures
from lifecycle.alert_rules import UNKNOWN_PATTERN, Recent, beyond, deadband, multiples, outside, seen_on, shock_rates
from lifecycle.asset import AssetStatus
from lifecycle.condition.assessment import ASKS, limit
from lifecycle.condition_queries import products_of
from lifecycle.product import Product, Rating
from lifecycle.tables import AssetRecord, ConditionRecord, ProductRecord
from lifecycle.wear_readings import Since, measured
from telemetry.alarm_tables import AlarmRecord
from telemetry.lots import KEYS, lots

DAYS = 90
MOST = 1000
"""So many assets are tried at the most, those first registered."""
_BAD, _BETWEEN, _WELL = 1.0, 0.5, 0.0


class TriedAsset(NamedTuple):
    """How many alerts one asset would have had, and how often it crossed the bare limit."""

    asset_id: UUID
    alerts: int
    crossings: int


class Trial(NamedTuple):
    """A rule tried on `looked_at` assets over 90 days; `assets` are those with an alert, the loudest first."""

    days: int
    looked_at: int
    alerts: int
    crossings: int
    assets: list[TriedAsset]


def try_alert_rule(session: Session, *, code: RuleCode, terms: AlertTerms, now: datetime) -> Trial:
    """Hold a rule against the last 90 days; nothing is written. The same function raises alerts, so it cannot differ.

    Wear is tried on the conditions that were concluded then, the rest on the readings of then.
    """
    rule = RuleInForce(code=code, terms=terms)
    assets = _assets(session)
    products = products_of(session, assets)
    lines = _lines(session, rule, assets, products, now)
    tried = [_tried(asset_id, some, now) for asset_id, some in lines.items()]
    told = sorted((one for one in tried if one.alerts), key=lambda one: (-one.alerts, one.asset_id))
    return Trial(DAYS, len(assets), sum(one.alerts for one in tried), sum(one.crossings for one in tried), told)


Judged = tuple[DayLine, Limits, float]
"""A line, the limits it is held against, and the bare limit."""


def _assets(session: Session) -> list[AssetRecord]:
    query = select(AssetRecord).where(AssetRecord.status == AssetStatus.IN_SERVICE)
    return list(session.exec(query.order_by(col(AssetRecord.registered_at), col(AssetRecord.id)).limit(MOST)))


def _lines(
    session: Session,
    rule: RuleInForce,
    assets: Sequence[AssetRecord],
    products: Mapping[UUID, ProductRecord],
    now: datetime,
) -> Mapping[UUID, list[Judged]]:
    if rule.code in {RuleCode.ENVIRONMENT, RuleCode.MISUSE}:
        return _measured_lines(session, rule, assets, products, now)
    if rule.code is RuleCode.SENSOR:
        return _alarm_lines(session, {asset.id for asset in assets}, now)
    return _concluded_lines(session, rule, assets, products, now)


def _measured_lines(
    session: Session,
    rule: RuleInForce,
    assets: Sequence[AssetRecord],
    products: Mapping[UUID, ProductRecord],
    now: datetime,
) -> dict[UUID, list[Judged]]:
    wanted = {
        one.id: Since(now.date(), as_new=False, usage_metric=products[one.product_id].usage_metric) for one in assets
    }
    read = measured(session, wanted=wanted, today=now.date())
    judge = _of_environment if rule.code is RuleCode.ENVIRONMENT else _of_misuse
    return {
        one.id: list(judge(products[one.product_id], read[one.id].recent, rule)) for one in assets if one.id in read
    }


def _of_environment(product: Product, recent: Recent, rule: RuleInForce) -> Iterable[Judged]:
    for rating in map(Rating.model_validate, product.ratings):
        line = recent.lines.get(rating.metric)
        for sign, bound in ((1.0, rating.maximum), (-1.0, rating.minimum)):
            if line is not None and bound is not None:
                yield outside(line, sign, bound), beyond(rule, deadband(rating.metric, bound)), 0.0


def _of_misuse(product: Product, recent: Recent, rule: RuleInForce) -> Iterable[Judged]:
    metric = figures()["misuse"]["metric"]
    most = [one.maximum for one in map(Rating.model_validate, product.ratings) if one.metric == metric]
    if most and most[0] is not None:
        yield shock_rates(recent), multiples(rule, most[0]), most[0]


def _concluded_lines(
    session: Session,
    rule: RuleInForce,
    assets: Sequence[AssetRecord],
    products: Mapping[UUID, ProductRecord],
    now: datetime,
) -> dict[UUID, list[Judged]]:
    """Lay out, day by day, whether the conditions that were concluded raise, clear, or leave it as it is."""
    of = {asset.id: products[asset.product_id] for asset in assets}
    found: defaultdict[UUID, dict[int, float]] = defaultdict(dict)
    one, since = ConditionRecord, now - timedelta(days=DAYS)
    for some in lots(sorted(of), KEYS):
        query = select(one).where(col(one.asset_id).in_(some), one.assessed_at >= since, one.assessed_at <= now)
        for condition in session.exec(query.order_by(col(one.assessed_at))):
            judged = _concluded(condition, rule, of)
            found[condition.asset_id][condition.assessed_at.toordinal()] = judged
    terms = rule.terms
    limits = Limits(_BETWEEN, _WELL, terms.on_delay_days, terms.off_delay_days)
    return {asset: [(DayLine([*days], [*days.values()]), limits, _BETWEEN)] for asset, days in found.items()}


def _concluded(condition: ConditionRecord, rule: RuleInForce, of: Mapping[UUID, ProductRecord]) -> float:
    if rule.code is RuleCode.UNKNOWN_PATTERN:
        return _strange(condition)
    return _unexplained(condition, rule) if rule.code is RuleCode.UNEXPLAINED else _worn(condition, of, rule.terms)


def _unexplained(condition: ConditionRecord, rule: RuleInForce) -> float:
    seen = seen_on(condition.reasons)
    if not any(reason.get("code") in ASKS for reason in condition.reasons):
        return _WELL
    young = seen is not None and (condition.assessed_at.date() - seen).days <= rule.terms.limit
    return _BAD if young else _BETWEEN


def _worn(condition: ConditionRecord, products: Mapping[UUID, ProductRecord], terms: AlertTerms) -> float:
    attention, days = limit(products[condition.asset_id], "attention"), condition.remaining_days_p50
    if condition.index_p50 < attention or (days is not None and days < terms.limit):
        return _BAD
    well = condition.index_p50 >= min(attention + terms.clear_points, 100) and (days is None or days > terms.clear)
    return _WELL if well else _BETWEEN


def _strange(condition: ConditionRecord) -> float:
    return _BAD if any(reason.get("code") == UNKNOWN_PATTERN for reason in condition.reasons) else _WELL


def _alarm_lines(session: Session, asset_ids: set[UUID], now: datetime) -> dict[UUID, list[Judged]]:
    one, since = AlarmRecord, now - timedelta(days=DAYS)
    query = select(one.asset_id, one.raised_at).where(
        col(one.kind).in_(SENSOR_ALARMS), one.raised_at >= since, col(one.withdrawn_at).is_(None)
    )
    found: defaultdict[UUID, list[Judged]] = defaultdict(list)
    for asset_id, at in session.exec(query):
        if asset_id in asset_ids:
            found[asset_id].append((DayLine([at.toordinal()], [_BAD]), Limits(_BETWEEN, _WELL), _BETWEEN))
    return found


def _tried(asset_id: UUID, lines: Sequence[Judged], now: datetime) -> TriedAsset:
    first = (now - timedelta(days=DAYS)).toordinal()
    alerts = sum(one.raised >= first for line, limits, _ in lines for one in episodes(line, limits))
    bare = sum(one.raised >= first for line, _, level in lines for one in episodes(line, Limits(level, level)))
    return TriedAsset(asset_id, alerts, bare)
