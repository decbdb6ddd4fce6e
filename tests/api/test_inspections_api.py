"""Inspections, checklists and photos over HTTP: each in its form, for those who may."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from lifecycle.actor import Actor
from pas import clock
from pas.db import Database
from pas.role import Role
from telemetry.identity import new_id
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product
from tests.lifecycle.test_checklists import ITEMS
from tests.lifecycle.test_photos import picture


@pytest.fixture
def customer_id(database: Database, tenant: int) -> UUID:
    with database.writing(tenant) as session:
        return store_customer(session).id


@pytest.fixture
def asset(database: Database, tenant: int, customer_id: UUID, now: datetime, actor: Actor) -> dict[str, str]:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        made = store_product(session)
        thing = store_assets(session, made, now=now, by=actor, holder_id=customer_id)[0]
        return {"id": str(thing.id), "serial": thing.serial, "product_id": str(thing.product_id)}


@pytest.fixture
def desk(client_of: ClientOf) -> Iterator[TestClient]:
    with client_of(Role.FLEET_MANAGER) as client:
        yield client


def look(asset: dict[str, str], now: datetime, **seen: object) -> dict[str, object]:
    facts = {"id": str(new_id()), "asset_id": asset["id"], "inspected_at": now.isoformat(), "source": "app"}
    return facts | (seen or {"grades": {"light": "B"}})


def test_a_letter_and_a_score_are_both_taken_and_both_shown(
    desk: TestClient, asset: dict[str, str], now: datetime
) -> None:
    answer = desk.post("/api/v1/inspections", json=look(asset, now, grades={"light": 6, "housing": "B"}))

    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["grades"], told["scores"]) == ({"light": "E", "housing": "B"}, {"light": 6, "housing": 2})


def test_a_checklist_is_made_read_and_held_against(desk: TestClient, asset: dict[str, str], now: datetime) -> None:
    path = f"/api/v1/products/{asset['product_id']}/checklists"

    made = [desk.post(path, json={"items": ITEMS}) for _ in range(2)]

    assert [answer.status_code for answer in made] == [201, 201], made[0].text
    assert [(answer.json()["version"], answer.json()["is_new"]) for answer in made] == [(1, True), (1, False)]
    assert [one["version"] for one in desk.get(path).json()["items"]] == [1]
    told = desk.get(f"/api/v1/assets/{asset['id']}/checklist").json()
    assert [item["name"] for item in told["items"]] == ["light", "room", "whole", "remark", "picture"]
    seen = look(asset, now, grades={"light": "D"}, checklist_version=1)
    desk.post("/api/v1/inspections", json=seen)
    full = desk.get(f"/api/v1/inspections/{seen['id']}").json()
    assert full["failures"] == [{"name": "light", "component": "light", "found": "D", "limit": "D"}]


def test_a_form_goes_out_and_comes_in_unchanged(desk: TestClient, asset: dict[str, str]) -> None:
    path = f"/api/v1/products/{asset['product_id']}/checklist.xlsx"
    desk.post(f"/api/v1/products/{asset['product_id']}/checklists", json={"items": ITEMS})

    form = desk.get(path)
    back = desk.post(path, files={"file": ("form.xlsx", form.content)})

    assert form.headers["content-type"].startswith("application/vnd.openxmlformats")
    assert (back.status_code, back.json()["is_new"]) == (201, False), back.text
    bad = desk.post(path, files={"file": ("form.xlsx", b"PK nothing")})
    assert (bad.status_code, bad.json()["code"]) == (422, "unreadable-file")


def test_a_photo_is_seen_by_those_who_may_see_the_inspection(
    desk: TestClient, client_of: ClientOf, asset: dict[str, str], customer_id: UUID, now: datetime
) -> None:
    seen = look(asset, now)
    desk.post("/api/v1/inspections", json=seen)
    path = f"/api/v1/inspections/{seen['id']}/photos"

    added = desk.post(path, files={"file": ("a.jpg", picture())}, data={"component": "light", "caption": "dark"})

    assert added.status_code == 201, added.text
    photo = added.json()
    listed = desk.get(f"/api/v1/assets/{asset['id']}/inspections").json()["items"][0]["photos"]
    assert listed == [photo]
    holder, stranger = (client_of(Role.CUSTOMER, customer_id=one) for one in (customer_id, None))
    for address in (photo["address"], photo["thumbnail"]):
        shown = holder.get(address)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(shown.content)).size == (64, 32)
        assert stranger.get(address).status_code == 404
    assert desk.get(f"{path}/{'0' * 64}").status_code == 404
    assert holder.post(path, files={"file": ("a.jpg", picture())}).status_code == 403
    wrong = desk.post(path, files={"file": ("a.jpg", b"GIF89a")})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unreadable-photo")


def test_what_was_noted_offline_is_told_one_by_one(desk: TestClient, asset: dict[str, str], now: datetime) -> None:
    ahead = timedelta(days=1)
    sound, strange = look(asset, now), look(asset, now, grades={"lens": "A"})

    body = {"sent_at": (clock.now() + ahead).isoformat(), "inspections": [sound, strange]}
    answer = desk.post("/api/v1/inspections/offline", json=body)

    assert answer.status_code == 201, answer.text
    assert [one["outcome"] for one in answer.json()] == ["stored", "refused"]
    assert answer.json()[0]["clock_error"] == pytest.approx(86400, abs=60)


def test_a_call_is_logged_by_serial_number(desk: TestClient, asset: dict[str, str]) -> None:
    call = {"id": str(new_id()), "asset": asset["serial"], "told_by": "Mr Dubois", "score": 4, "note": "flickers"}

    answers = [desk.post("/api/v1/inspections/calls", json=call) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    told = answers[0].json()
    assert (told["source"], told["told_by"], told["grades"]) == ("call", "Mr Dubois", {"overall": "D"})
    assert answers[1].json() == told


def test_a_prank_is_struck(desk: TestClient, client_of: ClientOf, asset: dict[str, str], now: datetime) -> None:
    seen = look(asset, now, source="qr", grades={"overall": "E"})
    desk.post("/api/v1/inspections", json=seen)
    path = f"/api/v1/inspections/{seen['id']}/strike"

    struck = desk.post(path, json={"why": "a prank"})

    assert struck.status_code == 201, struck.text
    assert struck.json()["struck"]["why"] == "a prank"
    assert client_of(Role.TECHNICIAN).post(path, json={"why": "x"}).status_code == 403
    assert desk.post(path, json={"why": " "}).status_code == 422
