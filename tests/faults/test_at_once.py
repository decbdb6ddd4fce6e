"""Sixteen at once: every write is answered, none is lost, and two that want the same thing do not both get it."""

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import func
from sqlmodel import col, select

from lifecycle.tables import AssetEventRecord, AssetRecord, AuditRecord, InspectionRecord, SiteRecord
from lifecycle.verify_history import verify_chains
from pas.db import Database
from pas.role import Role
from tests.conftest import ClientOf
from tests.faults.killing import Command

pytestmark = pytest.mark.faults

THREADS = 16
TURNS = int(os.environ.get("PAS_TEST_TURNS", "3"))
"""How much each thread does: a slice in `make test`, more in `make prove`."""


@pytest.fixture
def service(database: Database) -> Iterator[str]:
    """`pas serve` as a real process, with its worker, on the test's database; gives its address."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = Command(database.url, ())
    with subprocess.Popen(
        (sys.executable, "-m", "pas.cli", "serve", "--port", str(port)),
        env=command.environment | {"PAS_REQUESTS_PER_MINUTE": "1000000"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api/v1/health")
        yield address
        process.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx2.get(url, timeout=5).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer within a minute")


def test_sixteen_threads_lose_no_write_and_meet_no_server_error(
    service: str, database: Database, tenant: int, client_of: ClientOf
) -> None:
    headers = dict(client_of(Role.ADMINISTRATOR).headers)
    with httpx2.Client(base_url=f"{service}/api/v1", headers=headers, timeout=60) as client:
        product = {"code": "P", "name": "Chair", "trade": "furniture", "price_new": "200", "rated_years": 10}
        product["checklist"] = [{"component": "seat", "question": {"en": "Seat?"}}]
        plate = {
            "product_id": client.post("/products", json=product).json()["id"],
            "status": "in_service",
            "in_service_on": "2026-01-01",
        }
        shared = client.post("/assets", json={"serial": "SHARED", **plate}).json()["id"]

        def work(thread: int) -> Counter[int]:
            answers: Counter[int] = Counter()
            for turn in range(TURNS):
                site = client.post("/sites", json={"code": f"S{thread}-{turn}", "name": "Site"})
                asset = client.post("/assets", json={"serial": f"{thread}-{turn}", **plate})
                here = {
                    "site_id": site.json()["id"],
                    "at": f"2026-10-{turn % 28 + 1:02}T{thread:02}:{turn // 28:02}:00Z",
                }
                seen = {
                    "asset_id": shared,
                    "inspected_at": f"2026-09-{turn % 28 + 1:02}T{thread:02}:{turn // 28:02}:00Z",
                }
                seen |= {"id": str(uuid4()), "source": "desk", "grades": {"seat": "B"}}
                moves = [client.post(f"/assets/{some}/moves", json=here) for some in (asset.json()["id"], shared)]
                answers.update(
                    answer.status_code for answer in (site, asset, *moves, client.post("/inspections", json=seen))
                )
            return answers

        with ThreadPoolExecutor(THREADS) as pool:
            answers = sum(pool.map(work, range(THREADS)), Counter[int]())

    wanted = THREADS * TURNS
    assert answers == {201: wanted * 5}
    with database.reading(tenant) as session:
        counts = [session.exec(select(func.count()).select_from(record)).one() for record in (SiteRecord, AssetRecord)]
        assert counts == [wanted, wanted + 1]
        assert session.exec(select(func.count()).select_from(InspectionRecord)).one() == wanted
        history = session.exec(
            select(AssetEventRecord.sequence)
            .where(col(AssetEventRecord.asset_id) == session.exec(_id_of("SHARED")).one())
            .order_by(col(AssetEventRecord.sequence))
        ).all()
        assert list(history) == list(range(1, 1 + 2 * wanted + 1))
        audit = session.exec(select(AuditRecord.sequence).order_by(col(AuditRecord.sequence))).all()
        assert list(audit) == list(range(1, len(audit) + 1))
        assert verify_chains(session).broken is None


def _id_of(serial: str):  # noqa: ANN202 - a select of one column
    return select(AssetRecord.id).where(col(AssetRecord.serial) == serial)


def test_of_sixteen_who_want_the_same_code_one_gets_it(
    service: str, database: Database, tenant: int, client_of: ClientOf
) -> None:
    headers = dict(client_of(Role.ADMINISTRATOR).headers)
    with httpx2.Client(base_url=f"{service}/api/v1", headers=headers, timeout=60) as client:

        def ask(_thread: int) -> int:
            return client.post("/sites", json={"code": "ONE", "name": "Only one"}).status_code

        with ThreadPoolExecutor(THREADS) as pool:
            answers = Counter(pool.map(ask, range(THREADS)))

    assert answers == {201: 1, 409: THREADS - 1}
    with database.reading(tenant) as session:
        assert session.exec(select(func.count()).select_from(SiteRecord)).one() == 1


def test_of_sixteen_equal_requests_under_one_key_one_is_carried_out(
    service: str, database: Database, tenant: int, client_of: ClientOf
) -> None:
    headers = dict(client_of(Role.ADMINISTRATOR).headers) | {"Idempotency-Key": "the-same"}
    with httpx2.Client(base_url=f"{service}/api/v1", headers=headers, timeout=60) as client:

        def ask(_thread: int) -> tuple[int, str]:
            answer = client.post("/sites", json={"code": "ONE", "name": "Only one"})
            return answer.status_code, answer.json().get("id", "")

        with ThreadPoolExecutor(THREADS) as pool:
            answers = set(pool.map(ask, range(THREADS)))

    assert len({identifier for status, identifier in answers if status == 201}) == 1
    assert {status for status, _ in answers} <= {201, 409}
    with database.reading(tenant) as session:
        assert session.exec(select(func.count()).select_from(SiteRecord)).one() == 1
