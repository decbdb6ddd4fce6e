"""The register over HTTP: added, replaced, moved, read as of a moment; customers see what they hold."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from fastapi.testclient import TestClient

from pas.role import Role
from tests.conftest import NOW, ClientOf, Ran

PRODUCT = {
    "code": "FT",
    "name": "Forklift",
    "trade": "forklifts",
    "gtin": "5410000000019",
    "price_new": "24000.00",
    "rated_years": 8,
}


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def manager(client_of: ClientOf) -> TestClient:
    return client_of(Role.FLEET_MANAGER)


def made(client: TestClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 201, answer.text
    result: dict[str, Any] = answer.json()
    return result


def test_a_catalogue_entry_is_added_read_replaced_and_listed(manager: TestClient) -> None:
    for path, body in (
        ("/products", PRODUCT),
        ("/materials", {"code": "STEEL", "name": "Steel", "scrap_price": "0.25"}),
        ("/sites", {"code": "BRU", "name": "Brussels", "zone": "Europe/Brussels"}),
        ("/customers", {"code": "C1", "name": "One", "language": "nl"}),
    ):
        first = made(manager, path, body)
        assert "tenant_id" not in first
        assert manager.get(f"/api/v1{path}/{first['id']}").json() == first
        assert manager.post(f"/api/v1{path}", json=body).status_code == 409

        told = body | {"name": "Another"}
        assert manager.put(f"/api/v1{path}/{first['id']}", json=told).json() == first | {"name": "Another"}
        assert manager.put(f"/api/v1{path}/{uuid4()}", json=told).status_code == 404
        assert manager.get(f"/api/v1{path}/{uuid4()}").status_code == 404
        assert manager.post(f"/api/v1{path}", json=body | {"code": "x", "tenant_id": 2}).status_code == 422

        made(manager, path, body | {"code": "ZZ"})
        page = manager.get(f"/api/v1{path}", params={"limit": 1}).json()
        rest = manager.get(f"/api/v1{path}", params={"limit": 1, "cursor": page["next_cursor"]}).json()
        assert [found["code"] for found in page["items"] + rest["items"]] == [body["code"], "ZZ"]
        assert rest["next_cursor"] is None
        assert len(manager.get(f"/api/v1{path}", params={"q": "Z"}).json()["items"]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "a\u200bb"),
        ("code", "  "),
        ("gtin", "5410000000018"),
        ("price_new", "1e400"),
        ("price_new", -1),
        ("currency", "eur"),
        ("routes", [{"route": "reuse", "worst_grade": "F"}]),
        ("unknown", 1),
    ],
)
def test_a_field_at_fault_is_named(manager: TestClient, field: str, value: object) -> None:
    answer = manager.post("/api/v1/products", json=PRODUCT | {field: value})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in answer.json()["errors"][0]["field"]


@pytest.fixture
def fleet(manager: TestClient) -> dict[str, Any]:
    """One product, two sites, two customers and two assets, each with one of them."""
    product = made(manager, "/products", PRODUCT)
    sites = [made(manager, "/sites", {"code": code, "name": code}) for code in ("BRU", "GNT")]
    customers = [made(manager, "/customers", {"code": code, "name": code}) for code in ("C1", "C2")]
    assets = [
        made(
            manager,
            "/assets",
            {
                "serial": f"00{number}",
                "product_id": product["id"],
                "holder_id": customer["id"],
                "in_service_on": "2024-01-01",
                "status": "in_service",
            },
        )
        for number, customer in enumerate(customers)
    ]
    return {"product": product, "sites": sites, "customers": customers, "assets": assets}


def test_an_asset_is_moved_and_read_as_of_any_moment(manager: TestClient, fleet: dict[str, Any]) -> None:
    asset, (brussels, ghent) = fleet["assets"][0], fleet["sites"]
    path = f"/api/v1/assets/{asset['id']}"
    assert asset["public_id"] == "https://id.gs1.org/01/05410000000019/21/000"

    for site, at in ((ghent, "2025-06-01T00:00:00Z"), (brussels, "2025-03-01T00:00:00+01:00")):
        moved = manager.post(f"{path}/moves", json={"at": at, "site_id": site["id"], "place": "hall 1"})
        assert moved.status_code == 201
        assert moved.json()["site_id"] == ghent["id"]
        assert moved.json()["holder_id"] == asset["holder_id"]

    for at, site in (
        ("2024-05-01T00:00Z", None),
        ("2025-05-01T00:00Z", brussels["id"]),
        ("2026-01-01T00:00Z", ghent["id"]),
    ):
        assert manager.get(f"{path}/as-of", params={"at": at}).json()["site_id"] == site
    assert manager.get(f"{path}/as-of", params={"at": "2023-01-01T00:00Z"}).status_code == 404
    assert manager.get(f"{path}/as-of", params={"at": "0001-01-01T00:00+14:00"}).status_code == 422
    there = manager.get(f"/api/v1/sites/{brussels['id']}/assets", params={"at": "2025-05-01T00:00Z"}).json()
    assert [(content["serial"], content["place"]) for content in there["items"]] == [("000", "hall 1")]
    assert manager.get(f"/api/v1/sites/{brussels['id']}/assets").json()["items"] == []
    kinds = [event["kind"] for event in manager.get(f"{path}/history").json()["items"]]
    assert kinds == ["registered", "moved", "moved"]


def test_a_wrong_move_is_corrected_by_a_further_event(manager: TestClient, fleet: dict[str, Any]) -> None:
    asset, (brussels, ghent) = fleet["assets"][0], fleet["sites"]
    path = f"/api/v1/assets/{asset['id']}"
    manager.post(f"{path}/moves", json={"at": "2025-06-01T00:00:00Z", "site_id": ghent["id"]})
    moved = manager.get(f"{path}/history").json()["items"][1]

    def correct(**amendment: object) -> int:
        body = {"event_id": moved["id"], "why": "typing error"} | amendment
        return manager.post(f"{path}/corrections", json=body).status_code

    assert correct(site_id=brussels["id"]) == 201
    assert manager.get(path).json()["site_id"] == brussels["id"]
    assert correct(withdrawn=True) == 201
    assert manager.get(path).json()["site_id"] is None
    assert correct() == 409
    assert correct(status="retired") == 409
    assert correct(why=" ") == 422
    assert correct(event_id=str(uuid4()), withdrawn=True) == 422
    history = manager.get(f"{path}/history").json()["items"]
    assert history[1] == moved
    assert [event["kind"] for event in history[2:]] == ["corrected", "corrected"]


def test_a_step_that_the_table_does_not_allow_is_refused(manager: TestClient, fleet: dict[str, Any]) -> None:
    path = f"/api/v1/assets/{fleet['assets'][0]['id']}/status"

    refused = manager.post(path, json={"at": "2025-01-01T00:00:00Z", "status": "in_stock"})
    assert refused.status_code == 409
    assert "in_workshop" in refused.json()["detail"]
    assert manager.post(path, json={"at": "2025-01-01T00:00:00Z", "status": "retired"}).json()["status"] == "retired"


def test_an_asset_that_did_not_change_is_not_sent_again(manager: TestClient, fleet: dict[str, Any]) -> None:
    path = f"/api/v1/assets/{fleet['assets'][0]['id']}"
    etag = manager.get(path).headers["etag"]

    same = manager.get(path, headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    manager.post(f"{path}/moves", json={"at": "2025-01-01T00:00:00Z", "place": "hall 9"})
    assert manager.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_assets_are_found_by_what_is_known_of_them(manager: TestClient, fleet: dict[str, Any]) -> None:
    def found(**filters: str) -> list[str]:
        answer = manager.get("/api/v1/assets", params=filters)
        assert answer.status_code == 200
        return [asset["serial"] for asset in answer.json()["items"]]

    assert found() == ["000", "001"]
    assert found(q="001") == ["001"]
    assert found(q="%") == []
    assert found(holder=fleet["customers"][1]["id"]) == ["001"]
    assert found(product=fleet["product"]["id"], status="in_service") == ["000", "001"]
    assert found(status="retired") == []
    assert found(trade="forklifts") == ["000", "001"]
    assert found(trade="x") == []
    assert found(grade="A") == []
    assert found(site=fleet["sites"][0]["id"]) == []


def test_a_customer_sees_only_what_it_holds(client_of: ClientOf, fleet: dict[str, Any], manager: TestClient) -> None:
    mine, theirs = fleet["assets"]
    client = client_of(Role.CUSTOMER, customer_id=UUID(fleet["customers"][0]["id"]))

    assert [asset["serial"] for asset in client.get("/api/v1/assets").json()["items"]] == ["000"]
    assert client.get("/api/v1/assets", params={"holder": fleet["customers"][1]["id"]}).json()["items"] == []
    assert client.get(f"/api/v1/assets/{mine['id']}").status_code == 200
    foreign, unknown = (client.get(f"/api/v1/assets/{one}") for one in (theirs["id"], uuid4()))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    for path in (f"/assets/{mine['id']}/history", "/customers", "/products", "/sites", "/audit"):
        assert client.get(f"/api/v1{path}").status_code == 403

    at = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    manager.post(f"/api/v1/assets/{mine['id']}/moves", json={"at": at, "holder_id": None})
    assert client.get("/api/v1/assets").json()["items"] == []


def test_the_audit_lists_who_changed_what(client_of: ClientOf, fleet: dict[str, Any]) -> None:
    administrator = client_of(Role.ADMINISTRATOR)

    links = administrator.get("/api/v1/audit").json()["items"]
    assert [link["subject"] for link in links] == ["product FT", "site BRU", "site GNT", "customer C1", "customer C2"]
    report = administrator.get("/api/v1/audit/verify").json()
    assert report == {"links": 7, "chains": 3, "broken": None}


def test_a_passport_says_of_what_a_thing_is_made_and_where_it_was(
    manager: TestClient, fleet: dict[str, Any], pas: Callable[..., Ran]
) -> None:
    steel = made(manager, "/materials", {"code": "STEEL", "name": "Steel"})
    part = {"code": "MAST", "name": "Mast", "quantity": 2, "mass": 400, "recycled_content": 0.25}
    made(manager, f"/products/{fleet['product']['id']}/parts", part | {"material_id": steel["id"]})
    assert len(manager.get(f"/api/v1/products/{fleet['product']['id']}/parts").json()["items"]) == 1
    asset, ghent = fleet["assets"][0], fleet["sites"][1]
    manager.post(f"/api/v1/assets/{asset['id']}/moves", json={"at": "2025-06-01T00:00:00Z", "site_id": ghent["id"]})
    second = {"serial": "000-2", "product_id": fleet["product"]["id"], "previous_life_id": asset["id"]}
    made(manager, "/assets", second)

    early = pas("passport", "000", "--as-of", "2025-05-31", "--json").json
    later = pas("passport", asset["public_id"], "--as-of", "2025-06-01", "--json").json
    assert (early["place"]["site"], later["place"]["site"]) == (None, "GNT")
    assert (early["next_life"], later["mass"], later["recycled_mass"]) == (None, 800, 200)
    assert later["materials"] == [{"material": "STEEL", "name": "Steel", "mass": 800, "recycled_mass": 200}]
    again = pas("passport", "000-2", "--json").json
    assert [life["serial"] for life in again["previous_lives"]] == ["000"]
    assert manager.get(f"/api/v1/assets/{asset['id']}/passport").json()["next_life"]["serial"] == "000-2"
    assert pas("passport", "000").exit_code == 0
    for wrong in (["nothing"], ["000", "--as-of", "soon"], ["000", "--as-of", "1999-01-01"]):
        assert pas("passport", *wrong, "--json").exit_code == 1


def test_the_command_says_whether_the_chains_are_whole(fleet: dict[str, Any], pas: Callable[..., Ran]) -> None:
    ran = pas("audit", "verify", "--json")

    assert (ran.exit_code, ran.json) == (0, {"links": 7, "chains": 3, "broken": None})
    assert "whole" in pas("audit", "verify").stdout
