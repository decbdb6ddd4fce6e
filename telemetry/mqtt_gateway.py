"""The line to an MQTT broker: messages come in over it, and each is acknowledged only when we say that it is stored."""

import queue
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from logging import getLogger
from threading import Event, Lock
from threading import enumerate as enumerate_threads
from typing import Any, NamedTuple, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from telemetry.refusal import Refusal

MOST_AT_ONCE = 1_024
"""Messages that the broker may have sent and we have not acknowledged; MQTT 5 brokers are told."""
_ROOM = 4 * MOST_AT_ONCE
_SECOND_TRY, _LATEST_TRY = 1, 30
_KEEPALIVE = 30
_THREAD = "paho-mqtt-client-"
_UNTIL_SENT = 2.0
_HOPELESS = frozenset(
    {
        "Unsupported protocol version",
        "Client identifier not valid",
        "Bad user name or password",
        "Not authorized",
        "Bad authentication method",
        "Banned",
    }
)
"""Answers of a broker that no further try will change."""


class BrokerRefuses(Refusal):
    """The MQTT broker does not let us in, or does not let us listen."""


class Will(NamedTuple):
    """What the broker says of us when we are gone, and what we say when we come."""

    topic: str
    gone: bytes
    here: bytes


@dataclass(frozen=True)
class Broker:
    """Where a broker is and as whom we come to it. Under the same client id it keeps our messages while we are away."""

    host: str
    port: int
    client_id: str
    version: str = "5"
    """`5` or `3.1.1`."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    encrypted: bool = False
    ca_file: str | None = None
    session_seconds: int = 7 * 24 * 3600
    """So long an MQTT 5 broker keeps our messages; an MQTT 3.1.1 broker has its own setting for it."""


class Message(NamedTuple):
    """A message as it came; `number` is the packet's on its `connection`."""

    topic: str
    payload: bytes
    content_type: str
    encoding: str
    retained: bool
    again: bool
    """The broker delivered it before and does not know that we have it."""
    acknowledged_by_us: bool
    """QoS 1: the broker keeps it until we acknowledge it."""
    number: int
    connection: int
    at: datetime
    """When it came."""


class MqttGateway:
    """One connection to a broker, made again whenever it breaks."""

    def __init__(
        self, broker: Broker, *, topics: Sequence[str], now: Callable[[], datetime], will: Will | None = None
    ) -> None:
        """Prepare; nothing is sent yet."""
        self._now = now
        self.broker, self._topics, self._will = broker, topics, will
        self._arrived: queue.Queue[Message] = queue.Queue(_ROOM)
        self._connection, self._lock = 0, Lock()
        self._hopeless: BrokerRefuses | None = None
        self._stopping = Event()
        self._subscriptions: dict[int, str] = {}
        self.came_back = Event()
        """Set whenever we listen again, having possibly missed what was sent with QoS 0."""
        self._client = self._made()

    def __enter__(self) -> Self:
        """Connect, and go on trying until the block ends."""
        self._client.connect_async(self.broker.host, self.broker.port, _KEEPALIVE, **self._session())
        self._client.loop_start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Say that we go, so that the broker keeps what comes from now on."""
        self._stopping.set()
        if self._will is not None and self._client.is_connected():
            with suppress(ValueError, RuntimeError):
                self._client.publish(self._will.topic, self._will.gone, 1, retain=True).wait_for_publish(_UNTIL_SENT)
        self._client.disconnect()
        with suppress(queue.Empty):  # the line may wait for room
            while True:
                self._arrived.get_nowait()
        self._client.loop_stop()

    def next(self, *, patience: float, gather: float, most: int) -> list[Message]:
        """Give what arrived: wait up to `patience` seconds for a first message and `gather` seconds for others.

        Raises BrokerRefuses.
        """
        if self._hopeless is not None:
            raise self._hopeless
        try:
            found = [self._arrived.get(timeout=patience)]
        except queue.Empty:
            self._check_line()
            return []
        ends = time.monotonic() + gather
        with suppress(queue.Empty):
            while len(found) < most:
                left = ends - time.monotonic()
                found.append(self._arrived.get(timeout=left) if left > 0 else self._arrived.get_nowait())
        return found

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that these are stored; those of an earlier connection it will deliver again."""
        with self._lock:
            for message in messages:
                if message.acknowledged_by_us and message.connection == self._connection:
                    self._client.ack(message.number, 1)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a command, once and without a receipt; without a connection it is not sent."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=0)

    def _check_line(self) -> None:
        """End loudly where the client's thread has ended, for nothing would ever come again."""
        if not any(thread.name.startswith(_THREAD) for thread in enumerate_threads()):
            msg = "the MQTT client stopped reading from the broker"
            raise RuntimeError(msg)

    def _made(self) -> Client:
        five = self.broker.version == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.broker.client_id,
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
            clean_session=None if five else False,
            manual_ack=True,
        )
        client.suppress_exceptions = True  # they are logged, and the line lives on
        client.enable_logger(getLogger(__name__))
        client.username_pw_set(self.broker.user, self.broker.password)
        if self.broker.encrypted:
            client.tls_set(ca_certs=self.broker.ca_file)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.gone, qos=1, retain=True)
        client.reconnect_delay_set(_SECOND_TRY, _LATEST_TRY)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
        return client

    def _session(self) -> dict[str, Any]:
        """Ask for a session that outlives the connection."""
        if self.broker.version != "5":
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self.broker.session_seconds
        properties.ReceiveMaximum = MOST_AT_ONCE
        return {"clean_start": False, "properties": properties}

    def _on_connect(self, client: Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._begin_connection()
        if code.is_failure:
            if str(code) in _HOPELESS:
                self._give_up(f"the broker at {self.broker.host}:{self.broker.port} answers: {code}", "PAS_MQTT_URL")
            return
        for topic in self._topics:
            asked = (
                client.subscribe(topic, 1) if self.broker.version != "5" else client.subscribe(topic, options=_FRESH)
            )
            if asked[1] is not None:
                self._subscriptions[asked[1]] = topic
        if self._will is not None:
            client.publish(self._will.topic, self._will.here, qos=1, retain=True)

    def _on_subscribe(self, _client: Client, _data: Any, number: int, codes: Any, _properties: Any) -> None:
        topic = self._subscriptions.pop(number, "")
        if any(code.is_failure for code in codes):
            self._give_up(f"the broker does not let {self.broker.user or 'us'} read {topic}", "PAS_MQTT_URL")
        elif not self._subscriptions:
            self.came_back.set()

    def _on_disconnect(self, *_what: Any) -> None:
        self._begin_connection()

    def _begin_connection(self) -> None:
        """From here on a packet number means another message, so nothing of before is acknowledged any more."""
        with self._lock:
            self._connection += 1

    def _give_up(self, sentence: str, setting: str) -> None:
        self._hopeless = BrokerRefuses(f"{sentence}; see PAS_MQTT_URL and the accounts of the broker", field=setting)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        """Take a message; where we are slow, the line waits, and then the broker."""
        arrived = self._read(message)
        while not self._stopping.is_set():
            with suppress(queue.Full):
                self._arrived.put(arrived, timeout=0.2)
                return

    def _read(self, message: MQTTMessage) -> Message:
        properties = message.properties
        packed = [
            value for name, value in getattr(properties, "UserProperty", []) if name.lower() == "content-encoding"
        ]
        return Message(
            topic=_topic(message),
            payload=bytes(message.payload),
            content_type=getattr(properties, "ContentType", ""),
            encoding=packed[0] if packed else "",
            retained=message.retain,
            again=message.dup,
            acknowledged_by_us=message.qos == 1,
            number=message.mid,
            connection=self._connection,
            at=self._now(),
        )


_FRESH = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)


def _topic(message: MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return ""
