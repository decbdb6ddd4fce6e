"""A device comes to the broker with its id and secret, and says nothing below the topics of another."""

import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from lifecycle.actor import Actor
from pas import devices
from pas.broker_files import user_names
from pas.secret import digest
from tests.conftest import Pas
from tests.mqtt.brokers import HOST, Nats, Process, program
from tests.mqtt.conftest import Laundry, either
from tests.mqtt.edge import EdgeNode
from tests.mqtt.gateway import Gateway, wait_for

OWN = {"PAS_MQTT_USER": "pas", "PAS_MQTT_PASSWORD": "the service's own"}
VERSIONS = {"5": "mqttv5", "3.1.1": "mqttv311"}


def tried(broker: Process, user: str, password: str, topic: str) -> bool:
    """Tell whether the broker took a message."""
    where = ("-h", HOST, "-p", str(broker.port), "-V", VERSIONS[broker.version], "-q", "1", "-t", topic)
    line = (program("mosquitto_pub"), *where, "-u", user, "-P", password, "-m", '{"value": 1, "at": "2026-10-01"}')
    try:
        done = subprocess.run(line, capture_output=True, timeout=5, check=False)
    except subprocess.TimeoutExpired:  # NATS does not acknowledge what it does not allow
        return False
    return done.returncode == 0 and b"ot authori" not in done.stderr


@pytest.fixture
def broker(laundry: Laundry, tmp_path: Path, pas: Pas, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    made = either(laundry.database)(tmp_path / "broker", accounts=True)
    write(pas, made)
    with made:
        yield made


def write(pas: Pas, broker: Process) -> None:
    kind = ["--nats"] if isinstance(broker, Nats) else []
    assert pas("mqtt", "accounts", str(broker.folder), *kind).exit_code == 0


def test_a_device_publishes_only_below_its_own_topic(broker: Process, laundry: Laundry, tmp_path: Path) -> None:
    user, secret = laundry.device.device.id.hex, laundry.secret
    with Gateway(laundry.database, broker, tmp_path):
        assert tried(broker, user, secret, f"{laundry.topic}/{laundry.own.serial}/power")
        assert not tried(broker, user, "wrong", f"{laundry.topic}/{laundry.own.serial}/power")
        assert not tried(broker, "stranger", secret, f"{laundry.topic}/{laundry.own.serial}/power")
        for topic in ("pas/maker/other/X/power", "spBv1.0/maker/NCMD/other", "pas/other/x/readings"):
            tried(broker, user, secret, topic)
        wait_for(lambda: laundry.quarantined() != [] or laundry.readings("power") != [], "the device's own message")
    assert laundry.refused() == {}, "what it said elsewhere never came"


def test_a_sparkplug_node_comes_with_the_secret_of_its_device(
    broker: Process, laundry: Laundry, tmp_path: Path
) -> None:
    who = laundry.device.device
    edge = EdgeNode(broker, tmp_path, who.id.hex, laundry.own.serial, who.id.hex, laundry.secret)
    with Gateway(laundry.database, broker, tmp_path), edge:
        edge.do("data", "lose", "data")
        wait_for(lambda: laundry.readings("power") == [1.5, 1.0, 2.0], "what came behind the gap")


def test_a_secret_is_changed_without_a_pause_and_taken_away_at_once(
    broker: Process, laundry: Laundry, pas: Pas, now: datetime, actor: Actor
) -> None:
    device, topic = laundry.device.device, f"{laundry.topic}/X/power"
    with laundry.database.writing(laundry.tenant) as session:
        fresh = devices.rotate_secret(session, device_id=device.id, now=now, by=actor).shown_once.rsplit("_", 1)[1]
    write(pas, broker)
    broker.reload()
    new_name = user_names(device.id, digest(fresh), oldest=False)[0]
    wait_for(lambda: tried(broker, new_name, fresh, topic), "the new secret under its own name")
    assert tried(broker, device.id.hex, laundry.secret, topic)
    assert not tried(broker, device.id.hex, fresh, topic)

    with laundry.database.writing(laundry.tenant) as session:
        devices.settle_secret(session, device_id=device.id, now=now, by=actor)
    write(pas, broker)
    broker.reload()
    wait_for(lambda: not tried(broker, device.id.hex, laundry.secret, topic), "the old secret counts no more")
    assert tried(broker, device.id.hex, fresh, topic)
    assert tried(broker, new_name, fresh, topic)

    connected, parted = Event(), Event()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311, reconnect_on_failure=False)
    client.username_pw_set(new_name, fresh)
    client.on_connect, client.on_disconnect = (lambda *_: connected.set()), (lambda *_: parted.set())
    client.connect(HOST, broker.port)
    client.loop_start()
    assert connected.wait(10)
    with laundry.database.writing(laundry.tenant) as session:
        devices.revoke_device(session, device_id=device.id, now=now, by=actor)
    write(pas, broker)
    broker.reload()
    wait_for(lambda: not tried(broker, new_name, fresh, topic), "the device is shut out")
    assert parted.wait(10), "the connection that it had is cut too"
    client.loop_stop()


NAMES = ["oven", "oven 2", "oven/3", "#", "+", "*", ">", "a..b", ".", "é", "50 %", 'say "no"', str(uuid4())]


def test_an_odd_name_harms_no_other_account(
    broker: Process, laundry: Laundry, pas: Pas, now: datetime, actor: Actor, tmp_path: Path
) -> None:
    with laundry.database.writing(laundry.tenant) as session:
        for name in NAMES:
            new = devices.NewDevice(name=name, asset_ids=[laundry.own.id])
            shown = devices.add_device(session, new=new, now=now, by=actor)
            session.flush()
            if name == "oven 2":
                user, secret = shown.device.id.hex, shown.shown_once.rsplit("_", 1)[1]
    write(pas, broker)
    broker.stop()
    broker.start()
    with Gateway(laundry.database, broker, tmp_path):
        assert tried(broker, laundry.device.device.id.hex, laundry.secret, f"{laundry.topic}/X/power")
        assert tried(broker, user, secret, f"pas/maker/oven%202/{laundry.own.serial}/power")
        wait_for(lambda: len(laundry.quarantined()) == 2, "both messages")
    assert {reason for reason, _ in laundry.quarantined()} == {"unknown-asset", "no-zone"}


def test_the_files_hold_no_secret_and_are_for_the_broker_alone(laundry: Laundry, pas: Pas, tmp_path: Path) -> None:
    pas("mqtt", "accounts", str(tmp_path))
    pas("mqtt", "accounts", str(tmp_path), "--nats")

    for name in ("passwords", "acl", "users.conf"):
        assert laundry.secret not in (tmp_path / name).read_text(encoding="utf-8")
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".*"))


def test_wrong_credentials_of_ours_are_told_and_end_it(
    broker: Process, laundry: Laundry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(laundry.database, broker, tmp_path, password="wrong")
    with pytest.raises(AssertionError, match=r"(?s)refused.*(Not authorized|Bad user name)"):
        gateway.start()
