"""Who is behind a token is remembered for a moment, and never beyond a change of anybody's rights."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from pas import identify, known_callers
from pas.caller import Caller
from pas.db import Database
from pas.known_callers import LASTS, KnownCallers, edition
from pas.role import Role
from pas.tables import SessionRecord
from tests.conftest import NOW, ClientOf
from tests.world import OPERATOR

CALLER = Caller(1, OPERATOR, Role.TECHNICIAN)


def test_a_caller_is_known_for_a_few_seconds_and_under_the_very_token_only() -> None:
    known = KnownCallers()
    known.keep("token", CALLER, now=NOW, edition=edition())

    assert known.find("token", now=NOW) is CALLER
    assert known.find("token", now=NOW + LASTS - timedelta(microseconds=1)) is CALLER
    assert known.find("token", now=NOW + LASTS) is None
    assert known.find("token", now=NOW - timedelta(seconds=1)) is None
    assert known.find("Token", now=NOW) is None
    assert "token" not in str(known.__dict__)


def test_no_more_callers_are_known_than_the_memory_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_callers, "MOST", 3)
    known = KnownCallers()
    for number in range(7):
        known.keep(f"token {number}", CALLER, now=NOW, edition=edition())
        assert len(known._known) <= 3
        assert known.find(f"token {number}", now=NOW) is CALLER


def test_who_was_looked_up_before_a_change_is_not_kept_after_it(database: Database, client_of: ClientOf) -> None:
    known, before = KnownCallers(), edition()
    client_of(Role.FINANCE)
    known.keep("token", CALLER, now=NOW, edition=before)

    assert known.find("token", now=NOW) is None


def test_a_change_that_was_undone_forgets_nobody(database: Database, tenant: int, client_of: ClientOf) -> None:
    client_of(Role.FINANCE)
    before = edition()
    with pytest.raises(ZeroDivisionError), database.writing(tenant) as session:
        session.delete(session.exec(select(SessionRecord)).one())
        session.flush()
        raise ZeroDivisionError

    assert edition() == before


def test_a_known_caller_is_not_looked_up_again(
    app: FastAPI, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up, by_header = [], identify.by_header
    monkeypatch.setattr(
        identify, "by_header", lambda *given, **named: (looked_up.append(1), by_header(*given, **named))[1]
    )
    client = client_of(Role.TECHNICIAN)
    for _ in range(3):
        assert client.get("/api/v1/me").status_code == 200
    assert len(looked_up) == 1


@pytest.mark.parametrize("ending", ["logout", "disabled", "password"])
def test_a_login_ends_at_once(app: FastAPI, client_of: ClientOf, ending: str) -> None:
    administrator, person = client_of(Role.ADMINISTRATOR), client_of(Role.TECHNICIAN)
    email = person.get("/api/v1/me").json()["name"]
    everybody = administrator.get("/api/v1/people").json()["items"]
    address = f"/api/v1/people/{next(one['id'] for one in everybody if one['email'] == email)}"

    if ending == "logout":
        person.post("/api/v1/logout")
    elif ending == "disabled":
        administrator.patch(address, json={"disabled": True})
    else:
        administrator.post(f"{address}/password")

    assert person.get("/api/v1/me").status_code == 401
    assert TestClient(app, headers=person.headers).post("/api/v1/readings").status_code == 401
