"""A worn sister is seen at equal use, not at equal date; what cannot be compared says why."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord, CustomerRecord
from pas.db import Database
from pas.role import Role
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product

DAYS = 40


@pytest.fixture
def holder(database: Database, tenant: int) -> CustomerRecord:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        return store_customer(session)


@pytest.fixture
def assets(database: Database, tenant: int, holder: CustomerRecord, now: datetime, actor: Actor) -> list[AssetRecord]:
    """A young one used all day, an old one used little, a worn one, and one without a meter."""
    with database.writing(tenant) as session:
        young, old, worn = store_assets(
            session, store_product(session, code="A"), now=now, by=actor, count=3, holder_id=holder.id
        )
        silent = store_assets(session, store_product(session, code="B"), now=now, by=actor)[0]
        rows = _life(young, now - timedelta(days=DAYS + 3), a_day=20.0, wear=0.01)
        rows += _life(old, now - timedelta(days=5 * DAYS), a_day=10.0, wear=0.01)
        rows += _life(worn, now - timedelta(days=3 * DAYS), a_day=20.0, wear=0.03)
        rows += [(silent.serial, "co2", now - timedelta(days=3), 400.0, "")]
        frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value", "unit"])
        taken = absorb_readings(session, frame=frame, key=None, source="test", now=now, by=actor)
        assert taken.taken == len(rows)
        return [young, old, worn, silent]


def _life(asset: AssetRecord, begins: datetime, *, a_day: float, wear: float) -> list[tuple[Any, ...]]:
    """A counter read six times a day, and a level that rises with the use, read a little longer than the counter."""
    rows: list[tuple[Any, ...]] = []
    midnight = begins.replace(hour=0)
    for number in range(6 * DAYS + 12):
        at, used = midnight + timedelta(hours=4 * number), a_day / 6 * number
        rows.append((asset.serial, "co2", at + timedelta(minutes=30), 400 + used * wear * 100, ""))
        if number < 6 * DAYS:
            rows.append((asset.serial, "lamp_hours", at, used, ""))
    return rows


def _compared(client: TestClient, assets: list[AssetRecord], **asked: Any) -> Any:
    params = {"meter": "lamp_hours", "metric": "co2", "asset_id": [str(asset.id) for asset in assets], **asked}
    return client.get("/api/v1/comparison", params=params)


def test_a_worn_sister_is_seen_at_equal_use(assets: list[AssetRecord], client_of: ClientOf) -> None:
    answer = _compared(client_of(Role.TECHNICIAN), assets, step=100)

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["step"], told["use_unit"], told["unit"]) == (100.0, "hour", "ppm")
    young, old, worn, silent = ({one["use"]: one["mean"] for one in thing["steps"]} for thing in told["assets"])
    shared = sorted(young.keys() & old.keys() & worn.keys())
    assert shared[0] == 0.0
    assert len(shared) >= 3
    for use in shared[1:-1]:
        assert young[use] == pytest.approx(old[use], abs=15), "alike wear, alike at equal use, whatever the date"
        assert worn[use] - 400 > 2 * (young[use] - 400)
    assert silent == {}
    assert told["assets"][0]["left_out"] == {"after-the-meter": 12}
    assert told["assets"][3]["left_out"] == {"before-the-meter": 1}
    assert told["assets"][3]["used"] is None


def test_a_step_that_suits_is_chosen_and_a_tiny_one_refused(assets: list[AssetRecord], client_of: ClientOf) -> None:
    technician = client_of(Role.TECHNICIAN)

    chosen, tiny = _compared(technician, assets).json(), _compared(technician, assets, step=1e-9)

    assert 7 <= max(len(thing["steps"]) for thing in chosen["assets"]) <= 21
    assert (tiny.status_code, tiny.json()["code"]) == (422, "step-too-short")


def test_only_one_s_own_are_compared(assets: list[AssetRecord], holder: CustomerRecord, client_of: ClientOf) -> None:
    customer = client_of(Role.CUSTOMER, customer_id=holder.id)

    assert _compared(customer, assets[:3]).status_code == 200
    foreign = _compared(customer, assets)
    unknown = _compared(customer, assets[:1], asset_id=[str(uuid4())])
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())
    assert _compared(customer, assets[:1], meter="nothing").status_code == 404
    assert _compared(customer, assets[:1], metric="nothing").status_code == 404
