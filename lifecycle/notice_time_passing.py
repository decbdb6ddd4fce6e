"""Notice that time alone changes things: queue what was long not assessed, and what has a shelved alert that is due."""

from datetime import datetime, timedelta

from sqlmodel import Session, and_, col, or_, select

from lifecycle.alert import AlertState
from lifecycle.asset import AssetStatus
from lifecycle.await_reassessment import await_reassessment
from lifecycle.condition.assumptions import figure
from lifecycle.tables import AlertRecord, AssetRecord, ConditionRecord
from telemetry.tables import tenant_of

TIME = "time"


def notice_time_passing(session: Session, *, now: datetime) -> int:
    """Queue the assets of which the last conclusion is too old to stand, and give how many were not waiting yet.

    What is retired rests. What was never assessed, because nothing is known of it, is left to its first news.
    """
    tenant_id = tenant_of(session)
    last = and_(col(ConditionRecord.tenant_id) == tenant_id, col(ConditionRecord.id) == col(AssetRecord.condition_id))
    oldest = now - timedelta(days=figure("windows", "assess_again_days"))
    known_since = or_(col(AssetRecord.in_service_on).is_not(None), col(AssetRecord.made_on).is_not(None))
    never = and_(col(AssetRecord.condition_id).is_(None), known_since)

    stale = session.exec(
        select(AssetRecord.id)
        .join(ConditionRecord, last, isouter=True)
        .where(col(AssetRecord.status) != AssetStatus.RETIRED, or_(never, col(ConditionRecord.assessed_at) < oldest))
    ).all()
    due = session.exec(
        select(AlertRecord.asset_id).where(
            AlertRecord.state == AlertState.SHELVED, col(AlertRecord.shelved_until) <= now
        )
    ).all()

    return await_reassessment(session, [*stale, *due], cause=TIME, now=now)
