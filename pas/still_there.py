"""Whether somebody who came a while ago may still be here: logins end, keys are revoked, roles change."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from pas.caller import Caller
from pas.db import Database
from pas.role import may_give
from pas.settings import settings
from pas.tables import ApiKeyRecord, PersonRecord, SessionRecord


def is_still_there(database: Database, caller: Caller, *, now: datetime) -> bool:
    """Tell whether a person's login or a program's key still stands, for the same role and customer.

    Looking counts for nothing: a login that is only looked at ends as if it were left alone.
    """
    with database.looking_in() as session:
        person = _one(session, PersonRecord, caller, caller.person_id)
        if person is None or person.disabled_at is not None or person.customer_id != caller.customer_id:
            return False
        if caller.session_id is not None:
            login = _one(session, SessionRecord, caller, caller.session_id)
            return login is not None and person.role == caller.role and not _is_over(login, now)
        key = _one(session, ApiKeyRecord, caller, caller.actor.id)
        if key is None or key.revoked_at is not None or key.expires_at <= now:
            return False
        return key.role == caller.role and key.role in may_give(person.role)


def _one(session: Session, table: Any, caller: Caller, identity: object) -> Any:
    query = select(table).where(col(table.tenant_id) == caller.tenant_id, col(table.id) == identity)
    return session.exec(query).first()


def _is_over(login: SessionRecord, now: datetime) -> bool:
    idle = login.kind == "cookie" and now - login.seen_at > timedelta(minutes=settings().session_idle_minutes)
    return idle or login.expires_at <= now
