"""A device that publishes as fast as it is acknowledged, and remembers exactly what was acknowledged."""

import time
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Self

import msgspec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.mqtt.brokers import HOST, Process

START = datetime.fromisoformat("2026-01-01T00:00:00Z")
OPEN = 200
"""Messages sent and not acknowledged yet, at the most."""


def at(number: int) -> datetime:
    """Give the moment of a reading: each has one of its own, so that each can be told from all others."""
    return START + timedelta(seconds=number)


class Publisher:
    """Publishes readings 0, 1, 2, ... of one series; what is not acknowledged when the line breaks is given up."""

    def __init__(self, broker: Process, topic: str, *, first: int) -> None:
        self.acknowledged: set[int] = set()
        self.next = first
        self._topic, self._broker = topic, broker
        self._numbers: dict[int, int] = {}
        self._early: set[int] = set()
        self._lock = Lock()
        five = broker.version == "5"
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        self._client.max_inflight_messages_set(OPEN)
        self._client.on_publish = self._on_publish

    def __enter__(self) -> Self:
        self._client.connect(HOST, self._broker.port)
        self._client.loop_start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, seconds: float) -> None:
        """Publish for some time."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if len(self._numbers) >= OPEN:
                time.sleep(0.001)
                continue
            self._one()

    def finish(self) -> None:
        """Wait until all that was sent is acknowledged."""
        ends = time.monotonic() + 30
        while self._numbers and time.monotonic() < ends:
            time.sleep(0.01)

    def _one(self) -> None:
        said = {"value": self.next, "at": at(self.next).isoformat()}
        sent = self._client.publish(self._topic, msgspec.json.encode(said), qos=1)
        with self._lock:  # taken only now: the client holds its own lock when it tells of an acknowledgement
            if sent.mid in self._early:
                self._early.remove(sent.mid)
                self.acknowledged.add(self.next)
            else:
                self._numbers[sent.mid] = self.next
        self.next += 1

    def _on_publish(self, _client: Client, _data: Any, mid: int, code: Any, _properties: Any) -> None:
        with self._lock:
            assert not code.is_failure, code
            if mid in self._numbers:
                self.acknowledged.add(self._numbers.pop(mid))
            else:
                self._early.add(mid)
