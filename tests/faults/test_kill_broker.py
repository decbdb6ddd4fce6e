"""Broker or gateway killed at any moment: nothing that was acknowledged is lost, and nothing is stored twice.

The broker is NATS with the configuration that we recommend; mosquitto acknowledges from memory and cannot promise it.
"""

import time
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func
from sqlmodel import select

from telemetry.tables import ReadingBatchRecord
from tests.faults.publishing import Publisher
from tests.faults.serving import KILLS
from tests.mqtt.brokers import Nats, Process
from tests.mqtt.conftest import Laundry
from tests.mqtt.gateway import Gateway

pytestmark = pytest.mark.faults

SEED = 20261123
QUIET, PATIENCE = 2.0, 60.0
"""Seconds without a new reading after which no more are expected: where nothing is missing, and where something is."""
AMONG = 0.6
"""Seconds of load within which the kill falls."""


def topic(laundry: Laundry) -> str:
    return f"{laundry.topic}/{laundry.own.id}/cycles"


def stored(laundry: Laundry) -> set[int]:
    return {int(value) for value in laundry.readings("cycles")}


def must_be_whole(laundry: Laundry, acknowledged: set[int]) -> None:
    """Hold what is stored against what was acknowledged: none lost, none twice, none doubted."""
    settled = _settled(laundry, acknowledged)
    assert acknowledged <= stored(laundry)
    with laundry.database.reading(laundry.tenant) as session:
        taken = session.exec(select(func.sum(ReadingBatchRecord.taken))).one()
    assert (taken, laundry.quarantined(), laundry.refused()) == (settled, [], {})
    print(f"acknowledged {len(acknowledged)}, stored {settled}, lost 0, twice 0")  # noqa: T201 - `make prove` shows it


def _settled(laundry: Laundry, awaited: set[int]) -> int:
    """Count the readings once no more come: for a moment where all awaited are there, else for a long while."""
    found, since = set[int](), time.monotonic()
    while time.monotonic() - since < (QUIET if awaited <= found else PATIENCE):
        now = stored(laundry)
        if len(now) != len(found):
            found, since = now, time.monotonic()
        time.sleep(1)
    return len(found)


def test_a_killed_broker_loses_nothing_that_it_acknowledged(laundry: Laundry, nats: Nats, tmp_path: Path) -> None:
    chance, acknowledged, number = Random(SEED), set[int](), 0
    with Gateway(laundry.database, nats, tmp_path) as gateway:
        for turn in range(KILLS):
            with Publisher(nats, topic(laundry), first=number) as publisher:
                publisher.publish(chance.uniform(0, AMONG))
                nats.kill()
                acknowledged |= publisher.acknowledged
                number = publisher.next
            nats.start()
            gateway.await_listening(turn + 2)
        must_be_whole(laundry, acknowledged)
    assert acknowledged


def test_a_broker_that_is_killed_while_we_are_away_keeps_what_it_acknowledged(
    laundry: Laundry, nats: Nats, tmp_path: Path
) -> None:
    chance, acknowledged, number = Random(SEED), set[int](), 0
    gateway = Gateway(laundry.database, nats, tmp_path)
    with gateway:
        gateway.stop()
        for _ in range(KILLS):
            with Publisher(nats, topic(laundry), first=number) as publisher:
                publisher.publish(chance.uniform(0, AMONG))
                nats.kill()
                acknowledged |= publisher.acknowledged
                number = publisher.next
            nats.start()
    with gateway:
        must_be_whole(laundry, acknowledged)


def test_a_killed_gateway_loses_nothing_and_stores_nothing_twice(
    laundry: Laundry, broker: Process, tmp_path: Path
) -> None:
    chance, acknowledged, number = Random(SEED), set[int](), 0
    with Gateway(laundry.database, broker, tmp_path) as gateway:
        for _ in range(KILLS):
            with Publisher(broker, topic(laundry), first=number) as publisher:
                publisher.publish(chance.uniform(0, AMONG))
                gateway.kill()
                publisher.finish()
                acknowledged |= publisher.acknowledged
                number = publisher.next
            gateway.start()
        must_be_whole(laundry, acknowledged)
    assert len(acknowledged) == number
