"""Decisions, plans, bench and scenarios through the doors, and the same by command."""

from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, StatusChange
from lifecycle.change_status import change_status
from lifecycle.log_inspections import log_inspections
from lifecycle.reassess import reassess
from lifecycle.tables import AssetRecord, PartRecord
from pas import clock
from pas.db import Database
from pas.role import Role
from tests.conftest import ClientOf, Pas
from tests.lifecycle.sample_fleet import ROUTES, inspection, store_assets, store_product

BENCH = {"inspect_minutes": 10, "replaces": [{"part": "frame"}]}
TEST = {"what": "lumen", "measured": 8000, "original": 8000, "warranty_months": 24, "warranty_months_new": 24}


@pytest.fixture
def asset(database: Database, tenant: int, actor: Actor) -> AssetRecord:
    """A projector in the workshop, of grade C."""
    now = clock.now()
    with database.writing(tenant) as session:
        remake = {"route": "remanufacture", "price_fraction": 0.5, "carbon_saved": 90} | BENCH
        model = store_product(session, routes=[*ROUTES, remake])
        frame = session.exec(select(PartRecord).where(PartRecord.product_id == model.id)).one()
        frame.component, frame.removal_minutes = "housing", 20
        made = store_assets(session, model, now=now, by=actor)[0]
        stay = StatusChange(asset_id=made.id, at=now - timedelta(hours=1), status=AssetStatus.IN_WORKSHOP)
        change_status(session, [stay], now=now, by=actor)
        log_inspections(session, [inspection(made.id, now, grades={"overall": "C"})], now=now, by=actor)
        reassess(session, now=now)
        session.expunge_all()
    return made


def decided(client: TestClient, asset: AssetRecord, **told: object) -> dict[str, object]:
    body = {"id": str(uuid4())} | told
    answer = client.post(f"/api/v1/assets/{asset.id}/route/decisions", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a_decision_is_taken_listed_and_taken_back(client_of: ClientOf, asset: AssetRecord) -> None:
    manager = client_of(Role.FLEET_MANAGER)
    path = f"/api/v1/assets/{asset.id}/route"
    bare = manager.post(f"{path}/decisions", json={"id": str(uuid4()), "route": "recycle"})
    assert (bare.status_code, bare.json()["code"]) == (422, "override-without-reason")

    made = decided(manager, asset, route="recycle", why="no room")

    assert (made["route"], made["kind"], made["why"]) == ("recycle", "decided", "no room")
    assert manager.get(path).json()["route"] == "recycle"
    assert manager.post(f"{path}/lift", json={"why": "room again"}).status_code == 204
    assert manager.post(f"{path}/lift", json={"why": "again"}).status_code == 409
    listed = client_of(Role.FINANCE).get(f"{path}/decisions").json()["items"]
    assert [one["kind"] for one in listed] == ["decided", "lifted"]
    assert client_of(Role.FINANCE).post(f"{path}/decisions", json={"id": str(uuid4())}).status_code == 403


def test_remanufacture_from_the_decision_to_the_next_life(client_of: ClientOf, asset: AssetRecord) -> None:
    manager, technician = client_of(Role.FLEET_MANAGER), client_of(Role.TECHNICIAN)
    planned = technician.get(f"/api/v1/assets/{asset.id}/route/plan", params={"route": "remanufacture"}).json()
    assert (planned["rung"], planned["basis"], planned["minutes"]) == ("R6", "bill_of_materials", 90)
    decided(manager, asset, route="remanufacture", why="a customer waits")
    work = {"id": str(uuid4())}
    assert manager.post(f"/api/v1/assets/{asset.id}/route/work", json=work).status_code == 201
    path = f"/api/v1/work-orders/{work['id']}"

    early = technician.post(f"{path}/complete", json={"done_at": clock.now().isoformat(), "test": TEST})
    assert (early.status_code, early.json()["code"]) == (409, "steps-open")
    for position in (1, 2, 3):
        answer = technician.post(f"{path}/work-plan/{position}", json={"minutes": 25})
        assert answer.status_code == 201
    assert technician.post(f"{path}/work-plan/4", json={}).status_code == 404
    bench = technician.get(f"{path}/work-plan").json()
    assert (bench["open_steps"], bench["minutes"], bench["plan"]["minutes"]) == (0, 75, 90)
    untested = technician.post(f"{path}/complete", json={"done_at": clock.now().isoformat()})
    assert untested.json()["code"] == "no-test-record"
    done = technician.post(f"{path}/complete", json={"done_at": clock.now().isoformat(), "test": TEST})

    assert (done.status_code, done.json()["minutes"]) == (201, 75)
    passport = manager.get(f"/api/v1/assets/{asset.id}/passport").json()
    assert (passport["life"], passport["next_life"]["serial"]) == (1, f"{asset.serial}-L2")


def test_the_fleet_at_other_prices(client_of: ClientOf, asset: AssetRecord, pas: Pas) -> None:
    finance = client_of(Role.FINANCE)
    told = finance.get("/api/v1/route-scenarios", params={"carbon": 1e5}).json()
    (total,) = told["scenarios"][0]["totals"]
    assert (total["flips"], total["routes_then"]) == (1, {"remanufacture": 1})
    assert len(finance.get("/api/v1/route-scenarios").json()["scenarios"]) == 4
    assert finance.get("/api/v1/route-scenarios", params={"labour": "nan"}).status_code == 422
    assert client_of(Role.TECHNICIAN).get("/api/v1/route-scenarios").status_code == 403
    said = pas("route", "scenarios", "--carbon", "100000", "--json").json
    assert said["scenarios"][0]["totals"] == [total]
    assert "things left out" in pas("route", "scenarios").stdout


def test_the_command_plans_decides_and_lifts(pas: Pas, asset: AssetRecord) -> None:
    plan = pas("route", asset.serial, "--plan", "--route", "remanufacture", "--json").json
    assert [step["kind"] for step in plan["steps"]] == ["inspect", "take_out", "put_in"]
    assert "90 minutes" in pas("route", asset.serial, "--plan", "--route", "remanufacture").stdout
    refused = pas("route", asset.serial, "--decide", "--route", "recycle", "--json")
    assert (refused.exit_code, refused.json["code"]) == (1, "override-without-reason")
    made = pas("route", asset.serial, "--decide", "--route", "recycle", "--reason", "no room", "--json").json
    assert (made["route"], made["why"]) == ("recycle", "no room")
    assert pas("route", asset.serial, "--lift", "--reason", "room again").exit_code == 0
    assert pas("route", asset.serial, "--lift", "--plan").exit_code == 2
