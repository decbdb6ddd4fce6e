"""Whatever a device publishes, the gateway counts it with its reason, acknowledges it and takes the next."""

from collections import Counter
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from pas import clock
from telemetry.refusal import Refusal
from telemetry.wire.decode import decode
from tests.faults.test_malformed import PAYLOADS, SEED
from tests.mqtt.brokers import HOST, Mosquitto
from tests.mqtt.conftest import Laundry
from tests.mqtt.gateway import Gateway, wait_for
from tests.telemetry.malformed import malformed

pytestmark = pytest.mark.faults

MESSAGES = PAYLOADS // 10
"""A tenth of what is sent over HTTP: the broker writes each to the disk first."""
SECONDS = 600
_JSON = "application/json"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_malformed_message_stops_the_gateway_and_each_is_counted_with_a_reason(
    laundry: Laundry, tmp_path: Path
) -> None:
    expected: Counter[str] = Counter()
    with Mosquitto(tmp_path / "mosquitto") as broker, Gateway(laundry.database, broker, tmp_path) as gateway:
        client = Client(CallbackAPIVersion.VERSION2, client_id="sender", protocol=MQTTProtocolVersion.MQTTv5)
        client.connect(HOST, broker.port)
        client.loop_start()
        sent = []
        for number in range(MESSAGES):
            body, content_type, encoding = malformed(SEED - number)
            kind, packed = content_type.replace("\0", "") or _JSON, encoding.replace("\0", "")
            expected.update(_reasons(body, kind, packed))
            sent.append(client.publish(f"{laundry.topic}/readings", body, 1, properties=_told(kind, packed)))
        for one in sent:
            one.wait_for_publish(120)
        client.publish(f"{laundry.topic}/{laundry.own.serial}/power", "4.25", 1).wait_for_publish(60)

        wait_for(lambda: laundry.readings("power") == [4.25], "the last reading, behind all", seconds=SECONDS)
        wait_for(
            lambda: sum(laundry.refused().values()) == expected.total(),
            "the counts of what was refused",
            seconds=SECONDS,
        )
        client.disconnect()
        client.loop_stop()
        assert not gateway.ended
        assert gateway.listened == 1

    print("malformed messages by MQTT:", MESSAGES, "refused whole:", dict(expected))  # noqa: T201 - `make prove` shows it
    assert laundry.refused() == expected


def _reasons(body: bytes, content_type: str, encoding: str) -> list[str]:
    """Say for what reason a message will be refused whole, if it will."""
    try:
        decode(body, content_type=content_type, encoding=encoding, now=clock.now())
    except Refusal as refusal:
        return [refusal.code()]
    return []


def _told(content_type: str, encoding: str) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)
    properties.ContentType = content_type
    if encoding:
        properties.UserProperty = ("content-encoding", encoding)
    return properties
