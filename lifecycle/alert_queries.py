"""Questions about alerts: which rules are in force, what is known of a class of things, what waits to be told."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.alert import AlertState, AlertVerdict
from lifecycle.alert_rule import AlertTerms, RuleCode, RuleInForce, Rules, figures, our_rules
from lifecycle.alert_tables import AlertNoticeRecord, AlertOutcomeRecord, AlertRuleRecord
from lifecycle.asset import AssetStatus
from lifecycle.tables import AlertRecord, AssetRecord, InspectionRecord, ProductRecord, SiteRecord
from telemetry.alarm_rule import AlarmKind
from telemetry.alarm_tables import AlarmRecord
from telemetry.lots import KEYS, lots
from telemetry.tables import tenant_of

SENSOR_ALARMS = (AlarmKind.SILENCE, AlarmKind.STUCK, AlarmKind.IMPOSSIBLE)
"""First-line alarms that say something of what measures, not of what is measured."""
_ANSWERS = (AlertVerdict.PLANNED, AlertVerdict.DONE, AlertVerdict.NOT_TRUE)


class ClassAge(NamedTuple):
    """What is known of a class of things: a day long ago on which we had one, and how many forecasts met what came."""

    since: date | None
    outcomes: int


class Described(NamedTuple):
    """An alert with the thing it is about, and what that and its place are called."""

    alert: AlertRecord
    asset: AssetRecord
    product: str
    site: str


def rules_in_force(session: Session) -> Rules:
    """Give every rule as it stands now: the tenant's last version, or ours."""
    latest = (
        select(AlertRuleRecord.code, func.max(AlertRuleRecord.version).label("version"))
        .where(AlertRuleRecord.tenant_id == tenant_of(session))
        .group_by(col(AlertRuleRecord.code))
        .subquery()
    )
    same = and_(col(AlertRuleRecord.code) == latest.c.code, col(AlertRuleRecord.version) == latest.c.version)
    kept = {record.code: in_force(record) for record in session.exec(select(AlertRuleRecord).join(latest, same))}
    return dict(our_rules()) | kept


def in_force(record: AlertRuleRecord) -> RuleInForce:
    """Give a version as a rule."""
    terms = AlertTerms.model_validate({name: getattr(record, name) for name in AlertTerms.model_fields})
    return RuleInForce(code=record.code, version=record.version, terms=terms)


def versions_of(session: Session, code: RuleCode) -> list[AlertRuleRecord]:
    """Give every version of a rule that the tenant made, the newest first."""
    query = select(AlertRuleRecord).where(AlertRuleRecord.code == code)
    return list(session.exec(query.order_by(col(AlertRuleRecord.version).desc())))


def class_ages(session: Session, product_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, ClassAge]:
    """Tell of each product whether we have had one for long enough, and how many outcomes its fleet has shown.

    An outcome is an inspection after an earlier one, a retirement, or an answer to an alert. Nothing is counted
    beyond what a rule needs to be heard, so that a large fleet is not read through.
    """
    return {one: ClassAge(_since(session, one, now), _outcomes(session, one)) for one in sorted(set(product_ids))}


def _since(session: Session, product_id: UUID, now: datetime) -> date | None:
    """Give a day, long enough ago, on which one was there; None where the class is younger."""
    known = now.date() - timedelta(days=figures()["shadow"]["days"])
    began = func.coalesce(col(AssetRecord.in_service_on), col(AssetRecord.made_on))
    query = select(col(AssetRecord.in_service_on), col(AssetRecord.made_on))
    found = session.exec(query.where(AssetRecord.product_id == product_id, began <= known).limit(1)).first()
    return None if found is None else found[0] or found[1]


def _outcomes(session: Session, product_id: UUID) -> int:
    enough, found = figures()["shadow"]["outcomes"], 0
    for query in (_retired(product_id), _seen_again(product_id), _answered(product_id)):
        found += len(session.exec(query.limit(enough)).all())
        if found >= enough:
            return found
    return found


def _retired(product_id: UUID) -> SelectOfScalar[UUID]:
    one = AssetRecord
    return select(one.id).where(one.product_id == product_id, one.status == AssetStatus.RETIRED)


def _seen_again(product_id: UUID) -> SelectOfScalar[UUID]:
    """Ask for inspections of things that were inspected before."""
    earlier = aliased(InspectionRecord)
    before = select(earlier.id).where(
        earlier.tenant_id == col(InspectionRecord.tenant_id),
        earlier.asset_id == col(InspectionRecord.asset_id),
        earlier.inspected_at < col(InspectionRecord.inspected_at),
    )
    query = select(InspectionRecord.id).join(AssetRecord, _of_asset(InspectionRecord))
    return query.where(AssetRecord.product_id == product_id, before.exists())


def _answered(product_id: UUID) -> SelectOfScalar[UUID]:
    query = select(AlertOutcomeRecord.id).join(AssetRecord, _of_asset(AlertOutcomeRecord))
    return query.where(AssetRecord.product_id == product_id, col(AlertOutcomeRecord.verdict).in_(_ANSWERS))


def doubted_metrics(session: Session, asset_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """Give the metrics of assets whose readings an open first-line alarm calls stuck or impossible."""
    found: dict[UUID, set[str]] = {}
    one = AlarmRecord
    for some in lots(sorted(asset_ids), KEYS):
        query = select(one.asset_id, one.metric).where(
            col(one.asset_id).in_(some),
            col(one.kind).in_((AlarmKind.STUCK, AlarmKind.IMPOSSIBLE)),
            col(one.cleared_at).is_(None),
            col(one.withdrawn_at).is_(None),
        )
        for asset_id, metric in session.exec(query):
            found.setdefault(asset_id, set()).add(metric)
    return found


def open_sensor_alarms(session: Session) -> list[AlarmRecord]:
    """Give the open first-line alarms about what measures, of things in service, the oldest first."""
    one = AlarmRecord
    query = (
        select(one)
        .join(AssetRecord, _of_asset(one))
        .where(AssetRecord.status == AssetStatus.IN_SERVICE, col(one.kind).in_(SENSOR_ALARMS))
        .where(col(one.cleared_at).is_(None), col(one.withdrawn_at).is_(None))
        .order_by(col(one.raised_at), col(one.id))
    )
    return list(session.exec(query))


def waiting_notices(session: Session, *, limit: int) -> list[AlertNoticeRecord]:
    """Give what waits to be told, the oldest first, held for us; what another holds is passed over."""
    one = AlertNoticeRecord
    query = select(one).where(col(one.told_at).is_(None)).order_by(col(one.since), col(one.id)).limit(limit)
    return list(session.exec(query.with_for_update(skip_locked=True)))


def described(session: Session, alert_ids: Iterable[UUID]) -> list[Described]:
    """Give alerts with their things, in the order in which they were raised."""
    found: list[Described] = []
    for some in lots(sorted(set(alert_ids)), KEYS):
        query = (
            select(AlertRecord, AssetRecord, ProductRecord.name, SiteRecord.name)
            .join(AssetRecord, _same(AssetRecord, AlertRecord.asset_id))
            .join(ProductRecord, _same(ProductRecord, AssetRecord.product_id))
            .join(SiteRecord, _same(SiteRecord, AssetRecord.site_id), isouter=True)
            .where(col(AlertRecord.id).in_(some))
        )
        found += [Described(alert, asset, product, site or "") for alert, asset, product, site in session.exec(query)]
    return sorted(found, key=lambda one: (one.alert.raised_at, one.asset.serial, one.alert.id))


def oldest_notice(session: Session) -> datetime | None:
    """Tell since when something waits to be told; None where nothing does."""
    query = select(func.min(AlertNoticeRecord.since)).where(col(AlertNoticeRecord.told_at).is_(None))
    return session.exec(query).one()


def outcomes_of(session: Session, *, since: datetime) -> list[tuple[AlertOutcomeRecord, AlertRecord | None]]:
    """Give what became of alerts since a moment, each with its alert where there was one, in the order of recording."""
    one = AlertOutcomeRecord
    query = (
        select(one, AlertRecord)
        .join(AlertRecord, _same(AlertRecord, one.alert_id), isouter=True)
        .where(one.recorded_at >= since)
        .order_by(col(one.recorded_at), col(one.id))
    )
    return list(session.exec(query).all())


def raised_since(session: Session, *, since: datetime) -> Mapping[str, int]:
    """Count the alerts that each version of a rule raised since a moment."""
    query = select(AlertRecord.rule, func.count()).where(AlertRecord.raised_at >= since)
    return dict(session.exec(query.group_by(col(AlertRecord.rule))).all())


def how_many_in_service(session: Session) -> int:
    """Count the things in service, over which false alerts are spread."""
    query = select(func.count()).select_from(AssetRecord).where(AssetRecord.status == AssetStatus.IN_SERVICE)
    return session.exec(query).one()


def open_alerts_of_kind(session: Session, prefix: str) -> list[AlertRecord]:
    """Give the open alerts whose failure mode begins so."""
    begins = col(AlertRecord.failure_mode).startswith(prefix, autoescape=True)
    return list(session.exec(select(AlertRecord).where(begins, col(AlertRecord.state) != AlertState.CLEARED)))


def _of_asset(table: type[InspectionRecord | AlertOutcomeRecord | AlarmRecord]) -> ColumnElement[bool]:
    return and_(col(table.tenant_id) == col(AssetRecord.tenant_id), col(table.asset_id) == col(AssetRecord.id))


def _same(table: Any, column: Any) -> ColumnElement[bool]:
    """Join a table by a column that names its rows, within the tenant."""
    return and_(table.id == column, table.tenant_id == column.class_.tenant_id)
