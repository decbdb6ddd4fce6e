"""Who may come in, and how slowly a guesser gets on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.actor import Actor
from pas import identify
from pas.db import Database
from pas.login import FREE_TRIES, WrongLogin, log_in
from pas.people import (
    EmailTaken,
    LastAdministrator,
    PersonChange,
    WrongPerson,
    add_person,
    change_person,
)
from pas.role import Role
from pas.secret import new_password
from pas.settings import settings
from pas.tables import PersonRecord, SessionRecord

PASSWORD = "correct horse battery"


@pytest.fixture
def person(database: Database, tenant: int, now: datetime, actor: Actor) -> PersonRecord:
    with database.writing(tenant) as session:
        return add_person(
            session, email=" An@Maker.example", name="An", role=Role.ADMINISTRATOR, password=PASSWORD, now=now, by=actor
        )


def _try(database: Database, now: datetime, password: str = PASSWORD, email: str = "an@maker.example") -> object:
    return log_in(database, organisation="maker", email=email, password=password, kind="bearer", now=now)


def test_the_right_password_begins_a_login_whose_token_is_not_kept(
    database: Database, tenant: int, person: PersonRecord, now: datetime
) -> None:
    begun = log_in(database, organisation="Maker", email="AN@maker.example", password=PASSWORD, kind="bearer", now=now)

    caller = identify.by_header(database, token=begun.token, now=now)
    assert caller is not None
    assert (caller.tenant_id, caller.role, caller.person_id) == (tenant, Role.ADMINISTRATOR, person.id)
    with database.reading(tenant) as session:
        assert begun.token not in session.exec(select(SessionRecord)).one().token_hash


def test_wrong_unknown_and_resting_sound_alike(database: Database, person: PersonRecord, now: datetime) -> None:
    sentences = set()
    for attempt in (
        lambda: _try(database, now, password="wrong wrong wrong"),
        lambda: _try(database, now, email="nobody@maker.example"),
        lambda: log_in(
            database, organisation="nowhere", email="an@maker.example", password=PASSWORD, kind="bearer", now=now
        ),
    ):
        with pytest.raises(WrongLogin) as refused:
            attempt()
        sentences.add(refused.value.sentence)
    for _ in range(FREE_TRIES):
        with pytest.raises(WrongLogin):
            _try(database, now, password="wrong wrong wrong")
    with pytest.raises(WrongLogin) as refused:
        _try(database, now)

    assert sentences == {refused.value.sentence}


def test_an_account_rests_longer_after_each_further_wrong_try(
    database: Database, tenant: int, person: PersonRecord, now: datetime
) -> None:
    rests, moment = [], now
    for _ in range(FREE_TRIES + 2):
        with pytest.raises(WrongLogin):
            _try(database, moment, password="wrong wrong wrong")
        with database.reading(tenant) as session:
            until = session.exec(select(PersonRecord.locked_until)).one()
        rests.append(until - moment if until else timedelta(0))
        moment = until or moment

    assert rests[: FREE_TRIES - 1] == [timedelta(0)] * (FREE_TRIES - 1)
    assert rests[FREE_TRIES - 1] < rests[FREE_TRIES] < rests[FREE_TRIES + 1]
    assert _try(database, moment)


def test_a_login_ends_when_left_alone_and_ends_anyway(database: Database, person: PersonRecord, now: datetime) -> None:
    begun = log_in(database, organisation="maker", email="an@maker.example", password=PASSWORD, kind="cookie", now=now)
    idle = timedelta(minutes=settings().session_idle_minutes)

    assert identify.by_cookie(database, token=begun.token, now=now + idle + timedelta(seconds=1)) is None
    moment = now
    while moment + idle < begun.expires_at:
        moment += idle - timedelta(minutes=1)
        assert identify.by_cookie(database, token=begun.token, now=moment)
    assert identify.by_cookie(database, token=begun.token, now=begun.expires_at) is None
    assert identify.by_header(database, token=begun.token, now=now) is None, "a cookie is no bearer token"


def test_a_new_role_ends_every_login_and_a_disabled_person_stays_out(
    database: Database, tenant: int, person: PersonRecord, now: datetime, actor: Actor
) -> None:
    with database.writing(tenant) as session:
        other = add_person(
            session, email="b@maker.example", name="B", role=Role.FINANCE, password=PASSWORD, now=now, by=actor
        )
    begun = log_in(database, organisation="maker", email="b@maker.example", password=PASSWORD, kind="bearer", now=now)
    with database.writing(tenant) as session:
        change_person(session, person_id=other.id, change=PersonChange(role=Role.TECHNICIAN), now=now, by=actor)
    assert identify.by_header(database, token=begun.token, now=now) is None

    with database.writing(tenant) as session:
        change_person(session, person_id=other.id, change=PersonChange(disabled=True), now=now, by=actor)
    with pytest.raises(WrongLogin):
        _try(database, now, email="b@maker.example")


@pytest.mark.parametrize("change", [PersonChange(role=Role.FINANCE), PersonChange(disabled=True)])
def test_the_last_administrator_stays(
    database: Database, tenant: int, person: PersonRecord, now: datetime, actor: Actor, change: PersonChange
) -> None:
    with pytest.raises(LastAdministrator), database.writing(tenant) as session:
        change_person(session, person_id=person.id, change=change, now=now, by=actor)


def test_an_address_is_taken_once_and_customers_go_with_their_role(
    database: Database, tenant: int, person: PersonRecord, now: datetime, actor: Actor
) -> None:
    def add(email: str, role: Role, **more: object) -> None:
        with database.writing(tenant) as session:
            add_person(session, email=email, name="N", role=role, password=PASSWORD, now=now, by=actor, **more)  # type: ignore[arg-type]

    with pytest.raises(EmailTaken):
        add("AN@maker.example ", Role.FINANCE)
    with pytest.raises(WrongPerson):
        add("c@maker.example", Role.CUSTOMER)
    with pytest.raises(WrongPerson):
        add("c@maker.example", Role.FINANCE, customer_id=uuid4())
    with pytest.raises(WrongPerson):
        add("c@maker.example", Role.CUSTOMER, customer_id=uuid4())


def test_logging_in_over_http_gives_a_token_and_out_ends_it(app: FastAPI, person: PersonRecord) -> None:
    client = TestClient(app)
    answer = client.post(
        "/api/v1/login", json={"organisation": "maker", "email": "an@maker.example", "password": PASSWORD}
    )
    assert answer.status_code == 200
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    assert client.get("/api/v1/me").json()["role"] == "administrator"
    assert client.post("/api/v1/logout").status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_login_tries_from_one_address_are_counted(app: FastAPI, person: PersonRecord) -> None:
    client, body = TestClient(app), {"organisation": "maker", "email": "x@y", "password": "wrong"}
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC), tick=False):
        for _ in range(settings().logins_per_minute):
            assert client.post("/api/v1/login", json=body).status_code == 401
        refused = client.post("/api/v1/login", json=body)

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_a_new_password_ends_the_other_logins(app: FastAPI, database: Database, person: PersonRecord) -> None:
    client, fresh = TestClient(app), new_password()
    credentials = {"organisation": "maker", "email": "an@maker.example", "password": PASSWORD}
    tokens = [client.post("/api/v1/login", json=credentials).json()["token"] for _ in range(2)]
    mine, other = ({"Authorization": f"Bearer {token}"} for token in tokens)

    wrong = client.post("/api/v1/me/password", json={"old": "not it at all", "new": fresh}, headers=mine)
    short = client.post("/api/v1/me/password", json={"old": PASSWORD, "new": "short"}, headers=mine)
    right = client.post("/api/v1/me/password", json={"old": PASSWORD, "new": fresh}, headers=mine)

    assert [wrong.status_code, short.status_code, right.status_code] == [401, 422, 204]
    assert client.get("/api/v1/me", headers=mine).status_code == 200
    assert client.get("/api/v1/me", headers=other).status_code == 401
    assert client.post("/api/v1/login", json={**credentials, "password": fresh}).status_code == 200


def test_the_command_founds_a_tenant_and_prints_a_fresh_password_once(
    database: Database, pas: Callable[..., object]
) -> None:
    founded = pas("tenant", "found", "acme", "--name", "Acme", "--json").json  # type: ignore[attr-defined]
    added = pas(  # type: ignore[attr-defined]
        "person", "add", "jo@acme.example", "--role", "administrator", "--name", "Jo", "--tenant", "acme", "--json"
    ).json

    assert founded["tenant"] == "acme"
    assert log_in(
        database,
        organisation="acme",
        email="jo@acme.example",
        password=added["password"],
        kind="bearer",
        now=datetime(2026, 11, 1, tzinfo=UTC),
    )
    reset = pas("person", "reset", "Jo@acme.example", "--json").json  # type: ignore[attr-defined]
    assert reset["password"] != added["password"]
    assert pas("person", "reset", "nobody@acme.example").exit_code == 1  # type: ignore[attr-defined]
    again = pas("tenant", "found", "acme", "--name", "Acme", "--json")
    assert (again.exit_code, again.json["code"]) == (1, "tenant-exists")  # type: ignore[attr-defined]
    assert [row["email"] for row in pas("person", "list", "--json").json] == ["jo@acme.example"]  # type: ignore[attr-defined]
