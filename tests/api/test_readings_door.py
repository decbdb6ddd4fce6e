"""The door of readings: packed bodies, devices shut out at once, receipts, and a count of what was refused whole."""

import gzip
import json
from datetime import datetime
from typing import Any

import pytest
import zstandard
from fastapi import FastAPI
from fastapi.testclient import TestClient

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from pas.app import create_app
from pas.db import Database
from pas.role import Role
from pas.settings import settings
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_product

READINGS = "/api/v1/readings"


@pytest.fixture
def assets(database: Database, tenant: int, now: datetime, actor: Actor) -> list[AssetRecord]:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        return [
            store_assets(session, store_product(session, code=code), now=now, by=actor)[0] for code in ("OWN", "OTHER")
        ]


@pytest.fixture
def administrator(client_of: ClientOf) -> TestClient:
    return client_of(Role.ADMINISTRATOR)


@pytest.fixture
def gate(administrator: TestClient, assets: list[AssetRecord]) -> dict[str, str]:
    """A device that may speak for the first asset only."""
    new = {"name": "gate", "asset_ids": [str(assets[0].id)]}
    made: dict[str, str] = administrator.post("/api/v1/devices", json=new).json()
    return made


@pytest.fixture
def device(app: FastAPI, gate: dict[str, str]) -> TestClient:
    return TestClient(app, headers={"Authorization": f"Bearer {gate['secret']}"})


def _batch(*assets: AssetRecord, minute: int = 0) -> dict[str, Any]:
    at = f"2026-10-02T10:{minute:02}:00Z"
    return {
        "readings": [{"asset": str(one.id), "metric": "lamp_hours", "at": at, "value": 5 + minute} for one in assets]
    }


def _refused(client: TestClient, app: FastAPI) -> dict[str, dict[str, Any]]:
    """Give what is kept of refused payloads by reason, once all counts are kept."""
    app.state.intake.close()
    return {one["reason"]: one for one in client.get("/api/v1/refused-payloads").json()["items"]}


@pytest.mark.parametrize("packed", ["gzip", "zstd", "GZIP"])
def test_a_packed_body_is_read(device: TestClient, assets: list[AssetRecord], packed: str) -> None:
    body = json.dumps(_batch(assets[0])).encode()
    sent = zstandard.ZstdCompressor().compress(body) if packed == "zstd" else gzip.compress(body, mtime=0)
    headers = {"Content-Type": "application/json", "Content-Encoding": packed}

    answer = device.post(READINGS, content=sent, headers=headers)

    assert (answer.status_code, answer.json()["taken"]) == (201, 1)


def test_a_large_body_is_read_beside_the_others(device: TestClient, assets: list[AssetRecord]) -> None:
    rows = [
        {
            "asset": str(assets[0].id),
            "metric": "lamp_hours",
            "at": f"2026-10-02T10:{n // 60:02}:{n % 60:02}Z",
            "value": n,
        }
        for n in range(3000)
    ]

    answer = device.post(READINGS, json={"readings": rows})

    assert (answer.status_code, answer.json()["taken"]) == (201, 3000)


def test_a_device_speaks_for_its_own_assets_as_they_are_now(
    administrator: TestClient, device: TestClient, gate: dict[str, str], assets: list[AssetRecord]
) -> None:
    before = device.post(READINGS, json=_batch(*assets)).json()
    administrator.put(f"/api/v1/devices/{gate['id']}/assets", json={"asset_ids": [str(assets[1].id)]})
    after = device.post(READINGS, json=_batch(*assets, minute=1)).json()

    assert (before["taken"], before["reasons"]) == (1, {"unknown-asset": 1})
    assert (after["taken"], after["reasons"]) == (1, {"unknown-asset": 1})
    for asset, minute in zip(assets, (0, 1), strict=True):
        newest = administrator.get(f"/api/v1/assets/{asset.id}/latest").json()
        assert [one["value"] for one in newest] == [5 + minute]


def test_a_device_that_is_shut_out_is_refused_at_once(
    administrator: TestClient, device: TestClient, gate: dict[str, str], assets: list[AssetRecord]
) -> None:
    assert device.post(READINGS, json=_batch(assets[0])).status_code == 201

    administrator.delete(f"/api/v1/devices/{gate['id']}")

    assert device.post(READINGS, json=_batch(assets[0], minute=1)).status_code == 401


def test_a_repeated_key_gives_the_first_answer_and_another_content_is_refused(
    device: TestClient, assets: list[AssetRecord]
) -> None:
    key = {"Idempotency-Key": "lorry-1"}
    first, again = (device.post(READINGS, json=_batch(assets[0]), headers=key) for _ in range(2))
    other = device.post(READINGS, json=_batch(assets[0], minute=1), headers=key)
    without = device.post(READINGS, json=_batch(assets[0]))

    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert ("Idempotent-Replayed" in first.headers, again.headers.get("Idempotent-Replayed")) == (False, "true")
    assert (other.status_code, other.json()["code"]) == (422, "key-of-another-request")
    assert (without.json()["taken"], without.json()["duplicates"]) == (0, 1)


def test_the_keys_of_two_senders_are_two_keys(
    device: TestClient, client_of: ClientOf, assets: list[AssetRecord]
) -> None:
    key = {"Idempotency-Key": "1"}

    first = device.post(READINGS, json=_batch(assets[0]), headers=key)
    second = client_of(Role.TECHNICIAN).post(READINGS, json=_batch(assets[1]), headers=key)

    assert (first.json()["taken"], second.json()["taken"]) == (1, 1)


@pytest.mark.parametrize("key", ["", "k" * 121, "\x7f"])
def test_an_unusable_key_is_refused(device: TestClient, assets: list[AssetRecord], key: str) -> None:
    answer = device.post(READINGS, json=_batch(assets[0]), headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["code"]) == (422, "unusable-key")


def test_a_payload_refused_whole_is_counted_by_reason(
    app: FastAPI, device: TestClient, administrator: TestClient
) -> None:
    rubbish = [(b"{", "application/json"), (b"[]", "application/json"), (b"x", "application/xml")]
    for body, kind in rubbish:
        assert device.post(READINGS, content=body, headers={"Content-Type": kind}).status_code in {415, 422}
    unpacked = device.post(READINGS, content=b"x", headers={"Content-Encoding": "br"})

    found = _refused(administrator, app)

    assert unpacked.status_code == 415
    assert {reason: one["count"] for reason, one in found.items()} == {
        "unreadable-batch": 2,
        "unknown-media-type": 1,
        "unknown-encoding": 1,
    }
    assert {(one["door"], one["last_sender"]) for one in found.values()} == {("http", "gate")}
    assert all(one["first_at"] <= one["last_at"] and one["last_sentence"] for one in found.values())


def test_a_body_beyond_the_limit_is_counted_too(
    app: FastAPI, device: TestClient, administrator: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAS_MAX_UPLOAD_BYTES", "1000")
    settings.cache_clear()
    small = create_app(app.state.database)
    monkeypatch.undo()
    settings.cache_clear()

    answer = TestClient(small, headers=device.headers).post(READINGS, content=b"x" * 1001)

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert _refused(administrator, small)["too-large"]["count"] == 1


def test_strangers_and_a_busy_service_are_not_counted(
    app: FastAPI, client_of: ClientOf, administrator: TestClient
) -> None:
    assert TestClient(app).post(READINGS, content=b"{").status_code == 401
    assert client_of(Role.FINANCE).post(READINGS, content=b"{").status_code == 403

    assert _refused(administrator, app) == {}


def test_counts_of_several_times_add_up_and_are_found_by_day_and_door(
    app: FastAPI, device: TestClient, administrator: TestClient
) -> None:
    intake = app.state.intake
    for _ in range(2):
        device.post(READINGS, content=b"{")
        intake._keep_counts()
    found = administrator.get("/api/v1/refused-payloads").json()["items"]

    assert [one["count"] for one in found] == [2]
    for asked, many in (({"since": found[0]["day"]}, 1), ({"since": "2999-01-01"}, 0), ({"door": "mqtt"}, 0)):
        assert len(administrator.get("/api/v1/refused-payloads", params=asked).json()["items"]) == many


def test_every_batch_has_its_receipt(device: TestClient, administrator: TestClient, assets: list[AssetRecord]) -> None:
    for minute in range(3):
        device.post(READINGS, json=_batch(*assets[: 2 - minute % 2], minute=minute))
    device.post(READINGS, json=_batch(assets[0], minute=1))

    first = administrator.get("/api/v1/reading-batches", params={"limit": 2}).json()
    rest = administrator.get("/api/v1/reading-batches", params={"cursor": first["next_cursor"]}).json()

    receipts = [*first["items"], *rest["items"]]
    assert [(one["number"], one["taken"], one["quarantined"], one["source"]) for one in receipts] == [
        (1, 1, 1, "device"),
        (2, 1, 0, "device"),
        (3, 1, 1, "device"),
    ]
    assert all(one["is_open"] for one in receipts)
    assert administrator.get("/api/v1/reading-batches", params={"source": "file"}).json()["items"] == []
    assert device.get("/api/v1/reading-batches").status_code == 403
