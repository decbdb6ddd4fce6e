"""A write sent twice under one key is done once, also when both arrive together or the first one fails."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.tables import SiteRecord
from pas import app as application
from pas.access import STAFF, Asking, Writing, may
from pas.app import create_app
from pas.db import Database
from pas.role import Role
from tests.conftest import ClientOf

router = APIRouter(prefix="/test-sites")


@router.post("", status_code=201)
@may(*STAFF)
def add_site(body: dict[str, str], caller: Asking, session: Writing) -> dict[str, str]:
    """Add a site; the name `fail` fails after the work."""
    record = SiteRecord.model_validate({"tenant_id": caller.tenant_id, "code": body["code"], "name": body["name"]})
    session.add(record)
    session.flush()
    if body["name"] == "fail":
        raise RuntimeError
    return {"id": str(record.id)}


@pytest.fixture
def app(database: Database, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setattr(application, "ROUTERS", (*application.ROUTERS, router))
    return create_app(database)


def _post(client: TestClient, key: str | None, code: str = "A", name: str = "Aalst") -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return client.post("/api/v1/test-sites", json={"code": code, "name": name}, headers=headers)


def _codes(database: Database, tenant: int) -> list[str]:
    with database.reading(tenant) as session:
        return list(session.exec(select(SiteRecord.code)))


def test_the_same_key_and_body_give_the_first_answer_again(
    client_of: ClientOf, database: Database, tenant: int
) -> None:
    client = client_of(Role.FLEET_MANAGER)
    first, second = _post(client, "k1"), _post(client, "k1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert _codes(database, tenant) == ["A"]


def test_the_same_key_with_another_body_is_refused(client_of: ClientOf, database: Database, tenant: int) -> None:
    client = client_of(Role.FLEET_MANAGER)
    _post(client, "k1")
    refused = _post(client, "k1", code="B")

    assert (refused.status_code, refused.json()["code"]) == (422, "key-of-another-request")
    assert _codes(database, tenant) == ["A"]


def test_a_key_is_ones_own(client_of: ClientOf, database: Database, tenant: int) -> None:
    _post(client_of(Role.FLEET_MANAGER), "k1", code="A")
    assert _post(client_of(Role.FLEET_MANAGER), "k1", code="B").status_code == 201
    assert sorted(_codes(database, tenant)) == ["A", "B"]


def test_work_that_failed_leaves_no_key(client_of: ClientOf, database: Database, tenant: int) -> None:
    client = client_of(Role.FLEET_MANAGER)

    assert _post(client, "k1", name="fail").status_code == 500
    assert _post(client, "k1").status_code == 201
    assert _codes(database, tenant) == ["A"]


def test_a_refused_request_may_be_mended_under_the_same_key(client_of: ClientOf) -> None:
    client = client_of(Role.FLEET_MANAGER)
    headers = {"Idempotency-Key": "k1"}

    assert client.post("/api/v1/test-sites", json=[], headers=headers).status_code == 422
    assert _post(client, "k1").status_code == 201


def test_sixteen_at_once_under_one_key_do_the_work_once(client_of: ClientOf, database: Database, tenant: int) -> None:
    client = client_of(Role.FLEET_MANAGER)
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: _post(client, "k1"), range(16)))

    assert Counter(answer.status_code for answer in answers) == {201: 16}
    assert len({answer.text for answer in answers}) == 1
    assert _codes(database, tenant) == ["A"]


@pytest.mark.parametrize("key", ["", "x" * 121, "a\tb"])
def test_an_unusable_key_is_refused(client_of: ClientOf, key: str) -> None:
    assert _post(client_of(Role.FLEET_MANAGER), key).status_code == 422


def test_an_answer_with_a_secret_is_not_kept(client_of: ClientOf) -> None:
    client, headers = client_of(Role.ADMINISTRATOR), {"Idempotency-Key": "k1"}
    new = {"name": "script", "role": "technician"}

    first = client.post("/api/v1/api-keys", json=new, headers=headers)
    second = client.post("/api/v1/api-keys", json=new, headers=headers)

    assert first.json()["secret"].startswith("pas_")
    assert (second.status_code, second.json()["code"]) == (409, "secret-shown-once")
    assert len(client.get("/api/v1/api-keys").json()["items"]) == 1
