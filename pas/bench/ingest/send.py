"""The sender: a process of its own that posts bodies made beforehand over connections kept open, and takes the time.

Run as `python -m pas.bench.ingest.send PORT CONNECTIONS FILE`; the file holds whole requests, each after the number of
its connection and its length. Prints one JSON document.
"""

import json
import socket
import struct
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

HEAD = struct.Struct("<II")
"""Before each request: which connection sends it, and how many bytes it has."""
_PIECE = 65_536


def send(port: int, connections: int, file: Path) -> dict[str, object]:
    """Send every request over its connection, each after the answer to the one before."""
    waiting = requests(file, connections)
    opened = [socket.create_connection(("127.0.0.1", port), timeout=300) for _ in range(connections)]
    for one in opened:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with ThreadPoolExecutor(connections) as pool:
        began = perf_counter()
        answers = [answer for own in pool.map(_over, opened, waiting) for answer in own]
        seconds = perf_counter() - began
    for one in opened:
        one.close()
    counted: Counter[str] = Counter()
    for status, body in answers:
        counted[f"status {status}"] += 1
        for name in ("taken", "duplicates", "quarantined"):
            counted[name] += _number(body, name)
    return {"seconds": seconds, **counted}


def requests(file: Path, connections: int) -> list[list[bytes]]:
    """Read what each connection is to send, in order."""
    found: list[list[bytes]] = [[] for _ in range(connections)]
    with file.open("rb") as source:
        while head := source.read(HEAD.size):
            number, length = HEAD.unpack(head)
            found[number % connections].append(source.read(length))
    return found


def _over(connection: socket.socket, requests: list[bytes]) -> list[tuple[int, bytes]]:
    answers = []
    for request in requests:
        connection.sendall(request)
        answers.append(_answer(connection))
    return answers


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    """Read one answer: its status and its body."""
    held = b""
    while b"\r\n\r\n" not in held:
        held += _more(connection)
    head, _, body = held.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += _more(connection)
    return int(head.split(b" ", 2)[1]), body


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(_PIECE)
    if not piece:
        raise ConnectionError("the service closed the connection")
    return piece


def _number(body: bytes, name: str) -> int:
    try:
        return int(json.loads(body).get(name, 0))
    except (ValueError, AttributeError):
        return 0


if __name__ == "__main__":
    told = send(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
    sys.stdout.write(json.dumps(told))
