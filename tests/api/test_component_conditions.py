"""Over HTTP: each component with its own interval and reasons, chances, calibration, and what outlives its contract."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from pas.db import Database
from pas.role import Role
from pas.worker import work_once
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_product


@pytest.fixture
def asset(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    with database.writing(tenant) as session:
        return store_assets(session, store_product(session), now=now, by=actor)[0]


@pytest.fixture
def technician(client_of: ClientOf, asset: AssetRecord, database: Database) -> TestClient:
    """A technician who saw a worn light in a good housing."""
    technician = client_of(Role.TECHNICIAN)
    seen = {
        "id": str(uuid4()),
        "asset_id": str(asset.id),
        "inspected_at": "2026-10-30T10:00:00+01:00",
        "source": "app",
        "grades": {"light": "C", "housing": "A"},
    }
    assert technician.post("/api/v1/inspections", json=seen).status_code == 201
    work_once(database)
    return technician


def test_a_condition_is_told_by_component(asset: AssetRecord, technician: TestClient) -> None:
    condition = technician.get(f"/api/v1/assets/{asset.id}/condition").json()

    light, housing = condition["components"]
    assert (light["component"], light["grade"], light["weight"], light["critical"]) == ("light", "C", 0.75, True)
    assert (housing["component"], housing["grade"], housing["critical"]) == ("housing", "A", False)
    assert condition["worst_component"] == "light"
    for part in (condition, light, housing):
        effects = [reason["effect"] or 0 for reason in part["reasons"]]
        assert round(sum(effects), 2) == part["index_p50"]
    assert sum(condition["grade_probabilities"].values()) == pytest.approx(1)
    assert max(condition["nen_probabilities"], key=condition["nen_probabilities"].get) == str(condition["nen_score"])
    assert condition["calibration"] == {"coverage": None, "n": 0}
    assert len(condition["parameters"]) == 64
    assert condition["telemetry_weight"] == 0


def test_it_tells_how_likely_it_outlives_a_day(asset: AssetRecord, technician: TestClient, now: datetime) -> None:
    def chance(until: date) -> float:
        told = technician.get(f"/api/v1/assets/{asset.id}/condition", params={"until": until.isoformat()}).json()
        assert told["outlives"]["until"] == until.isoformat()
        return float(told["outlives"]["probability"])

    chances = [chance(now.date() + timedelta(days=days)) for days in (-400, 30, 800, 9000)]

    assert chances == sorted(chances, reverse=True)
    assert (chances[0], chances[-1]) == (1, 0)
    assert technician.get(f"/api/v1/assets/{asset.id}/condition").json()["outlives"] is None
