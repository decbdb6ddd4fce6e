"""The outlook of an asset's routes over HTTP and on the command line."""

from datetime import datetime
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from pas.db import Database
from pas.role import Role
from pas.worker import work_once
from tests.conftest import ClientOf, Pas
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product


@pytest.fixture
def asset(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    with database.writing(tenant) as session:
        holder = store_customer(session)
        return store_assets(session, store_product(session), now=now, by=actor, holder_id=holder.id)[0]


@pytest.fixture
def assessed(asset: AssetRecord, client_of: ClientOf, database: Database) -> AssetRecord:
    """The same, seen once: its grade lies about D, and so is not known for sure."""
    seen = {"id": str(uuid4()), "asset_id": str(asset.id), "inspected_at": "2026-10-30T10:00:00+01:00", "source": "app"}
    body = seen | {"grades": {"light": "D", "housing": "C"}}
    assert client_of(Role.TECHNICIAN).post("/api/v1/inspections", json=body).status_code == 201
    assert work_once(database).done.assessed == 1
    return asset


def _outlook(client: TestClient, asset: AssetRecord, **terms: object) -> dict[str, object]:
    answer = client.get(f"/api/v1/assets/{asset.id}/route/outlook", params=terms)
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def test_the_outlook_weighs_all_likely_grades(client_of: ClientOf, assessed: AssetRecord) -> None:
    finance = client_of(Role.FINANCE)

    told = _outlook(finance, assessed)
    decided = finance.get(f"/api/v1/assets/{assessed.id}/route").json()

    assert told["route"] == told["market_only"], "carbon costs nothing where no price is given"
    assert told["wage"] > 0
    grades = told["grades"]
    assert isinstance(grades, list)
    assert sum(one["chance"] for one in grades) == pytest.approx(1)
    assert len(grades) > 1
    assert next(one["route"] for one in grades if one["grade"] == "D") == decided["route"]
    expected = told["expected"]
    assert isinstance(expected, dict)
    assert expected[told["route"]] == max(expected.values())
    assert told["expected_knowing"] - expected[told["route"]] == pytest.approx(told["value_of_inspection"], abs=1e-9)
    assert {one["carbon_price"] for one in told["presets"]} == {345, 990, 250, 800}


def test_dearer_labour_never_nets_more(client_of: ClientOf, assessed: AssetRecord) -> None:
    finance = client_of(Role.FINANCE)
    cheap, dear = (_outlook(finance, assessed, wage=wage) for wage in (10, 90))
    assert dear["expected_knowing"] <= cheap["expected_knowing"]


@pytest.mark.parametrize("terms", [{"wage": "nan"}, {"wage": -1}, {"carbon_price": "inf"}, {"carbon_price": 1e9}])
def test_terms_that_cannot_be_are_refused(client_of: ClientOf, asset: AssetRecord, terms: dict[str, object]) -> None:
    answer = client_of(Role.FINANCE).get(f"/api/v1/assets/{asset.id}/route/outlook", params=terms)
    assert answer.status_code == 422


def test_who_may_not_know_and_what_is_not_assessed(client_of: ClientOf, asset: AssetRecord) -> None:
    path = f"/api/v1/assets/{asset.id}/route/outlook"
    unseen = client_of(Role.FINANCE).get(path)
    assert (unseen.status_code, unseen.json()["code"]) == (404, "no-outlook")
    assert client_of(Role.FINANCE).get(f"/api/v1/assets/{uuid4()}/route/outlook").status_code == 404
    assert client_of(Role.TECHNICIAN).get(path).status_code == 403


def test_the_command_says_the_same(pas: Pas, client_of: ClientOf, assessed: AssetRecord) -> None:
    told = _outlook(client_of(Role.FINANCE), assessed, wage=30, carbon_price=345)
    said = pas("route", assessed.serial, "--wage", "30", "--carbon-price", "345", "--json").json
    assert {**said, "grades": []} == {**told, "grades": []}
    assert "knowing the grade first" in pas("route", assessed.serial).stdout
    assert pas("route", "nothing-of-the-kind", "--json").exit_code == 1
