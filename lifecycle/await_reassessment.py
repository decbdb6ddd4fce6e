"""Note that something about an asset changed, so that the worker assesses it again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from lifecycle.tables import ReassessmentRecord
from telemetry.tables import tenant_of

_AT_ONCE = 500


def await_reassessment(session: Session, asset_ids: Iterable[UUID], *, cause: str, now: datetime) -> int:
    """Queue assets once each, in the transaction of the change itself; give how many were not waiting yet.

    Does not assess anything. A row that already waits is touched: a worker that is just assessing the asset from
    older facts then cannot take it off the queue unseen.
    """
    wanted = sorted(set(asset_ids))
    queued = 0
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        waiting = set(
            session.exec(select(ReassessmentRecord.asset_id).where(col(ReassessmentRecord.asset_id).in_(some)))
        )
        _queue(session, some, cause=cause, now=now)
        queued += len(set(some) - waiting)
    return queued


def _queue(session: Session, asset_ids: list[UUID], *, cause: str, now: datetime) -> None:
    tenant_id = tenant_of(session)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [{"tenant_id": tenant_id, "asset_id": one, "since": now, "cause": cause} for one in asset_ids]
    statement = insert(ReassessmentRecord).values(rows)
    touched = statement.on_conflict_do_update(index_elements=["tenant_id", "asset_id"], set_={"cause": cause})
    session.execute(touched)
