"""A Sparkplug edge node made with pysparkplug, a library that is not ours, in an environment of its own.

Runs as a process: reads one command a line on stdin, and tells on stdout what it did and what it was told to do.
"""

import sys
from threading import Lock

from pysparkplug import (
    Client,
    DataType,
    DBirth,
    DData,
    Message,
    MessageType,
    Metric,
    NBirth,
    NDeath,
    QoS,
    Topic,
)

AT = 1_793_523_600_000


class Node:
    """One node with one device behind it; the device's two metrics are sent by their aliases alone."""

    def __init__(self, port: int, group: str, node: str, device: str, user: str, password: str) -> None:
        self.group, self.node, self.device = group, node, device
        self.seq, self.sent, self.bd_seq = 0, 0, 0
        self.aliases = {"Power": 1, "CO2": 2}
        self.lock = Lock()
        self.client = Client(username=user or None, password=password or None)
        death = NDeath(timestamp=AT, bd_seq_metric=self._bd_seq())
        self.client.set_will(self._message(MessageType.NDEATH, death))
        self.client.subscribe(self._topic(MessageType.NCMD), QoS.AT_LEAST_ONCE, self._told)
        self.client.connect("127.0.0.1", port=port, blocking=False, callback=lambda _: self.birth())

    def birth(self) -> None:
        with self.lock:
            self.seq = 0
            self._say(MessageType.NBIRTH, NBirth(timestamp=AT, seq=self._next(), metrics=(self._bd_seq(),)))
            values = {"Power": (DataType.FLOAT, 1.5), "CO2": (DataType.UINT16, 400)}
            metrics = tuple(
                Metric(timestamp=AT, name=name, alias=self.aliases[name], datatype=kind, value=value)
                for name, (kind, value) in values.items()
            )
            self._say(MessageType.DBIRTH, DBirth(timestamp=AT, seq=self._next(), metrics=metrics))
        print("born", flush=True)  # noqa: T201 - the test reads it

    def data(self) -> None:
        """Send both metrics, a minute later each time, by alias and without their datatypes."""
        with self.lock:
            self.sent += 1
            at = AT + self.sent * 60_000
            metrics = (
                Metric(timestamp=at, name=None, alias=self.aliases["Power"], datatype=DataType.FLOAT, value=self.sent),
                Metric(
                    timestamp=at, name=None, alias=self.aliases["CO2"], datatype=DataType.UINT16, value=400 + self.sent
                ),
            )
            self._say(MessageType.DDATA, DData(timestamp=at, seq=self._next(), metrics=metrics), types=False)

    def lose(self) -> None:
        """Pretend that a message got lost."""
        self._next()

    def exchange(self) -> None:
        """Give the metrics other aliases, which only the next birth tells."""
        self.aliases = {"Power": 2, "CO2": 1}

    def _told(self, _client: Client, message: Message) -> None:
        for metric in message.payload.metrics:
            print("told", metric.name, metric.value, flush=True)  # noqa: T201 - as above
        self.birth()

    def _bd_seq(self) -> Metric:
        return Metric(timestamp=AT, name="bdSeq", datatype=DataType.INT64, value=self.bd_seq)

    def _next(self) -> int:
        self.seq += 1
        return (self.seq - 1) % 256

    def _say(self, kind: MessageType, payload: object, *, types: bool = True) -> None:
        self.client.publish(self._message(kind, payload), include_dtypes=types)

    def _message(self, kind: MessageType, payload: object) -> Message:
        return Message(topic=self._topic(kind), payload=payload, qos=QoS.AT_MOST_ONCE, retain=False)

    def _topic(self, kind: MessageType) -> Topic:
        behind = self.device if kind.value.startswith("D") else None
        return Topic(message_type=kind, group_id=self.group, edge_node_id=self.node, device_id=behind)


def main() -> None:
    port, *who = sys.argv[1:]
    node = Node(int(port), *who)
    for line in sys.stdin:
        getattr(node, line.strip())()


if __name__ == "__main__":
    main()
