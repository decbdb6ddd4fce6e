"""Killed at any moment while readings pour in, nothing acknowledged is lost, nothing is kept twice, all adds up."""

import time
from collections.abc import Iterator
from random import Random
from subprocess import Popen
from uuid import UUID

import pytest
from sqlmodel import Session

from lifecycle.actor import Actor
from pas.check import check_database
from pas.db import Database
from pas.devices import NewDevice, add_device
from telemetry.compact import compact
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import NOW
from tests.faults.killing import Command
from tests.faults.recomputed import meters_must_be_exact, must_be_exact
from tests.faults.senders import Sender
from tests.faults.serving import KILLS, PATIENCE, free_port, served, started, tell
from tests.lifecycle.sample_fleet import store_assets, store_product

pytestmark = pytest.mark.faults

ACTOR = Actor(kind="command", name="kill")
WORKER = "pas-worker-killed"
SENDERS = 4
ASSETS_EACH = 2
SEED = 20261124


@pytest.fixture
def senders(database: Database, tenant: int) -> Iterator[list[Sender]]:
    """Devices with assets of their own, ready to be started; stopped behind the test, whatever happened."""
    port = free_port()
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        product = store_product(session)
        assets = [one.id for one in store_assets(session, product, now=NOW, by=ACTOR, count=SENDERS * ASSETS_EACH)]
        made = [
            _sender(session, number, port, assets[number * ASSETS_EACH : (number + 1) * ASSETS_EACH])
            for number in range(SENDERS)
        ]
    yield made
    for sender in made:
        sender.stop.set()


def _sender(session: Session, number: int, port: int, assets: list[UUID]) -> Sender:
    device = add_device(session, new=NewDevice(name=f"sender {number}", asset_ids=assets), now=NOW, by=ACTOR)
    return Sender(number, port, {"Authorization": f"Bearer {device.shown_once}"}, assets)


def _loaded(senders: list[Sender], *, more: int) -> None:
    """Wait until every sender had so many more deliveries acknowledged."""
    goals = [sender.acknowledged + more for sender in senders]
    done, since = -1, time.monotonic()
    while any(sender.acknowledged < goal for sender, goal in zip(senders, goals, strict=True)):
        assert not any(sender.refused for sender in senders), [sender.refused for sender in senders]
        if (now := sum(sender.acknowledged for sender in senders)) != done:
            done, since = now, time.monotonic()
        assert time.monotonic() - since < PATIENCE, "the senders do not get on"
        time.sleep(0.01)


def _ended(senders: list[Sender]) -> None:
    """Let every sender end what it has begun; what was not acknowledged is sent until it is."""
    for sender in senders:
        sender.stop.set()
    for sender in senders:
        sender.join(timeout=PATIENCE)
        assert not sender.is_alive()
        assert sender.refused == []


def _must_be_whole(database: Database, tenant: int, senders: list[Sender]) -> None:
    """Hold all that is kept against all that was sent, partly compacted as it is, and again compacted wholly."""
    kept = must_be_exact(database, tenant, senders)
    Command(database.url, ("worker", "--once")).run()
    _compact_all(database, tenant)
    assert must_be_exact(database, tenant, senders) == kept
    meters_must_be_exact(database, tenant, senders)
    assert check_database(database).faults == []
    print("readings acknowledged and kept once:", kept)  # noqa: T201 - `make prove` shows it


def _compact_all(database: Database, tenant: int) -> None:
    while True:
        with database.writing(tenant) as session:
            if not compact(session).batches:
                return


def test_a_killed_server_loses_nothing_acknowledged_and_keeps_nothing_twice(
    database: Database, tenant: int, senders: list[Sender]
) -> None:
    chance, at_work = Random(SEED), 0
    for turn in range(KILLS):
        with served(database.url, senders[0].port) as process:
            if turn == 0:
                for sender in senders:
                    sender.start()
            _loaded(senders, more=1)
            time.sleep(chance.uniform(0, 0.8))
            at_work += any(sender.waiting for sender in senders)
            process.kill()
        tell(turn, "server killed")
    with served(database.url, senders[0].port):
        _loaded(senders, more=1)
        _ended(senders)

    _must_be_whole(database, tenant, senders)
    print("serve killed at work:", at_work, "of", KILLS)  # noqa: T201 - as above
    assert at_work > 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_killed_worker_compacts_each_batch_wholly_or_not_at_all(
    database: Database, tenant: int, senders: list[Sender]
) -> None:
    chance, at_work = Random(SEED), 0
    with served(database.url, senders[0].port, "--no-worker"):
        for sender in senders:
            sender.start()
        for turn in range(KILLS):
            with started(database.url, "worker", environment={"PGAPPNAME": WORKER}) as process:
                at_work += _killed_at_work(database, process, chance)
            tell(turn, "worker killed")
        _ended(senders)

    _must_be_whole(database, tenant, senders)
    print("worker killed while compacting:", at_work, "of", KILLS)  # noqa: T201 - as above
    assert at_work >= KILLS // 10


def _killed_at_work(database: Database, process: Popen[bytes], chance: Random) -> bool:
    """Kill the worker soon after it was seen compacting; say whether it still was."""
    deadline = time.monotonic() + PATIENCE
    while not _compacts(database):
        assert process.poll() is None
        assert time.monotonic() < deadline, "the worker finds no work"
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.02))
    at_work = _compacts(database)
    process.kill()
    process.wait()
    return at_work


def _compacts(database: Database) -> bool:
    """Say whether the worker has a transaction open that wrote something and is now at the series-days or after."""
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT query FROM pg_stat_activity WHERE application_name = %s AND backend_xid IS NOT NULL", (WORKER,)
        ).scalars()
        return any("series_day" in query or "UPDATE series" in query or "is_open=" in query for query in found)
