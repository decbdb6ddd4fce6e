"""Over HTTP and on the command line: doubted readings are seen, repaired, imported by hand or dismissed."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.tables import AssetRecord, AuditRecord
from pas.db import Database
from pas.role import Role
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf, Pas
from tests.lifecycle.sample_fleet import store_assets, store_product

MINUTES = [f"2026-10-02T10:{minute:02}:00Z" for minute in range(4)]


@pytest.fixture
def asset(database: Database, tenant: int, now: Any, actor: Any) -> AssetRecord:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        return store_assets(session, store_product(session), now=now, by=actor)[0]


@pytest.fixture
def manager(client_of: ClientOf) -> TestClient:
    return client_of(Role.FLEET_MANAGER)


@pytest.fixture
def wrong(asset: AssetRecord, manager: TestClient) -> list[dict[str, Any]]:
    """Four readings of a metric that does not exist, of a name that is written wrong."""
    rows = [
        {"asset": f"wrong {asset.serial}", "metric": "temp", "at": at, "value": 20.5 + number}
        for number, at in enumerate(MINUTES)
    ]
    answer = manager.post("/api/v1/readings", json={"readings": rows})
    assert answer.json()["quarantined"] == 4, answer.text
    return rows


def _values(client: TestClient, asset: AssetRecord) -> list[float]:
    span = {"start": "2026-10-01T00:00:00Z", "end": "2026-11-01T00:00:00Z", "metric": "ambient_temperature"}
    found = client.get(f"/api/v1/assets/{asset.id}/readings", params=span)
    return [one["value"] for one in found.json()["readings"]] if found.status_code == 200 else []


def test_doubted_readings_are_found_by_what_stands_in_them(wrong: list[dict[str, Any]], manager: TestClient) -> None:
    def found(**asked: str) -> int:
        return len(manager.get("/api/v1/quarantine", params=asked).json()["items"])

    one = manager.get("/api/v1/quarantine", params={"limit": 1}).json()["items"][0]
    assert (one["state"], one["settled_at"], one["how"]) == ("waiting", None, None)
    for asked in ({"metric": "temp"}, {"asset": wrong[0]["asset"]}, {"batch": one["batch_key"]}, {"state": "waiting"}):
        assert found(**asked) == 4
        assert found(**asked, reason="unknown-asset") == 4
    assert found(metric="co2") == found(asset="x") == found(batch="y") == found(state="released") == 0


def test_a_repair_is_tried_done_told_and_audited(
    wrong: list[dict[str, Any]], asset: AssetRecord, manager: TestClient, database: Database, tenant: int
) -> None:
    meant = {"asset": asset.serial, "metric": "ambient_temperature"}
    asked = {"metric": "temp", "meant": meant}

    tried = manager.post("/api/v1/quarantine/repairs", json={**asked, "dry_run": True})
    assert (tried.status_code, tried.json()["taken"], _values(manager, asset)) == (200, 4, [])

    halfway = manager.post("/api/v1/quarantine/repairs", json={"metric": "temp", "meant": {"asset": asset.serial}})
    assert (halfway.json()["doubted"], halfway.json()["reasons"]) == (4, {"unknown-metric": 4})

    done = manager.post("/api/v1/quarantine/repairs", json=asked).json()
    again = manager.post("/api/v1/quarantine/repairs", json=asked).json()

    assert (done["taken"], done["next_after"], again["taken"]) == (4, None, 0)
    assert _values(manager, asset) == [20.5, 21.5, 22.5, 23.5]
    listed = manager.get("/api/v1/quarantine", params={"state": "released"}).json()["items"]
    assert [one["how"] for one in listed] == [{"repair": done["id"], **meant}] * 4
    with database.reading(tenant) as session:
        audited = session.exec(select(AuditRecord).where(AuditRecord.action == "readings-repaired")).all()
        assert [one.subject for one in audited] == [f"repair {done['id']}"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "nothing-chosen"),
        ({"metric": "temp", "meant": {"unit": "parsec?"}}, "unknown-unit"),
        ({"metric": "temp", "meant": {"zone": "Mars/North"}}, "unknown-zone-meant"),
        ({"metric": "temp", "meant": {"factor": 0}}, "unfit-factor"),
        ({"metric": "temp", "state": "released"}, "nothing-chosen"),
        ({"metric": "temp", "meant": {"clock_ahead": 1e300}}, None),
        ({"metric": "temp", "meant": {"colour": "red"}}, None),
    ],
    ids=["nothing", "unit", "zone", "factor", "released", "clock", "extra"],
)
def test_an_impossible_repair_is_refused(
    wrong: list[dict[str, Any]], manager: TestClient, asked: dict[str, Any], code: str | None
) -> None:
    answer = manager.post("/api/v1/quarantine/repairs", json=asked)
    assert answer.status_code == 422
    assert code in {answer.json()["code"], None}


def test_only_who_answers_for_the_fleet_settles_doubts(wrong: list[dict[str, Any]], client_of: ClientOf) -> None:
    for role in (Role.TECHNICIAN, Role.FINANCE, Role.CUSTOMER):
        for deed in ("repairs", "dismissals"):
            answer = client_of(role).post(f"/api/v1/quarantine/{deed}", json={"metric": "temp", "because": "no"})
            assert answer.status_code == 403


def test_what_is_dismissed_stays_in_sight(wrong: list[dict[str, Any]], manager: TestClient) -> None:
    answer = manager.post("/api/v1/quarantine/dismissals", json={"metric": "temp", "because": "a trial run"})

    assert answer.json() == {"dismissed": 4, "waiting": 0}
    listed = manager.get("/api/v1/quarantine", params={"state": "dismissed"}).json()["items"]
    assert [one["how"] for one in listed] == [{"because": "a trial run"}] * 4


def test_the_command_line_repairs_too(
    wrong: list[dict[str, Any]], asset: AssetRecord, manager: TestClient, pas: Pas
) -> None:
    meant = ("--metric", "temp", "--is-asset", asset.serial, "--is-metric", "ambient_temperature")

    listed = pas("quarantine", "list", "--metric", "temp", "--limit", "2", "--json").json
    assert (listed["counts"], len(listed["items"])) == ({"unknown-asset": 4}, 2)
    tried = pas("quarantine", "repair", *meant, "--dry-run", "--json").json
    assert (tried["taken"], tried["repairs"], _values(manager, asset)) == (4, [], [])
    done = pas("quarantine", "repair", *meant, "--json").json
    assert (done["taken"], done["doubted"], len(done["repairs"])) == (4, 0, 1)
    assert len(_values(manager, asset)) == 4
    assert pas("quarantine", "repair", *meant, "--json").json["taken"] == 0
    assert pas("quarantine", "repair", "--json").exit_code == 1
    assert pas("quarantine", "list", "--reason", "odd", "--json").json["code"] == "invalid-value"


def test_a_file_of_doubted_readings_is_corrected_by_hand_and_imported(
    wrong: list[dict[str, Any]], asset: AssetRecord, manager: TestClient, pas: Pas, tmp_path: Path
) -> None:
    file = tmp_path / "doubted.csv"
    assert pas("quarantine", "list", "--csv", str(file), "--limit", "1", "--json").json["written"] == 4
    text = file.read_text(encoding="utf-8")
    corrected = text.replace(f"wrong {asset.serial},temp", f"{asset.serial},ambient_temperature")
    file.write_text(corrected, encoding="utf-8")

    assert pas("import", "readings", str(file), "--json").json["new"] == 4
    assert pas("quarantine", "dismiss", "corrected by hand", "--metric", "temp", "--json").json == {"dismissed": 4}
    assert _values(manager, asset) == [20.5, 21.5, 22.5, 23.5]
    assert pas("quarantine", "list", "--json").json["items"] == []
