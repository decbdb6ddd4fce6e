"""Work orders through HTTP: who sees and does what, lists that narrow, and a file of all of them."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord, CustomerRecord
from pas import clock
from pas.db import Database
from pas.role import Role
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product


@pytest.fixture
def holder(database: Database, tenant: int) -> CustomerRecord:
    with database.writing(tenant) as session:
        return store_customer(session)


@pytest.fixture
def assets(database: Database, tenant: int, holder: CustomerRecord, actor: Actor) -> list[AssetRecord]:
    with database.writing(tenant) as session:
        made = store_product(session)
        now = clock.now() - timedelta(days=30)
        ours = store_assets(session, made, now=now, by=actor, count=2, holder_id=holder.id)
        return [*ours]


@pytest.fixture
def technician(client_of: ClientOf) -> TestClient:
    return client_of(Role.TECHNICIAN)


def opened(client: TestClient, asset: AssetRecord, **told: Any) -> dict[str, Any]:
    body = {"id": str(uuid4()), "asset_id": str(asset.id), "kind": "repair", "component": "light"} | told
    answer = client.post("/api/v1/work-orders", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_work_order_goes_from_opened_to_done(technician: TestClient, assets: list[AssetRecord]) -> None:
    order = opened(technician, assets[0], note="flickers")
    where = f"/api/v1/work-orders/{order['id']}"
    plan = technician.post(f"{where}/plan", json={"assignee": "an@maker.example", "due_on": "2030-01-31"})
    assert (plan.status_code, plan.json()["state"], plan.json()["due_on"]) == (201, "planned", "2030-01-31")
    done = {
        "done_at": clock.now().isoformat(),
        "minutes": 40,
        "cost": "99.5",
        "parts": [{"code": "LASER", "cost": "9"}],
    }
    answer = technician.post(f"{where}/complete", json=done)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["state"], answer.json()["renewed"], answer.json()["cost"]) == ("done", ["light"], "99.5")
    again = technician.post(f"{where}/complete", json=done)
    assert (again.status_code, again.json()["code"]) == (409, "work-step-not-allowed")
    steps = technician.get(f"{where}/steps").json()["items"]
    assert [step["kind"] for step in steps] == ["opened", "planned", "completed"]
    told = technician.get(f"/api/v1/assets/{assets[0].id}/history").json()["items"]
    assert {"work_done", "inspected"} <= {event["kind"] for event in told}


def test_a_list_is_narrowed_by_state_person_and_day(technician: TestClient, assets: list[AssetRecord]) -> None:
    one = opened(technician, assets[0], assignee="An", due_on="2026-12-01")
    two = opened(technician, assets[1], assignee="Jo", due_on="2027-12-01")
    technician.post(f"/api/v1/work-orders/{two['id']}/cancel", json={"reason": "sold"})

    def ids(**asked: str) -> set[str]:
        answer = technician.get("/api/v1/work-orders", params=asked)
        assert answer.status_code == 200, answer.text
        return {order["id"] for order in answer.json()["items"]}

    assert ids() == {one["id"], two["id"]}
    assert ids(assignee="An") == ids(open="true") == ids(state="open") == {one["id"]}
    assert ids(due_before="2027-01-01") == ids(asset=str(assets[0].id)) == {one["id"]}
    assert ids(open="false") == ids(state="cancelled") == {two["id"]}
    assert ids(site=str(uuid4())) == set()


def test_the_file_holds_every_order_and_no_formula(technician: TestClient, assets: list[AssetRecord]) -> None:
    for asset in assets:
        opened(technician, asset, note="=1+1")
    answer = technician.get("/api/v1/work-orders", params={"format": "csv", "limit": 1})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["serial"] for row in rows] == [asset.serial for asset in assets]
    assert {row["note"] for row in rows} == {"'=1+1"}


def test_a_customer_sees_the_work_on_what_is_theirs_but_not_its_cost(
    client_of: ClientOf, technician: TestClient, assets: list[AssetRecord], holder: CustomerRecord
) -> None:
    order = opened(technician, assets[0])
    done = {"done_at": clock.now().isoformat(), "minutes": 40, "cost": "99.5", "parts": [{"code": "X", "cost": "9"}]}
    technician.post(f"/api/v1/work-orders/{order['id']}/complete", json=done)
    theirs = client_of(Role.CUSTOMER, customer_id=holder.id).get(f"/api/v1/work-orders/{order['id']}")
    assert theirs.status_code == 200
    assert (theirs.json()["cost"], theirs.json()["minutes"], theirs.json()["parts"][0]["cost"]) == (None, None, None)
    stranger = client_of(Role.CUSTOMER)
    assert stranger.get(f"/api/v1/work-orders/{order['id']}").status_code == 404
    assert stranger.get("/api/v1/work-orders").json()["items"] == []
    assert stranger.post("/api/v1/work-orders", json={}).status_code == 403
