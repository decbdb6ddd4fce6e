"""The line to the broker: a session that outlives it, and acknowledgements only for what this connection brought."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pas import clock
from telemetry.mqtt_gateway import Broker, BrokerRefuses, Message, MqttGateway
from tests.conftest import Pas
from tests.mqtt.brokers import HOST, Mosquitto
from tests.mqtt.gateway import wait_for
from tests.mqtt.test_plain_mqtt import publish

Line = Callable[..., MqttGateway]


@pytest.fixture
def line(mosquitto: Mosquitto) -> Line:
    def made(*, seconds: int = 3600, version: str = "5") -> MqttGateway:
        broker = Broker(HOST, mosquitto.port, "test", version=version, session_seconds=seconds)
        return MqttGateway(broker, topics=("pas/#",), now=clock.now)

    return made


def listening(gateway: MqttGateway) -> None:
    wait_for(gateway.came_back.is_set, "the gateway listens")


def next_of(gateway: MqttGateway) -> list[Message]:
    return gateway.next(patience=5, gather=0.2, most=10)


def topics(messages: list[Message]) -> list[tuple[str, bool]]:
    return [(message.topic, message.again) for message in messages]


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_the_broker_delivers_again_what_we_did_not_acknowledge(line: Line, mosquitto: Mosquitto, version: str) -> None:
    with line(version=version) as gateway:
        listening(gateway)
        for number in range(3):
            publish(mosquitto, f"pas/{number}", "x")
        found = [*next_of(gateway)]
        while len(found) < 3:
            found += next_of(gateway)
        gateway.acknowledge(found[:1])
        wait_for(lambda: not gateway._client.want_write(), "the acknowledgement is sent")

    with line(version=version) as gateway:
        again = next_of(gateway)
        assert topics(again) == [("pas/1", True), ("pas/2", True)]
        gateway.acknowledge(again)
        wait_for(lambda: not gateway._client.want_write(), "the acknowledgements are sent")
    with line(version=version) as gateway:
        listening(gateway)
        assert gateway.next(patience=0.5, gather=0, most=10) == []


def test_nothing_of_an_earlier_connection_is_acknowledged_on_a_later_one(line: Line, mosquitto: Mosquitto) -> None:
    with line() as gateway:
        listening(gateway)
        publish(mosquitto, "pas/1", "x")
        (before,) = next_of(gateway)
        gateway.came_back.clear()
        mosquitto.stop()
        mosquitto.start()
        listening(gateway)
        gateway.acknowledge([before])

        (again,) = next_of(gateway)
        assert (again.topic, again.again) == ("pas/1", True)


def test_a_session_of_mqtt_5_ends_when_it_was_to_end(line: Line, mosquitto: Mosquitto) -> None:
    with line(seconds=1) as gateway:
        listening(gateway)
    wait_for(lambda: "xpir" in (mosquitto.folder / "log").read_text(encoding="utf-8"), "the session expires")
    publish(mosquitto, "pas/1", "x")
    with line(seconds=1) as gateway:
        listening(gateway)
        assert gateway.next(patience=0.5, gather=0, most=10) == []


def test_form_and_encoding_come_as_properties_of_mqtt_5(line: Line, mosquitto: Mosquitto) -> None:
    properties = ("content-type", "text/csv"), ("user-property", "Content-Encoding", "gzip")
    with line() as gateway:
        listening(gateway)
        publish(mosquitto, "pas/1", "x", *(part for one in properties for part in ("-D", "publish", *one)))
        (found,) = next_of(gateway)
    assert (found.content_type, found.encoding) == ("text/csv", "gzip")


def test_a_broker_that_does_not_let_us_in_is_a_refusal(tmp_path: Path) -> None:
    made = Mosquitto(tmp_path / "closed", accounts=True)
    for name in ("passwords", "acl"):
        (made.folder / name).write_text("", encoding="utf-8")
    with (
        made,
        MqttGateway(Broker(HOST, made.port, "test"), topics=("pas/#",), now=clock.now) as gateway,
        pytest.raises(BrokerRefuses, match="Not authorized"),
    ):
        for _ in range(50):
            gateway.next(patience=0.2, gather=0, most=1)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "there is no broker"),
        ("http://127.0.0.1", "no plain address"),
        ("mqtt://", "no plain address"),
        ("mqtt://user:secret@127.0.0.1", "no plain address"),
        ("mqtt://127.0.0.1:99999", "no plain address"),
        ("mqtt://broker.example", "mqtts"),
    ],
)
def test_a_broker_that_cannot_be_right_is_refused_at_once(
    pas: Pas, monkeypatch: pytest.MonkeyPatch, address: str, sentence: str
) -> None:
    monkeypatch.setenv("PAS_MQTT_URL", address)

    ran = pas("mqtt")

    assert ran.exit_code == 1
    assert sentence in " ".join(ran.stderr.split())
    assert "secret" not in ran.stderr
