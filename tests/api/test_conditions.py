"""Over HTTP: inspections in, conditions, alerts, routes and values out, to whom they belong."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from pas.db import Database
from pas.role import Role
from pas.worker import work_once
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product


@pytest.fixture
def asset(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    with database.writing(tenant) as session:
        holder = store_customer(session)
        return store_assets(session, store_product(session), now=now, by=actor, holder_id=holder.id)[0]


@pytest.fixture
def technician(client_of: ClientOf) -> TestClient:
    return client_of(Role.TECHNICIAN)


def look(asset: AssetRecord, **changes: Any) -> dict[str, Any]:
    seen = {
        "id": str(uuid4()),
        "asset_id": str(asset.id),
        "inspected_at": "2026-10-30T10:00:00+01:00",
        "source": "app",
        "grades": {"light": "D", "housing": "C"},
    }
    return seen | changes


def test_an_inspection_ends_in_condition_alert_route_and_value(
    asset: AssetRecord, technician: TestClient, client_of: ClientOf, database: Database
) -> None:
    body = look(asset)
    first = technician.post("/api/v1/inspections", json=body)
    again = technician.post("/api/v1/inspections", json=body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert technician.get(f"/api/v1/assets/{asset.id}/condition").status_code == 404

    assert work_once(database).done.assessed == 1

    condition = technician.get(f"/api/v1/assets/{asset.id}/condition").json()
    assert condition["grade"] == "D"
    assert sum(reason["effect"] or 0 for reason in condition["reasons"]) == pytest.approx(condition["index_p50"])
    finance = client_of(Role.FINANCE)
    route = finance.get(f"/api/v1/assets/{asset.id}/route").json()
    assert route["route"] == "harvest"
    value = finance.get(f"/api/v1/assets/{asset.id}/value", params={"as_of": "2026-12-31"}).json()
    assert value["grade"] == "D"
    assert float(value["p10"]) < float(value["p50"]) < float(value["p90"])
    for path in ("inspections", "conditions"):
        assert len(technician.get(f"/api/v1/assets/{asset.id}/{path}").json()["items"]) == 1


def test_who_mends_things_is_told_of_an_alert_but_not_what_it_costs(
    asset: AssetRecord, technician: TestClient, client_of: ClientOf, database: Database
) -> None:
    technician.post("/api/v1/inspections", json=look(asset))
    work_once(database)

    told = {
        role: client_of(role).get("/api/v1/alerts").json()["items"] for role in (Role.FLEET_MANAGER, Role.TECHNICIAN)
    }
    codes = {role: {reason["code"] for one in alerts for reason in one["reasons"]} for role, alerts in told.items()}
    assert codes[Role.FLEET_MANAGER] - codes[Role.TECHNICIAN] == {"alert.cost_replacement"}
    assert [one["cost"] is None for one in told[Role.FLEET_MANAGER]] == [False]
    assert [one["cost"] for one in told[Role.TECHNICIAN]] == [None]


def test_a_customer_answers_own_alerts_and_knows_of_no_others(
    asset: AssetRecord, technician: TestClient, client_of: ClientOf, database: Database, tenant: int
) -> None:
    manager = client_of(Role.FLEET_MANAGER)
    (wear,) = [one for one in manager.get("/api/v1/alert-rules").json()["items"] if one["code"] == "wear"]
    live = {**wear["terms"], "stage": "live"}
    assert manager.put("/api/v1/alert-rules/wear", json=live).json()["rule"]["version"] == 1
    technician.post("/api/v1/inspections", json=look(asset))
    work_once(database)
    with database.writing(tenant) as session:
        other = store_customer(session, "C-2").id
    own, stranger = (client_of(Role.CUSTOMER, customer_id=one) for one in (asset.holder_id, other))

    (alert,) = own.get("/api/v1/alerts", params={"state": "raised", "kind": "wear"}).json()["items"]
    path = f"/api/v1/alerts/{alert['id']}/answer"
    said = {"verdict": "not_true", "reason": "we looked"}

    assert stranger.get("/api/v1/alerts").json()["items"] == []
    assert stranger.post(path, json=said).status_code == 404
    assert (
        stranger.post(path, json=said).json()
        == stranger.post(path.replace(alert["id"], str(uuid4())), json=said).json()
    )
    assert own.post(path, json=said).json()["state"] == "shelved"
    for kind in ("condition", "conditions", "inspections"):
        assert own.get(f"/api/v1/assets/{asset.id}/{kind}").status_code == 200
        assert stranger.get(f"/api/v1/assets/{asset.id}/{kind}").status_code == 404
    for kind in ("route", "value"):
        assert own.get(f"/api/v1/assets/{asset.id}/{kind}").status_code == 403


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"asset_id": str(UUID(int=5))}, 404),
        ({"grades": {"lens": "A"}}, 422),
        ({"grades": {}}, 422),
        ({"inspected_at": "2999-01-01T00:00:00Z"}, 422),
        ({"inspected_at": "0001-01-01T00:00:00+14:00"}, 422),
        ({"inspected_at": "9999-12-31T23:59:59-14:00"}, 422),
        ({"index": "NaN"}, 422),
        ({"readings": {"lamp_hours": "Infinity"}}, 422),
        ({"surprise": 1}, 422),
    ],
)
def test_what_cannot_be_is_refused(
    asset: AssetRecord, technician: TestClient, wrong: dict[str, Any], status: int
) -> None:
    assert technician.post("/api/v1/inspections", json=look(asset, **wrong)).status_code == status


def test_an_id_cannot_be_used_for_two_sights(asset: AssetRecord, technician: TestClient) -> None:
    body = look(asset)
    technician.post("/api/v1/inspections", json=body)

    assert technician.post("/api/v1/inspections", json=body | {"note": "other"}).status_code == 409


@pytest.mark.parametrize("as_of", ["0001-01-01", "9999-12-31"])
def test_any_date_has_an_answer(asset: AssetRecord, client_of: ClientOf, as_of: str) -> None:
    answer = client_of(Role.FINANCE).get(f"/api/v1/assets/{asset.id}/value", params={"as_of": as_of})

    assert answer.status_code == 200
