"""Note that something about an asset changed, so that the worker assesses it again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.tables import ReassessmentRecord
from telemetry.tables import tenant_of

_AT_ONCE = 500


def await_reassessment(session: Session, asset_ids: Iterable[UUID], *, cause: str, now: datetime) -> int:
    """Queue assets once each, in the transaction of the change itself; give how many were not waiting yet.

    Does not assess anything.
    """
    tenant_id, wanted = tenant_of(session), sorted(set(asset_ids))
    queued = 0
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        waiting = set(
            session.exec(select(ReassessmentRecord.asset_id).where(col(ReassessmentRecord.asset_id).in_(some)))
        )
        fresh = [asset_id for asset_id in some if asset_id not in waiting]
        session.add_all(
            ReassessmentRecord(tenant_id=tenant_id, asset_id=asset_id, since=now, cause=cause) for asset_id in fresh
        )
        queued += len(fresh)
    session.flush()
    return queued
