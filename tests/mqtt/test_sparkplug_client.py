"""A Sparkplug library that is not ours speaks through real brokers into the service."""

from pathlib import Path

import pytest
from sqlmodel import select

from telemetry.sparkplug_tables import SparkplugHeldRecord, SparkplugNodeRecord
from tests.mqtt.brokers import Mosquitto, Process
from tests.mqtt.conftest import Laundry
from tests.mqtt.edge import EdgeNode
from tests.mqtt.gateway import Gateway, wait_for

TOLD = "told Node Control/Rebirth True"


@pytest.fixture
def edge(broker: Process, laundry: Laundry, tmp_path: Path) -> EdgeNode:
    return EdgeNode(broker, tmp_path, laundry.device.device.name, laundry.own.serial)


def node(laundry: Laundry) -> SparkplugNodeRecord:
    with laundry.database.reading(laundry.tenant) as session:
        found = session.exec(select(SparkplugNodeRecord)).one()
        session.expunge_all()
    return found


def held(laundry: Laundry) -> int:
    with laundry.database.reading(laundry.tenant) as session:
        return len(session.exec(select(SparkplugHeldRecord)).all())


def test_births_and_data_by_alias_become_readings(
    broker: Process, laundry: Laundry, edge: EdgeNode, tmp_path: Path
) -> None:
    with Gateway(laundry.database, broker, tmp_path), edge:
        edge.do("data", "data", "data")

        wait_for(lambda: laundry.readings("power") == [1.5, 1.0, 2.0, 3.0], "power by alias")
        assert laundry.readings("co2") == [400.0, 401.0, 402.0, 403.0]
        assert node(laundry).online
    assert laundry.quarantined() == []
    assert not any(line.startswith("told") for line in edge.told)


def test_a_gap_asks_for_a_rebirth_and_loses_nothing(
    broker: Process, laundry: Laundry, edge: EdgeNode, tmp_path: Path
) -> None:
    with Gateway(laundry.database, broker, tmp_path), edge:
        edge.do("data", "lose", "data")

        wait_for(lambda: laundry.readings("power") == [1.5, 1.0, 2.0], "what came behind the gap")
        assert TOLD in edge.told
        wait_for(lambda: held(laundry) == 0, "nothing is held any more")


def test_an_alias_that_changed_unseen_is_never_read_by_its_old_meaning(
    broker: Process, laundry: Laundry, edge: EdgeNode, tmp_path: Path
) -> None:
    with Gateway(laundry.database, broker, tmp_path), edge:
        edge.do("data", "exchange", "lose", "data")

        wait_for(lambda: laundry.readings("power") == [1.5, 1.0, 2.0], "power under its new alias")
        assert laundry.readings("co2") == [400.0, 401.0, 402.0]


def test_a_restart_of_ours_asks_the_nodes_that_were_alive(
    mosquitto: Mosquitto, laundry: Laundry, tmp_path: Path
) -> None:
    edge = EdgeNode(mosquitto, tmp_path, laundry.device.device.id.hex, laundry.own.serial)
    gateway = Gateway(laundry.database, mosquitto, tmp_path)
    with gateway, edge:
        edge.do("data")
        wait_for(lambda: laundry.readings("power") == [1.5, 1.0], "the first data")
        gateway.kill()
        edge.do("data", "data")
        gateway.start()

        wait_for(lambda: TOLD in edge.told, "the node is asked for a rebirth")
        edge.do("data")
        wait_for(lambda: laundry.readings("power") == [1.5, 1.0, 2.0, 3.0, 4.0], "what came meanwhile and afterwards")


def test_a_node_that_dies_is_known_to_be_dead(mosquitto: Mosquitto, laundry: Laundry, tmp_path: Path) -> None:
    edge = EdgeNode(mosquitto, tmp_path, laundry.device.device.name, laundry.own.serial)
    with Gateway(laundry.database, mosquitto, tmp_path):
        with edge:
            wait_for(lambda: laundry.readings("power") == [1.5], "the birth")
        wait_for(lambda: not node(laundry).online, "the broker tells of the death")


def test_a_node_speaks_only_for_its_own_assets(mosquitto: Mosquitto, laundry: Laundry, tmp_path: Path) -> None:
    edge = EdgeNode(mosquitto, tmp_path, laundry.device.device.name, laundry.foreign.serial)
    with Gateway(laundry.database, mosquitto, tmp_path), edge:
        wait_for(lambda: len(laundry.quarantined()) == 2, "the foreign readings are doubted")
    assert laundry.quarantined() == [("unknown-asset", "1.5"), ("unknown-asset", "400")]
    assert laundry.readings("power", laundry.foreign.id) == []
