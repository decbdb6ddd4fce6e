"""Sixteen senders of readings at once, with replays: every reading is stored once, and nobody meets a server error."""

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.actor import Actor
from pas.db import Database
from pas.known_callers import LASTS
from pas.role import Role
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.tables import QuarantinedReadingRecord, ReadingBatchRecord
from tests.conftest import ClientOf
from tests.faults.test_at_once import service  # noqa: F401 - a fixture
from tests.lifecycle.sample_fleet import store_assets, store_product

pytestmark = pytest.mark.faults

THREADS = 16
TURNS = int(os.environ.get("PAS_TEST_TURNS", "3")) * 2
ROWS = 20


@pytest.fixture
def serials(database: Database, tenant: int, now: datetime, actor: Actor) -> list[str]:
    """An asset for each sender."""
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        return [one.serial for one in store_assets(session, store_product(session), count=THREADS, now=now, by=actor)]


def _batch(serial: str, turn: int) -> dict[str, Any]:
    rows = [
        {"asset": serial, "metric": "lamp_hours", "at": f"2026-10-02T{turn:02}:{row:02}:00Z", "value": turn + row / 100}
        for row in range(ROWS)
    ]
    return {"readings": rows}


def test_sixteen_senders_with_replays_store_each_reading_once(
    service: str,  # noqa: F811
    database: Database,
    tenant: int,
    client_of: ClientOf,
    serials: list[str],
) -> None:
    headers = dict(client_of(Role.TECHNICIAN).headers)
    with httpx2.Client(base_url=f"{service}/api/v1", headers=headers, timeout=60) as client:

        def send(sender: int) -> Counter[Any]:
            found: Counter[Any] = Counter()
            for turn in range(TURNS):
                batch, key = _batch(serials[sender], turn), {"Idempotency-Key": f"{sender}-{turn}"}
                spoilt = {"readings": [*batch["readings"], {**batch["readings"][0], "value": -1}]}
                first, again = (client.post("/readings", json=batch, headers=key) for _ in range(2))
                unkeyed = client.post("/readings", json=batch)
                other = client.post("/readings", json=spoilt, headers=key)
                rubbish = client.post("/readings", content=b"{")
                found.update(("status", one.status_code) for one in (first, again, unkeyed))
                found.update(("refused", one.status_code) for one in (other, rubbish))
                found["taken"] += first.json()["taken"] + unkeyed.json()["taken"]
                found["duplicates"] += unkeyed.json()["duplicates"]
                found["same answer"] += first.json() == again.json()
            return found

        with ThreadPoolExecutor(THREADS) as pool:
            found = sum(pool.map(send, range(THREADS)), Counter[Any]())

    batches = THREADS * TURNS
    assert found == {
        ("status", 201): 3 * batches,
        ("refused", 422): 2 * batches,
        "taken": ROWS * batches,
        "duplicates": ROWS * batches,
        "same answer": batches,
    }
    with database.reading(tenant) as session:
        receipts = session.exec(select(ReadingBatchRecord)).all()
        assert sum(one.taken for one in receipts) == ROWS * batches
        assert sorted(one.number for one in receipts) == list(range(1, len(receipts) + 1))
        assert session.exec(select(QuarantinedReadingRecord)).all() == []


def test_another_process_lets_a_device_in_for_a_few_seconds_at_the_most(
    service: str,  # noqa: F811
    client_of: ClientOf,
) -> None:
    """The device is shut out in this process; the one that serves learns of it when its memory of the token ends."""
    administrator: TestClient = client_of(Role.ADMINISTRATOR)
    made = administrator.post("/api/v1/devices", json={"name": "gate", "asset_ids": []}).json()
    headers = {"Authorization": f"Bearer {made['secret']}"}
    with httpx2.Client(base_url=f"{service}/api/v1", headers=headers, timeout=60) as device:
        assert device.post("/readings", json={"readings": []}).status_code == 201

        administrator.delete(f"/api/v1/devices/{made['id']}")
        shut_out_at = time.monotonic()

        while device.post("/readings", json={"readings": []}).status_code == 201:
            assert time.monotonic() - shut_out_at < LASTS.total_seconds() + 5
            time.sleep(0.05)
