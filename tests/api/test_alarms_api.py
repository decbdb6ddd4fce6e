"""Over HTTP: a rule is tried and kept, readings come in, alarms go out to those whom they concern."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from pas.db import Database
from pas.role import Role
from pas.words import Words, catalogue
from pas.worker import listen_to_all, work_once
from telemetry.alarm_rule import AlarmKind, AlarmPriority
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
WARM = {
    "name": "Room too warm",
    "metric": "ambient_temperature",
    "kind": "above",
    "limit": 21.5,
    "deadband": 0.5,
    "on_delay_seconds": 900,
    "since": "2026-10-25T00:00:00Z",
}


@pytest.fixture(autouse=True)
def _stands_still() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def assets(database: Database, tenant: int, actor: Actor) -> list[AssetRecord]:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        made = store_product(session)
        one = store_assets(session, made, now=NOW, by=actor, holder_id=store_customer(session).id)
        other = store_product(session, code="LP-2")
        return one + store_assets(session, other, now=NOW, by=actor, holder_id=store_customer(session, "C-2").id)


@pytest.fixture
def manager(client_of: ClientOf) -> TestClient:
    return client_of(Role.FLEET_MANAGER)


def send(client: TestClient, asset: AssetRecord, *points: tuple[int, float]) -> None:
    readings = [
        {
            "asset": asset.serial,
            "metric": "ambient_temperature",
            "at": (NOW - timedelta(hours=10) + timedelta(minutes=minute)).isoformat(),
            "value": value,
        }
        for minute, value in points
    ]
    answer = client.post("/api/v1/readings", json={"readings": readings})
    assert (answer.status_code, answer.json()["quarantined"]) == (201, 0), answer.text


def listed(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/alarms", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_a_warm_room_is_told_to_those_whom_it_concerns(
    assets: list[AssetRecord], manager: TestClient, client_of: ClientOf, database: Database
) -> None:
    ours, theirs = assets
    send(manager, ours, (0, 20.0), (10, 22.0), (20, 24.0), (30, 22.0), (40, 20.0))
    terms = {name: said for name, said in WARM.items() if name != "since"}
    trial = manager.post("/api/v1/alarm-rules/trial", json=terms).json()
    assert (trial["alarms"], trial["crossings"], trial["readings"]) == (1, 1, 5)
    assert trial["assets"] == [{"asset_id": str(ours.id), "alarms": 1, "crossings": 1}]

    kept = manager.put("/api/v1/alarm-rules/warm", json=WARM)
    assert (kept.status_code, kept.json()["version"]) == (200, 1), kept.text
    work_once(database)

    alarm = listed(manager)[0]
    assert (alarm["state"], alarm["extreme"], alarm["times"]) == ("cleared", 24.0, 1)
    assert alarm["reasons"][0]["inputs"] == {"metric": "ambient_temperature", "extreme": 24.0, "limit": 21.5}
    evidence = manager.get(f"/api/v1/alarms/{alarm['id']}/evidence").json()
    assert [one["value"] for one in evidence["readings"] if one["caused"]] == [22.0, 24.0, 22.0]
    assert [one["kind"] for one in evidence["account"]] == ["raised"]

    holder, stranger = (client_of(Role.CUSTOMER, customer_id=one.holder_id) for one in (ours, theirs))
    assert [one["id"] for one in listed(holder)] == [alarm["id"]]
    assert listed(stranger) == []
    foreign = stranger.get(f"/api/v1/alarms/{alarm['id']}")
    unknown = stranger.get(f"/api/v1/alarms/{ours.id}")
    assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json())
    seen = holder.post(f"/api/v1/alarms/{alarm['id']}/acknowledge")
    assert (seen.status_code, seen.json()["acknowledged_at"]) == (201, "2026-11-01T09:00:00Z")


def test_late_readings_withdraw_an_alarm_and_the_account_stays(
    assets: list[AssetRecord], manager: TestClient, database: Database
) -> None:
    manager.put("/api/v1/alarm-rules/warm", json=WARM)
    send(manager, assets[0], (0, 22.0), (30, 22.0))
    work_once(database)
    alarm = listed(manager, open=True)[0]

    send(manager, assets[0], (10, 20.0))
    work_once(database)

    assert listed(manager) == []
    told = manager.get(f"/api/v1/alarms/{alarm['id']}/evidence").json()
    assert (told["alarm"]["state"], told["alarm"]["reason"]) == ("withdrawn", "late_readings")
    assert [one["kind"] for one in told["account"]] == ["raised", "withdrawn"]


def test_the_page_of_a_thing_tells_its_open_alarms(
    assets: list[AssetRecord], manager: TestClient, database: Database
) -> None:
    manager.put("/api/v1/alarm-rules/warm", json=WARM)
    send(manager, assets[0], (0, 22.0), (30, 23.5))
    work_once(database)
    page = manager.get(f"/assets/{assets[0].id}", headers={"Accept-Language": "en"}).text
    assert "Too high" in page
    assert "up to 23.5" in page


def test_filters_narrow_each_other_and_pages_follow(
    assets: list[AssetRecord], manager: TestClient, database: Database
) -> None:
    manager.put("/api/v1/alarm-rules/warm", json=WARM | {"on_delay_seconds": 0, "priority": "high"})
    for asset in assets:
        send(manager, asset, (0, 22.0), (1, 20.0), (100, 23.0))
    work_once(database)

    assert len(listed(manager)) == 4
    assert len(listed(manager, open=True)) == len(listed(manager, open=False)) == 2
    assert len(listed(manager, asset=str(assets[0].id), open=True, kind="above", rule="warm", priority="high")) == 1
    assert listed(manager, kind="below") == listed(manager, priority="low") == []
    first = manager.get("/api/v1/alarms", params={"limit": 3}).json()
    rest = manager.get("/api/v1/alarms", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert len({one["id"] for one in first["items"] + rest["items"]}) == 4


def test_a_rule_for_a_product_and_silence_look_at_what_an_asset_is(
    assets: list[AssetRecord], manager: TestClient, database: Database, tenant: int
) -> None:
    manager.put("/api/v1/alarm-rules/warm", json=WARM | {"on_delay_seconds": 0, "product": "LP-2"})
    silent = {"name": "Silent", "metric": "ambient_temperature", "kind": "silence", "longest_seconds": 3600}
    manager.put("/api/v1/alarm-rules/silent", json=silent | {"since": WARM["since"]})
    for asset in assets:
        send(manager, asset, (0, 22.0))
    with database.writing(tenant) as session:
        session.merge(assets[0]).status = "in_stock"
    work_once(database)
    assert listen_to_all(database) == 1

    found = {(one["kind"], one["asset_id"]) for one in listed(manager, open=True)}
    assert found == {("above", str(assets[1].id)), ("silence", str(assets[1].id))}
    assert listen_to_all(database) == 0


def test_rules_are_listed_as_they_are_now_and_changes_are_audited(
    assets: list[AssetRecord], manager: TestClient, client_of: ClientOf
) -> None:
    for limit in (21.5, 21.5, 23.0):
        kept = manager.put("/api/v1/alarm-rules/warm", json={**WARM, "limit": limit, "since": None})
        assert kept.status_code == 200, kept.text
    rules = manager.get("/api/v1/alarm-rules").json()["items"]
    assert [(one["code"], one["version"], one["limit"]) for one in rules] == [("warm", 2, 23.0)]
    audit = client_of(Role.ADMINISTRATOR).get("/api/v1/audit").json()["items"]
    assert [one["subject"] for one in audit if one["action"] == "alarm-rule-kept"] == ["alarm rule warm"] * 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"limit": None}, "incomplete-rule"),
        ({"metric": "nonsense"}, "unknown-metric"),
        ({"since": "2027-01-01T00:00:00Z"}, "rule-from-then"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "rule-from-then"),
        ({"asset_id": "0190b0b0-0000-7000-8000-000000000009"}, "unknown-asset"),
        ({"asset_id": "0190b0b0-0000-7000-8000-000000000009", "product": "LP-1"}, "unknown-asset"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(
    assets: list[AssetRecord], manager: TestClient, change: dict[str, Any], code: str
) -> None:
    assert manager.put("/api/v1/alarm-rules/warm", json=WARM | change).json()["code"] == code


def test_every_alarm_has_words() -> None:
    wanted = {f"{kind}.{one}" for kind in ("reason.alarm", "alarm_kind") for one in AlarmKind}
    wanted |= {f"alarm_priority.{one}" for one in AlarmPriority} | {"reason.alarm.chatters"}
    assert wanted - catalogue().keys() == set()
    reason = {"code": "alarm.above", "rule": "warm/1", "inputs": {"metric": "co2", "extreme": 1200.0, "limit": 900.0}}
    assert Words("nl").reason(reason) == "Koolstofdioxide: tot 1.200\u00a0ppm, waar 900\u00a0ppm de bovengrens is"
