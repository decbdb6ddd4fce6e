"""Whatever arrives, the service answers with a reason, counts it, keeps its memory and goes on."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlmodel import Session, func, select

from lifecycle.actor import Actor
from lifecycle.asset import NewAsset
from lifecycle.register_assets import register_assets
from lifecycle.tables import AssetRecord
from pas.db import Database
from pas.devices import NewDevice, add_device
from pas.tables import RefusedPayloadRecord
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.tables import QuarantinedReadingRecord, ReadingBatchRecord
from tests.conftest import NOW
from tests.faults.serving import free_port, served
from tests.lifecycle.sample_fleet import store_product
from tests.telemetry.malformed import malformed

pytestmark = pytest.mark.faults

PAYLOADS = int(os.environ.get("PAS_TEST_MALFORMED", "3000"))
"""How many are sent: a slice in `make test`, a million in `make prove`."""
CONNECTIONS = 8
SEED = 20_261_124_000
ACTOR = Actor(kind="command", name="malformed")
GROWTH = 128 * 1024
"""Kilobytes by which the memory may grow after the first fifth, however many are sent."""


class Answers(NamedTuple):
    """What the service said."""

    status: Counter[int]
    refused: Counter[str]
    """Payloads refused whole, by the code of the reason."""
    unclear: list[str]
    """Answers that give no reason, and there should be none."""

    def add(self, status: int, body: bytes) -> None:
        self.status[status] += 1
        said = json.loads(body)
        if status == 201:
            kept_apart = sum(said["reasons"].values())
            if kept_apart != said["quarantined"]:
                self.unclear.append(body.decode())
        elif said.get("code"):
            self.refused[said["code"]] += 1
        else:
            self.unclear.append(body.decode())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_malformed_payload_crashes_the_service_and_each_is_counted_with_a_reason(
    database: Database, tenant: int
) -> None:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        things = _known_things(session)
        new = NewDevice(name="gone wrong", asset_ids=[one.id for one in things])
        headers = {"Authorization": f"Bearer {add_device(session, new=new, now=NOW, by=ACTOR).shown_once}"}
    port, answers = free_port(), Answers(Counter(), Counter(), [])
    with served(database.url, port) as process:
        _send(range(PAYLOADS // 5), port, headers, answers)
        early = _memory(process.pid)
        _send(range(PAYLOADS // 5, PAYLOADS), port, headers, answers)
        late = _memory(process.pid)

        assert process.poll() is None
        sound = json.dumps({"readings": [_sound(things[0].serial)]}).encode()
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        assert _post(connection, headers, sound, "application/json", "")[0] == 201
        connection.close()
        _within(30, lambda: _counted(database, tenant).total() == answers.refused.total())

    told = {"answers": dict(answers.status), "refused": dict(answers.refused), "kilobytes": (early, late)}
    print("malformed payloads over HTTP:", told)  # noqa: T201 - `make prove` shows it
    assert answers.unclear == []
    assert answers.status.total() == PAYLOADS
    assert not [status for status in answers.status if status >= 500]
    assert answers.status[201] + answers.refused.total() == PAYLOADS
    assert _counted(database, tenant) == answers.refused
    assert late - early < GROWTH
    with database.reading(tenant) as session:
        kept_apart = session.exec(select(func.count()).select_from(QuarantinedReadingRecord)).one()
        assert session.exec(select(func.sum(ReadingBatchRecord.quarantined))).one() == kept_apart


def _known_things(session: Session) -> list[AssetRecord]:
    """Register the things that the payloads speak of, so that what is still sound in them goes in."""
    product = store_product(session)
    things = [NewAsset(serial=f"PJ-0000{number}", product_id=product.id) for number in (1, 2)]
    return register_assets(session, things, now=NOW, by=ACTOR)


def _send(seeds: range, port: int, headers: dict[str, str], answers: Answers) -> None:
    """Send payloads over several connections that are kept open."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        shares = [seeds[number::CONNECTIONS] for number in range(CONNECTIONS)]
        for found in pool.map(lambda share: _over_one(share, port, headers), shares):
            answers.status.update(found.status)
            answers.refused.update(found.refused)
            answers.unclear.extend(found.unclear)


def _over_one(seeds: range, port: int, headers: dict[str, str]) -> Answers:
    answers = Answers(Counter(), Counter(), [])
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for seed in seeds:
        body, content_type, encoding = malformed(SEED + seed)
        while True:
            status, said = _post(connection, headers, body, _sendable(content_type), _sendable(encoding))
            if status != 503:
                break
            time.sleep(0.1)
        answers.add(status, said)
    connection.close()
    return answers


def _sendable(header: str) -> str:
    """Leave out what no HTTP header can hold: the server hangs up on that before it is any payload."""
    return header.replace("\0", "").encode("latin-1", "replace").decode("latin-1")


def _post(
    connection: HTTPConnection, headers: dict[str, str], body: bytes, content_type: str, encoding: str
) -> tuple[int, bytes]:
    own = headers | {"Content-Type": content_type} | ({"Content-Encoding": encoding} if encoding else {})
    connection.request("POST", "/api/v1/readings", body, own)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _sound(serial: str) -> dict[str, object]:
    return {"asset": serial, "metric": "co2", "at": "2026-01-01T00:00:00Z", "value": 400}


def _counted(database: Database, tenant: int) -> Counter[str]:
    with database.reading(tenant) as session:
        reason = RefusedPayloadRecord.reason
        query = select(reason, func.sum(RefusedPayloadRecord.count)).group_by(reason)
        return Counter(dict(session.exec(query).all()))


def _memory(pid: int) -> int:
    """Give the kilobytes that a process has in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def _within(seconds: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
