"""Over HTTP: readings in as JSON and csv, raw, rolled up and doubted readings out, to whom they belong."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord, AuditRecord, CustomerRecord, ReassessmentRecord
from pas.db import Database
from pas.role import Role
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product

SPAN = {"start": "2026-10-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"}


@pytest.fixture
def holder(database: Database, tenant: int) -> CustomerRecord:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        return store_customer(session)


@pytest.fixture
def asset(database: Database, tenant: int, holder: CustomerRecord, now: datetime, actor: Actor) -> AssetRecord:
    with database.writing(tenant) as session:
        return store_assets(session, store_product(session), now=now, by=actor, holder_id=holder.id)[0]


@pytest.fixture
def technician(client_of: ClientOf) -> TestClient:
    return client_of(Role.TECHNICIAN)


def _reading(asset: AssetRecord, /, **changes: Any) -> dict[str, Any]:
    return {"asset": asset.serial, "metric": "lamp_hours", "at": "2026-10-02T10:00:00Z", "value": 10.5} | changes


def test_json_goes_in_and_comes_out_raw_and_rolled_up(
    asset: AssetRecord, technician: TestClient, database: Database, tenant: int
) -> None:
    rows = [
        _reading(asset),
        _reading(asset, asset=str(asset.id), at="2026-10-02T11:00:00Z", value="690", unit="min"),
        _reading(asset, asset=asset.public_id, at="2026-10-03T13:00:00+02:00", value=12),
        _reading(asset, at="2026-10-03T11:00:00Z", value=13),
        _reading(asset, value=None),
        _reading(asset, asset="nobody"),
    ]
    answer = technician.post("/api/v1/readings", json={"readings": rows})

    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "taken": 3,
        "duplicates": 0,
        "quarantined": 3,
        "reasons": {"conflicting": 1, "not-a-number": 1, "unknown-asset": 1},
        "assets": 1,
    }
    raw = technician.get(f"/api/v1/assets/{asset.id}/readings", params={"metric": "lamp_hours", **SPAN}).json()
    assert [(one["at"], one["value"]) for one in raw["readings"]] == [
        ("2026-10-02T10:00:00Z", 10.5),
        ("2026-10-02T11:00:00Z", 11.5),
        ("2026-10-03T11:00:00Z", 12.0),
    ]
    assert (raw["unit"], raw["kind"], raw["next_start"]) == ("hour", "counter", None)
    asked = {"metric": "lamp_hours", "by": "day", **SPAN}
    rolled = technician.get(f"/api/v1/assets/{asset.id}/rollups", params=asked).json()
    assert [(one["count"], one["increase"]) for one in rolled["rollups"]] == [(2, 1.0), (1, 0.5)]
    newest = technician.get(f"/api/v1/assets/{asset.id}/latest").json()
    assert newest == [{"metric": "lamp_hours", "at": "2026-10-03T11:00:00Z", "value": 12.0, "unit": "hour"}]
    with database.reading(tenant) as session:
        assert session.exec(select(ReassessmentRecord.asset_id)).all() == [asset.id]


def test_long_answers_say_where_to_go_on(asset: AssetRecord, technician: TestClient) -> None:
    rows = [_reading(asset, at=f"2026-10-02T{hour:02}:00:00Z", value=hour) for hour in range(5)]
    technician.post("/api/v1/readings", json={"readings": rows})
    for what in ("readings", "rollups"):
        found: list[Any] = []
        start: str | None = SPAN["start"]
        while start:
            asked = {"metric": "lamp_hours", "limit": 2, "end": SPAN["end"], "start": start}
            part = technician.get(f"/api/v1/assets/{asset.id}/{what}", params=asked).json()
            found += part[what]
            start = part["next_start"]
        assert [one["at"][11:13] for one in found] == ["00", "01", "02", "03", "04"]


def test_csv_goes_in(asset: AssetRecord, technician: TestClient) -> None:
    text = f"\ufeffasset,metric,at,value\r\n{asset.serial},lamp_hours,2026-10-02T10:00:00Z,10.5\r\nx,y,z,\r\n"

    answer = technician.post("/api/v1/readings", content=text.encode(), headers={"Content-Type": "text/csv"})

    assert answer.status_code == 201, answer.text
    assert answer.json() | {"assets": 0} == {
        "taken": 1, "duplicates": 0, "quarantined": 1, "reasons": {"unknown-asset": 1}, "assets": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "text/csv", 422),
        (b"a,b\n1,2\n", "text/csv", 422),
        (b"asset,asset,metric,at,value\n1,2,3,4,5\n", "text/csv", 422),
        (b"asset,metric,at,value\n1,2,3,4,5\n", "text/csv", 422),
        (b"asset,metric,at,value\n\xff,2,3,4\n", "text/csv", 422),
        (b"asset,metric,at,value\n\x00,2,3,4\n", "text/csv", 201),
        (b"asset,metric,at,value\n", "text/csv; charset=utf-8", 201),
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"readings": [{}]}', "application/json", 422),
        (b'{"readings": [], "more": 1}', "application/json", 422),
        (b'{"readings": [{"asset":"\\ud800","metric":"a","at":"","value":1}]}', "application/json", 422),
        (b'{"readings": [{"asset":"","metric":"a","at":"","value":NaN}]}', "application/json", 201),
        (b'{"readings": [{"asset":"","metric":"a","at":"","value":true}]}', "application/json", 201),
        (b'{"readings": []}', "application/json", 201),
        (b"x", "application/xml", 415),
    ],
)
def test_a_body_that_is_no_batch_is_refused_in_words(
    technician: TestClient, holder: CustomerRecord, body: bytes, kind: str, status: int
) -> None:
    answer = technician.post("/api/v1/readings", content=body, headers={"Content-Type": kind})

    assert answer.status_code == status, answer.text


def test_the_same_key_stores_a_batch_once(asset: AssetRecord, technician: TestClient) -> None:
    body, headers = {"readings": [_reading(asset)]}, {"Idempotency-Key": "lorry-1"}

    first = technician.post("/api/v1/readings", json=body, headers=headers)
    again = technician.post("/api/v1/readings", json=body, headers=headers)
    other = technician.post("/api/v1/readings", json={"readings": []}, headers=headers)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()


def test_a_customer_sees_only_what_it_holds(
    asset: AssetRecord, holder: CustomerRecord, client_of: ClientOf, technician: TestClient, database: Database
) -> None:
    technician.post("/api/v1/readings", json={"readings": [_reading(asset)]})
    with database.writing(holder.tenant_id) as session:
        stranger = store_customer(session, code="STRANGER")
    own = client_of(Role.CUSTOMER, customer_id=holder.id)
    foreign = client_of(Role.CUSTOMER, customer_id=stranger.id)
    for path in (f"readings?metric=lamp_hours&start={SPAN['start']}", "rollups?metric=lamp_hours", "latest"):
        assert own.get(f"/api/v1/assets/{asset.id}/{path}").status_code == 200
        theirs, unknown = (foreign.get(f"/api/v1/assets/{one}/{path}") for one in (asset.id, uuid4()))
        assert (theirs.status_code, unknown.status_code) == (404, 404)
        assert theirs.json() == unknown.json()
    assert own.post("/api/v1/readings", json={"readings": []}).status_code == 403
    assert own.get("/api/v1/quarantine").status_code == 403


def test_quarantine_is_listed_by_reason(asset: AssetRecord, technician: TestClient) -> None:
    rows = [_reading(asset, at=f"2026-10-02T{hour:02}:00:00Z", value=-1) for hour in range(3)]
    technician.post("/api/v1/readings", json={"readings": [*rows, _reading(asset, metric="light")]})

    first = technician.get("/api/v1/quarantine", params={"reason": "out-of-range", "limit": 2}).json()
    rest = technician.get(
        "/api/v1/quarantine", params={"reason": "out-of-range", "cursor": first["next_cursor"]}
    ).json()

    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert first["items"][0]["as_received"]["asset"] == asset.serial
    assert "lamp_hours lies from 0 to 1e+06 hour" in first["items"][0]["sentence"]


@pytest.mark.parametrize(
    "asked",
    [
        {"start": "0001-01-01T00:00:00+14:00"},
        {"end": "0001-01-01T00:00:00+14:00"},
        {"end": "9999-12-31T23:59:59-14:00"},
        {"start": "9999-12-31T23:59:59-14:00"},
        {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59-14:00"},
        {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
        {"start": "2026-01-02T00:00:00"},
    ],
)
def test_no_span_is_too_odd_for_an_answer(asset: AssetRecord, technician: TestClient, asked: dict[str, str]) -> None:
    technician.post("/api/v1/readings", json={"readings": [_reading(asset)]})
    for what, by in (("readings", "hour"), ("rollups", "hour"), ("rollups", "day")):
        path = f"/api/v1/assets/{asset.id}/{what}"
        answer = technician.get(path, params={"metric": "lamp_hours", "by": by, **asked})
        assert answer.status_code in {200, 422}, answer.text
    assert technician.get(f"/api/v1/assets/{asset.id}/readings", params={"metric": "x", **SPAN}).status_code == 404


def test_metrics_are_listed_kept_and_audited(
    asset: AssetRecord, technician: TestClient, client_of: ClientOf, database: Database, tenant: int
) -> None:
    administrator = client_of(Role.ADMINISTRATOR)
    terms = {"name": "Sound", "kind": "gauge", "unit": "percent", "minimum": 0, "maximum": 100}

    made = administrator.put("/api/v1/metrics/sound", json=terms)
    administrator.put("/api/v1/metrics/sound", json=terms)

    assert made.json().items() >= {"code": "sound", **terms}.items()
    assert "sound" in [one["code"] for one in technician.get("/api/v1/metrics?limit=500").json()["items"]]
    with database.reading(tenant) as session:
        changes = session.exec(select(AuditRecord).where(AuditRecord.subject == "metric sound")).all()
        assert len(changes) == 1
    for wrong in ({"unit": "10**10**10"}, {"minimum": 101}, {"minimum": "nan"}, {"more": 1}):
        assert administrator.put("/api/v1/metrics/sound", json={**terms, **wrong}).status_code == 422
    assert technician.put("/api/v1/metrics/sound", json=terms).status_code == 403
    technician.post("/api/v1/readings", json={"readings": [_reading(asset)]})
    lamp = {"name": "Lamp", "kind": "counter", "unit": "hour"}
    assert administrator.put("/api/v1/metrics/lamp_hours", json={**lamp, "unit": "min"}).status_code == 409
    assert administrator.put("/api/v1/metrics/lamp_hours", json=lamp).status_code == 200


def test_a_device_speaks_only_for_its_own_assets(
    database: Database, tenant: int, asset: AssetRecord, client_of: ClientOf, now: datetime, actor: Actor
) -> None:
    with database.writing(tenant) as session:
        other = store_assets(session, store_product(session, code="OTHER"), now=now, by=actor)[0]
    administrator = client_of(Role.ADMINISTRATOR)
    made = administrator.post("/api/v1/devices", json={"name": "gate", "asset_ids": [str(asset.id)]}).json()
    device = TestClient(administrator.app, headers={"Authorization": f"Bearer {made['secret']}"})

    answer = device.post("/api/v1/readings", json={"readings": [_reading(asset), _reading(other, asset=str(other.id))]})

    assert answer.json()["taken"] == 1
    assert answer.json()["reasons"] == {"unknown-asset": 1}
    assert device.get(f"/api/v1/assets/{asset.id}/latest").status_code == 403
    assert UUID(made["id"])
