"""The publisher: a process of its own that publishes bodies made beforehand with QoS 1, a client for each device.

Run as `python -m pas.bench.ingest.publish PORT FILE TOPIC...`, a topic for each sender; the file is that of `send`.
Prints one JSON document: when it began, and when the broker had acknowledged everything.
"""

import json
import sys
from pathlib import Path
from threading import Event
from time import time
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from pas.bench.ingest.send import requests

_IN_FLIGHT = 50
_WITHIN = 600.0


def publish(port: int, file: Path, topics: list[str]) -> dict[str, float]:
    """Publish every body under the topic of its sender."""
    waiting = requests(file, len(topics))
    clients = [_connected(port, number) for number in range(len(topics))]
    began = time()
    told = [
        client.publish(topic, body, qos=1)
        for client, topic, bodies in zip(clients, topics, waiting, strict=True)
        for body in bodies
    ]
    for one in told:
        one.wait_for_publish(_WITHIN)
    ended = time()
    for client in clients:
        client.disconnect()
        client.loop_stop()
    return {"began": began, "ended": ended}


def _connected(port: int, number: int) -> Client:
    ready = Event()

    def connected(*_told: Any) -> None:
        ready.set()

    client = Client(CallbackAPIVersion.VERSION2, client_id=f"device-{number}", protocol=MQTTProtocolVersion.MQTTv5)
    client.on_connect = connected
    client.max_inflight_messages_set(_IN_FLIGHT)
    client.connect("127.0.0.1", port)
    client.loop_start()
    if not ready.wait(_WITHIN):
        raise TimeoutError("the broker does not let the publisher in")
    return client


if __name__ == "__main__":
    sys.stdout.write(json.dumps(publish(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])))
