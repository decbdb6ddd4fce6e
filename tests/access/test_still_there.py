"""Who came a while ago may stay only as long as the login, the key, the role and the customer stand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from pas.caller import Caller
from pas.db import Database
from pas.role import Role
from pas.settings import settings
from pas.still_there import is_still_there
from pas.tables import ApiKeyRecord, PersonRecord, SessionRecord
from telemetry.identity import new_id
from tests.lifecycle.sample_fleet import store_customer


class Guest:
    """A fleet manager who came three times: by a page, by a token and by a key."""

    def __init__(self, database: Database, tenant: int, now: datetime) -> None:
        self.database, self.tenant, self.now = database, tenant, now
        with database.writing(tenant) as session:
            person = PersonRecord(
                tenant_id=tenant, email="an@maker.example", name="An", role=Role.FLEET_MANAGER, password_hash="",
                created_at=now,
            )  # fmt: skip
            session.add(person)
            session.flush()
            hour = {"created_at": now, "expires_at": now + timedelta(hours=1)}
            logins = [
                SessionRecord(tenant_id=tenant, person_id=person.id, token_hash=kind, kind=kind, seen_at=now, **hour)
                for kind in ("cookie", "bearer")
            ]
            key = ApiKeyRecord(
                tenant_id=tenant, person_id=person.id, name="k", secret_hash="", role=Role.TECHNICIAN, **hour
            )
            session.add_all([*logins, key])
            session.flush()
            actor = Actor(kind="person", name=person.email, id=person.id)
            self.callers = {
                one.kind: Caller(tenant, actor, person.role, person_id=person.id, session_id=one.id) for one in logins
            }
            program = Actor(kind="program", name="k", id=key.id)
            self.callers["key"] = Caller(tenant, program, key.role, person_id=person.id)

    def still(self, now: datetime | None = None) -> set[str]:
        """Tell which of the three still stand."""
        return {name for name, one in self.callers.items() if is_still_there(self.database, one, now=now or self.now)}

    def change(self, change: Callable[[Session], None]) -> set[str]:
        with self.database.writing(self.tenant) as session:
            change(session)
        return self.still()


@pytest.fixture
def guest(database: Database, tenant: int, now: datetime) -> Guest:
    return Guest(database, tenant, now)


def _person(session: Session) -> PersonRecord:
    return session.exec(select(PersonRecord)).one()


def test_time_ends_a_login_a_page_that_is_left_alone_sooner(guest: Guest, now: datetime) -> None:
    idle = timedelta(minutes=settings().session_idle_minutes, seconds=1)

    assert guest.still() == {"cookie", "bearer", "key"}
    assert guest.still(now + idle) == {"bearer", "key"}
    assert guest.still(now + timedelta(hours=1)) == set()


def test_whoever_is_shut_out_is_out(guest: Guest, now: datetime) -> None:
    def revoke(session: Session) -> None:
        session.exec(select(ApiKeyRecord)).one().revoked_at = now

    def log_out(session: Session) -> None:
        session.delete(session.exec(select(SessionRecord).where(col(SessionRecord.kind) == "cookie")).one())

    def disable(session: Session) -> None:
        _person(session).disabled_at = now

    assert guest.change(revoke) == {"cookie", "bearer"}
    assert guest.change(log_out) == {"bearer"}
    assert guest.change(disable) == set()


def test_another_role_or_customer_is_another_guest(guest: Guest) -> None:
    def technician(session: Session) -> None:
        _person(session).role = Role.TECHNICIAN

    def finance(session: Session) -> None:
        _person(session).role = Role.FINANCE

    def of_a_customer(session: Session) -> None:
        _person(session).customer_id = store_customer(session).id

    assert guest.change(technician) == {"key"}
    assert guest.change(finance) == set()
    assert guest.change(of_a_customer) == set()


def test_nobody_of_another_tenant_is_taken_for_a_guest(guest: Guest) -> None:
    for caller in guest.callers.values():
        stranger = caller._replace(tenant_id=guest.tenant + 1)
        unknown = caller._replace(session_id=UUID(int=1), actor=caller.actor._replace(id=new_id()))
        assert not is_still_there(guest.database, stranger, now=guest.now)
        assert not is_still_there(guest.database, unknown, now=guest.now)
