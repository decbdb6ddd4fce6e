"""Keys for programs and secrets for devices: as far as their role, as long as they last."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pas import clock, identify
from pas.access import cookie_name
from pas.db import Database
from pas.role import Role
from pas.settings import settings
from tests.conftest import ClientOf


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _key(client: TestClient, role: str) -> dict[str, str]:
    made: dict[str, str] = client.post("/api/v1/api-keys", json={"name": "script", "role": role, "days": 1}).json()
    return made


def test_a_key_acts_in_its_own_narrower_role(app: FastAPI, client_of: ClientOf) -> None:
    key = _key(client_of(Role.ADMINISTRATOR), "technician")
    program = TestClient(app, headers=_bearer(key["secret"]))

    assert program.get("/api/v1/me").json()["role"] == "technician"
    assert program.get("/api/v1/people").status_code == 403


@pytest.mark.parametrize("role", ["administrator", "finance", "customer", "device"])
def test_nobody_makes_a_key_wider_than_oneself(client_of: ClientOf, role: str) -> None:
    refused = client_of(Role.TECHNICIAN).post("/api/v1/api-keys", json={"name": "x", "role": role})

    assert (refused.status_code, refused.json()["code"]) == (403, "role-too-wide")


def test_a_key_makes_no_further_key(app: FastAPI, client_of: ClientOf) -> None:
    made = _key(client_of(Role.ADMINISTRATOR), "administrator")
    program = TestClient(app, headers=_bearer(made["secret"]))

    assert program.get("/api/v1/people").status_code == 200
    assert program.post("/api/v1/api-keys", json={"name": "heir", "role": "technician"}).status_code == 403


def test_a_key_ends_when_revoked_when_expired_and_with_its_person(app: FastAPI, client_of: ClientOf) -> None:
    person, admin = client_of(Role.FLEET_MANAGER), client_of(Role.ADMINISTRATOR)
    revoked, expired, orphaned = (_key(person, "fleet_manager") for _ in range(3))
    for key in (revoked, expired, orphaned):
        assert TestClient(app).get("/api/v1/me", headers=_bearer(key["secret"])).status_code == 200

    person.delete(f"/api/v1/api-keys/{revoked['id']}")
    assert TestClient(app).get("/api/v1/me", headers=_bearer(revoked["secret"])).status_code == 401
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)):
        assert TestClient(app).get("/api/v1/me", headers=_bearer(expired["secret"])).status_code == 401
    mine = next(one for one in admin.get("/api/v1/people").json()["items"] if one["role"] == "fleet_manager")
    admin.patch(f"/api/v1/people/{mine['id']}", json={"role": "technician"})
    assert TestClient(app).get("/api/v1/me", headers=_bearer(orphaned["secret"])).status_code == 401


def test_a_key_of_somebody_else_does_not_exist_for_me(client_of: ClientOf) -> None:
    key = _key(client_of(Role.FINANCE), "finance")
    other = client_of(Role.FINANCE)

    foreign = other.delete(f"/api/v1/api-keys/{key['id']}")
    unknown = other.delete(f"/api/v1/api-keys/{uuid4()}")

    assert (foreign.status_code, foreign.json()) == (404, unknown.json())


def test_a_wrong_secret_of_a_right_key_is_refused(app: FastAPI, client_of: ClientOf) -> None:
    secret = _key(client_of(Role.FINANCE), "finance")["secret"]
    for wrong in (secret[:-1] + ("0" if secret[-1] != "0" else "1"), "pas_x_y", "pasd" + secret[3:], "é", ""):
        header = {"Authorization": b"Bearer " + wrong.encode()}
        assert TestClient(app).get("/api/v1/me", headers=header).status_code == 401


def test_a_device_speaks_for_its_assets_and_only_devices_role(
    app: FastAPI, database: Database, client_of: ClientOf, asset: Callable[[str], UUID]
) -> None:
    first, second = asset("S-1"), asset("S-2")
    admin = client_of(Role.ADMINISTRATOR)
    made = admin.post("/api/v1/devices", json={"name": "gateway", "asset_ids": [str(first)]}).json()

    device = TestClient(app, headers=_bearer(made["secret"]))
    caller = identify.by_header(database, token=made["secret"], now=clock.now())
    assert caller is not None
    assert (caller.role, caller.asset_ids) == (Role.DEVICE, frozenset({first}))
    assert device.get("/api/v1/me").json()["role"] == "device"
    assert device.get("/api/v1/people").status_code == 403

    moved = admin.put(f"/api/v1/devices/{made['id']}/assets", json={"asset_ids": [str(second)]})
    assert moved.json()["asset_ids"] == [str(second)]
    unknown = admin.put(f"/api/v1/devices/{made['id']}/assets", json={"asset_ids": [str(uuid4())]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "device-of-unknown-asset")


def test_two_secrets_of_a_device_count_until_the_new_one_is_settled(app: FastAPI, client_of: ClientOf) -> None:
    admin, anybody = client_of(Role.ADMINISTRATOR), TestClient(app)
    first = admin.post("/api/v1/devices", json={"name": "gateway", "asset_ids": []}).json()
    path = f"/api/v1/devices/{first['id']}"
    second = admin.post(f"{path}/secrets").json()

    def works(made: dict[str, str]) -> bool:
        return anybody.get("/api/v1/me", headers=_bearer(made["secret"])).status_code == 200

    assert works(first)
    assert works(second)
    admin.post(f"{path}/secrets/settle")
    assert not works(first)
    assert works(second)
    admin.delete(path)
    assert not works(second)
    assert admin.post("/api/v1/devices", json={"name": "gateway", "asset_ids": []}).status_code == 409


def test_a_cookie_acts_only_from_our_own_pages(app: FastAPI, client_of: ClientOf, database: Database) -> None:
    admin = client_of(Role.ADMINISTRATOR)
    made = admin.post("/api/v1/people", json={"email": "a@maker.example", "name": "A", "role": "administrator"}).json()
    begun = _cookie(database, made["password"])
    page = TestClient(app, cookies={cookie_name(): begun}, base_url="http://testserver")
    new = {"name": "x", "role": "technician"}

    assert page.get("/api/v1/me").status_code == 200
    assert page.post("/api/v1/api-keys", json=new).status_code == 403
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.test"}):
        refused = page.post("/api/v1/api-keys", json=new, headers=foreign)
        assert (refused.status_code, refused.json()["code"]) == (403, "foreign-page")
    for own in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}):
        assert page.post("/api/v1/api-keys", json=new, headers=own).status_code == 201
    assert page.get("/api/v1/me", headers=_bearer("0" * 64)).status_code == 401, "a token wins over a cookie"


def _cookie(database: Database, password: str) -> str:
    from pas.login import log_in  # noqa: PLC0415 - only here

    return log_in(
        database,
        organisation="maker",
        email="a@maker.example",
        password=password,
        kind="cookie",
        now=clock.now(),
    ).token


def test_the_cookie_is_bound_to_the_host_over_https(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cookie_name() == "pas"
    monkeypatch.setenv("PAS_PUBLIC_URL", "https://fleet.example")
    settings.cache_clear()
    try:
        assert cookie_name() == "__Host-pas"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
