"""Over HTTP and on the command line: meters defined by versions, and figures with the readings that show them."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord, AuditRecord
from pas.db import Database
from pas.role import Role
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf, Pas
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product

FROM = datetime.fromisoformat("2026-10-05T06:00:00Z")
SPAN = {"start": "2026-10-05T00:00:00Z", "end": "2026-10-07T00:00:00Z"}
LIT = {
    "name": "Lit", "metric": "illuminance", "way": "time_on", "unit": "hour", "threshold": 100, "side": "above",
    "longest_gap": 900,
}  # fmt: skip


@pytest.fixture
def asset(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    """A lamp that was on for an hour, and whose hours were read twice."""
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        holder = store_customer(session)
        made = store_assets(session, store_product(session), now=now, by=actor, holder_id=holder.id)[0]
        lux = [(FROM + timedelta(minutes=minute), 400.0 if minute < 60 else 0.0) for minute in range(70)]
        rows = [("illuminance", at, value) for at, value in lux]
        rows += [("lamp_hours", FROM, 10.0), ("lamp_hours", FROM + timedelta(hours=20), 14.5)]
        frame = pd.DataFrame(rows, columns=["metric", "at", "value"]).assign(asset_id=str(made.id))
        assert ingest(session, frame=frame, key=None, source="test", now=now).taken == len(rows)
        return made


def _shown(client: TestClient, asset: UUID, code: str, **asked: Any) -> Any:
    return client.get(f"/api/v1/assets/{asset}/meters/{code}", params=SPAN | asked)


def test_a_figure_comes_with_its_days_and_the_readings_that_switched_it(
    asset: AssetRecord, client_of: ClientOf
) -> None:
    found = _shown(client_of(Role.TECHNICIAN), asset.id, "light_hours").json()

    assert found["figure"]["increase"] == pytest.approx(1.0)
    assert (found["figure"]["meter"]["version"], found["figure"]["readings"]) == (1, 70)
    assert "above 100 lux" in found["figure"]["meter"]["means"]
    assert [(one["start"], one["ended_at"], one["ended_value"]) for one in found["on"]] == [
        ("2026-10-05T06:00:00Z", "2026-10-05T07:00:00Z", 0.0)
    ]
    assert [(day["day"], day["readings"]) for day in found["days"]] == [("2026-10-05", 70)]


def test_a_counter_shows_the_readings_at_both_ends(asset: AssetRecord, client_of: ClientOf) -> None:
    client = client_of(Role.FINANCE)
    found = _shown(client, asset.id, "lamp_hours", limit=1).json()

    figure = found["figure"]
    assert (figure["increase"], figure["opening"], figure["closing"]) == (4.5, 10.0, 14.5)
    assert [(day["day"], day["increase"]) for day in found["days"]] == [("2026-10-05", 0.0)]
    rest = _shown(client, asset.id, "lamp_hours", start=found["next_start"]).json()
    assert [(day["day"], day["increase"]) for day in rest["days"]] == [("2026-10-06", 4.5)]
    assert rest["next_start"] is None


def test_the_days_come_as_csv(asset: AssetRecord, client_of: ClientOf) -> None:
    answer = _shown(client_of(Role.TECHNICIAN), asset.id, "lamp_hours", format="csv")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert [(row["day"], float(row["increase"]), row["unit"]) for row in rows] == [
        ("2026-10-05", 0.0, "hour"),
        ("2026-10-06", 4.5, "hour"),
    ]


def test_a_meter_is_defined_once_and_changed_by_a_new_version(
    asset: AssetRecord, client_of: ClientOf, database: Database, tenant: int
) -> None:
    administrator = client_of(Role.ADMINISTRATOR)

    first = administrator.put("/api/v1/meters/lit", json=LIT)
    again = administrator.put("/api/v1/meters/lit", json=LIT)
    second = administrator.put("/api/v1/meters/lit", json=LIT | {"threshold": 5})

    assert (first.status_code, first.json()["version"], again.json()["version"]) == (200, 1, 1)
    assert (second.json()["version"], "above 5 lux" in second.json()["means"]) == (2, True)
    listed = administrator.get("/api/v1/meters?limit=500").json()["items"]
    assert [one["version"] for one in listed if one["code"] == "lit"] == [1, 2]
    assert _shown(administrator, asset.id, "lit").json()["figure"]["versions"] == [1]
    with database.reading(tenant) as session:
        audited = session.exec(select(AuditRecord.action).where(AuditRecord.subject == "meter lit")).all()
    assert audited == ["meter-defined", "meter-defined"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"threshold": None}, 422),
        ({"unit": "kWh"}, 422),
        ({"metric": "bananas"}, 404),
        ({"longest_gap": 0}, 422),
        ({"threshold": "nan"}, 422),
        ({"more": 1}, 422),
        ({"valid_from": "2020-01-01T00:00:00Z", "threshold": 5}, 409),
    ],
    ids=["no threshold", "unit", "no metric", "no gap", "no number", "more", "in the past"],
)
def test_a_meter_that_cannot_be_is_refused(
    asset: AssetRecord, client_of: ClientOf, wrong: dict[str, Any], status: int
) -> None:
    administrator = client_of(Role.ADMINISTRATOR)
    administrator.put("/api/v1/meters/lit", json=LIT)
    assert administrator.put("/api/v1/meters/lit", json=LIT | wrong).status_code == status
    assert client_of(Role.TECHNICIAN).put("/api/v1/meters/lit", json=LIT).status_code == 403


def test_an_unknown_meter_and_odd_spans_are_told(asset: AssetRecord, client_of: ClientOf) -> None:
    client = client_of(Role.TECHNICIAN)
    answer = _shown(client, asset.id, "bananas")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-meter")
    for asked in (
        {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59Z"},
        {"start": "9999-12-31T23:59:59Z", "end": "9999-12-31T23:59:59Z"},
        {"start": "2026-10-05T00:00:00Z", "end": "2026-10-05T00:00:00Z"},
    ):
        for code in ("lamp_hours", "light_hours", "starts_from_power"):
            assert _shown(client, asset.id, code, **asked).status_code == 200, (asked, code)
    assert _shown(client, asset.id, "lamp_hours", end="2026-10-01T00:00:00Z").status_code == 422


def test_the_command_prints_a_figure(asset: AssetRecord, pas: Pas) -> None:
    asked = ("meter", asset.serial, "light_hours", "--from", "2026-10-05", "--to", "2026-10-06")

    found = pas(*asked, "--json").json

    assert found["figure"]["increase"] == pytest.approx(1.0)
    assert "above 100 lux" in " ".join(pas(*asked).stdout.split())
    assert pas("meter", asset.serial, "bananas", "--from", "2026-10-05", "--json").json["code"] == "unknown-meter"
    assert pas("meter", asset.serial, "light_hours", "--from", "x").exit_code == 1
    assert pas("meter", asset.serial, "light_hours", "--from", "2026-10-05", "--to", "2026-10-01").exit_code == 1
