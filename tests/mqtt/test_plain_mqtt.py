"""A plain MQTT client that is not ours publishes through a real broker into the service."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.mqtt.brokers import HOST, Mosquitto, Process, program
from tests.mqtt.conftest import Laundry
from tests.mqtt.gateway import Gateway, wait_for

Publish = Callable[..., None]


def publish(broker: Process, topic: str, message: str | Path, *more: str) -> None:
    """Publish with Debian's mosquitto_pub; returns after the broker's acknowledgement."""
    content = ("-f", str(message)) if isinstance(message, Path) else ("-m", message)
    version = {"5": "mqttv5", "3.1.1": "mqttv311"}[broker.version]
    where = ("-h", HOST, "-p", str(broker.port), "-V", version, "-q", "1")
    subprocess.run((program("mosquitto_pub"), *where, "-t", topic, *content, *more), check=True, timeout=30)


def test_what_is_published_is_stored_in_every_form(broker: Process, laundry: Laundry, tmp_path: Path) -> None:
    serial = laundry.own.serial
    rows = [{"asset": serial, "metric": "power", "at": "2026-10-01T00:00:00Z", "value": 1.5}]
    csv = tmp_path / "readings.csv"
    csv.write_text(f"asset,metric,at,value,unit\n{serial},power,2026-10-01T00:01:00Z,2500,W\n", encoding="utf-8")
    with Gateway(laundry.database, broker, tmp_path):
        publish(broker, f"{laundry.topic}/readings", json.dumps({"readings": rows}))
        publish(broker, f"{laundry.topic}/readings/csv", csv)
        publish(broker, f"{laundry.topic}/{serial}/power", '{"value": 3, "at": "2026-10-01T00:02:00Z", "unit": "kW"}')
        publish(broker, f"{laundry.topic}/{serial}/power", "4.25")

        wait_for(lambda: len(laundry.readings("power")) == 4, "four readings")
    assert laundry.readings("power") == [1.5, 2.5, 3.0, 4.25]
    assert laundry.refused() == {}


def test_a_device_speaks_only_for_its_own_assets(mosquitto: Mosquitto, laundry: Laundry, tmp_path: Path) -> None:
    with Gateway(laundry.database, mosquitto, tmp_path):
        for asset in (laundry.foreign, laundry.own):
            publish(mosquitto, f"{laundry.topic}/{asset.serial}/power", '{"value": 3, "at": "2026-10-01T00:02:00Z"}')
            publish(mosquitto, f"{laundry.topic}/{asset.id}/power", '{"value": 4, "at": "2026-10-01T00:03:00Z"}')

        wait_for(lambda: len(laundry.readings("power")) == 2, "the device's own readings")
    assert laundry.readings("power", laundry.foreign.id) == []
    assert laundry.quarantined() == [("unknown-asset", "3"), ("unknown-asset", "4")]


def test_what_cannot_be_read_is_counted_and_holds_nothing_up(
    mosquitto: Mosquitto, laundry: Laundry, tmp_path: Path
) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(bytes(range(256)))
    with Gateway(laundry.database, mosquitto, tmp_path):
        publish(mosquitto, f"{laundry.topic}/readings", rubbish)
        publish(mosquitto, f"{laundry.topic}/readings", rubbish, "-D", "publish", "content-type", "image/png")
        publish(mosquitto, f"{laundry.topic}/{laundry.own.serial}/power", "warm")
        publish(mosquitto, f"{laundry.topic}/{laundry.own.serial}/power", rubbish)
        publish(mosquitto, "pas/maker/nobody/readings", "{}")
        publish(mosquitto, "pas/strangers/nobody/readings", "{}")
        publish(mosquitto, "pas/maker", "{}")
        publish(mosquitto, "spBv1.0/maker/NBIRTH/dryer.1", rubbish)
        publish(mosquitto, "spBv1.0/maker/NONSENSE/dryer.1", rubbish)
        publish(mosquitto, f"{laundry.topic}/{laundry.own.serial}/power", '{"value": 3, "at": "2026-10-01T00:02:00Z"}')

        wait_for(lambda: laundry.readings("power") == [3.0], "the reading behind the rubbish")
    assert laundry.refused() == {
        "unreadable-batch": 3,
        "unknown-media-type": 1,
        "no-such-device": 1,
        "unreadable-sparkplug": 1,
    }


def test_what_comes_while_we_are_away_waits_for_us(broker: Process, laundry: Laundry, tmp_path: Path) -> None:
    topic = f"{laundry.topic}/{laundry.own.serial}/cycles"
    gateway = Gateway(laundry.database, broker, tmp_path)
    with gateway:
        assert gateway.stop() == 0
        for minute in range(5):
            publish(broker, topic, json.dumps({"value": minute, "at": f"2026-10-01T00:0{minute}:00Z"}))
    with gateway:
        wait_for(lambda: laundry.readings("cycles") == [0, 1, 2, 3, 4], "what came meanwhile")


def test_a_value_that_the_broker_kept_is_not_taken_for_a_new_one(
    mosquitto: Mosquitto, laundry: Laundry, tmp_path: Path
) -> None:
    topic = f"{laundry.topic}/{laundry.own.serial}/power"
    publish(mosquitto, topic, "7", "-r")
    publish(
        mosquitto, f"{laundry.topic}/{laundry.own.serial}/co2", '{"value": 400, "at": "2026-10-01T00:02:00Z"}', "-r"
    )
    with Gateway(laundry.database, mosquitto, tmp_path):
        wait_for(lambda: laundry.readings("co2") == [400.0], "the kept value with a moment")
    assert laundry.readings("power") == []
    assert laundry.refused() == {"unreadable-batch": 1}


def test_the_gateway_comes_back_when_the_broker_does(broker: Process, laundry: Laundry, tmp_path: Path) -> None:
    topic = f"{laundry.topic}/{laundry.own.serial}/cycles"
    with Gateway(laundry.database, broker, tmp_path) as gateway:
        broker.kill()
        broker.start()
        gateway.await_listening(2)
        publish(broker, topic, '{"value": 1, "at": "2026-10-01T00:00:00Z"}')
        wait_for(lambda: laundry.readings("cycles") == [1], "a reading after the broker came back")
