"""Questions about first-line alarms that need to know what an asset is: its product, its status, who holds it."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session, and_, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.alarm_reason import Seen, reasons
from lifecycle.asset import AssetStatus
from lifecycle.reason import Reason
from lifecycle.tables import AssetRecord, ProductRecord
from telemetry.alarm_rule import AlarmKind, AlarmPriority
from telemetry.alarm_tables import AlarmEventRecord, AlarmRecord, AlarmRuleRecord
from telemetry.lots import KEYS, lots
from telemetry.refusal import Refusal
from telemetry.tables import ReadingBatchRecord


class UnknownAlarm(Refusal):
    """No alarm of ours bears that id."""


def known_products(session: Session, asset_ids: Collection[UUID], *, in_service: bool = False) -> dict[UUID, str]:
    """Give the product codes of assets, or only of those that are in service."""
    found: dict[UUID, str] = {}
    same = and_(
        col(AssetRecord.tenant_id) == col(ProductRecord.tenant_id),
        col(AssetRecord.product_id) == col(ProductRecord.id),
    )
    for some in lots(sorted(asset_ids), KEYS):
        query = select(AssetRecord.id, ProductRecord.code).join(ProductRecord, same)
        query = query.where(col(AssetRecord.id).in_(some))
        if in_service:
            query = query.where(AssetRecord.status == AssetStatus.IN_SERVICE)
        found |= dict(session.exec(query).all())
    return found


def how_many_to_follow(session: Session) -> int:
    """Count the batches that wait to be followed, and the rules that have something to catch up on."""
    batches = select(func.count()).select_from(ReadingBatchRecord).where(~col(ReadingBatchRecord.followed))
    rules = select(func.count()).select_from(AlarmRuleRecord).where(~col(AlarmRuleRecord.caught_up))
    return session.exec(batches).one() + session.exec(rules).one()


def alarms(
    *,
    is_open: bool | None,
    asset_id: UUID | None,
    rule: str | None,
    kind: AlarmKind | None,
    priority: AlarmPriority | None,
    holder_id: UUID | None,
) -> SelectOfScalar[AlarmRecord]:
    """Ask for alarms that were not withdrawn; with a holder only for those of things with that holder now."""
    query = of_holder(holder_id).where(col(AlarmRecord.withdrawn_at).is_(None))
    cleared = col(AlarmRecord.cleared_at)
    if is_open is not None:
        query = query.where(cleared.is_(None) if is_open else cleared.is_not(None))
    for column, wanted in (
        (AlarmRecord.asset_id, asset_id),
        (AlarmRecord.rule, rule),
        (AlarmRecord.kind, kind),
        (AlarmRecord.priority, priority),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return query


def of_holder(holder_id: UUID | None) -> SelectOfScalar[AlarmRecord]:
    """Ask for alarms, withdrawn ones too."""
    query = select(AlarmRecord)
    if holder_id is None:
        return query
    same = and_(
        col(AlarmRecord.tenant_id) == col(AssetRecord.tenant_id), col(AlarmRecord.asset_id) == col(AssetRecord.id)
    )
    return query.join(AssetRecord, same).where(AssetRecord.holder_id == holder_id)


def known_alarm(session: Session, *, alarm_id: UUID, holder_id: UUID | None) -> AlarmRecord:
    """Give one alarm, also one that was withdrawn; with a holder only if the thing is with that holder now.

    Raises UnknownAlarm.
    """
    found = session.exec(of_holder(holder_id).where(AlarmRecord.id == alarm_id)).first()
    if found is None:
        raise UnknownAlarm("there is no such alarm")
    return found


def account_of(session: Session, alarm: AlarmRecord) -> list[AlarmEventRecord]:
    """Tell what was concluded of an alarm, in order."""
    one = AlarmEventRecord
    query = select(one).where(one.alarm_id == alarm.id, one.shard == alarm.shard).order_by(col(one.id))
    return list(session.exec(query))


def reasons_of(session: Session, alarms: Collection[AlarmRecord]) -> dict[UUID, list[Reason]]:
    """Say why alarms were raised, each by the version of its rule that raised it."""
    one = AlarmRuleRecord
    codes = sorted({alarm.rule for alarm in alarms})
    rules = {
        (rule.code, rule.version): rule
        for some in lots(codes, KEYS)
        for rule in session.exec(select(one).where(col(one.code).in_(some)))
    }
    return {
        alarm.id: reasons(
            Seen(f"{alarm.rule}/{alarm.version}", alarm.extreme, alarm.times, alarm.chatters),
            rules[alarm.rule, alarm.version],
        )
        for alarm in alarms
    }
