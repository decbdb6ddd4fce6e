"""Post a stream to a program that speaks HTTP, from a process of our own whose work is not counted."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

from pas.bench.ingest.bodies import Form
from pas.bench.ingest.measured import Measured, NotTakenIn, delivered
from pas.bench.ingest.send import HEAD
from pas.bench.ingest.stream import Batch
from pas.bench.process import cpu_seconds

_WITHIN = 1800.0


class Door(NamedTuple):
    """Where to post, with which headers each sender, and whose CPU counts."""

    port: int
    path: str
    headers: Callable[[int], Mapping[str, str]]
    """By the number of the sender."""
    pids: Sequence[int]


class Posted(NamedTuple):
    """A stream that was sent, and what the answers added up to."""

    measured: Measured
    answers: dict[str, int]


def post(door: Door, batches: Sequence[Batch], form: Form, *, connections: int) -> Posted:
    """Send a stream, every body made beforehand.

    Raises NotTakenIn where a delivery is answered with anything but a 2xx.
    """
    with NamedTemporaryFile(prefix="pas-bench-") as file:
        for batch in batches:
            request = _request(door, form, form.write(batch), door.headers(batch.sender))
            file.write(HEAD.pack(batch.sender, len(request)) + request)
        file.flush()
        began = sum(map(cpu_seconds, door.pids))
        told = _sent(door.port, connections, Path(file.name))
        spent = sum(map(cpu_seconds, door.pids)) - began
    refused = {name: count for name, count in told.items() if name.startswith("status ") and name[7] != "2"}
    if refused:
        msg = f"the service at {door.path} refused {form.name}: {refused}"
        raise NotTakenIn(msg)
    seconds = told.pop("seconds")
    return Posted(Measured(delivered(list(batches)), seconds, spent or None), told)


def _request(door: Door, form: Form, body: bytes, own: Mapping[str, str]) -> bytes:
    """Make a whole request of HTTP/1.1."""
    headers = {"Host": "127.0.0.1", "Content-Type": form.content_type, "Content-Length": str(len(body)), **own}
    lines = [f"POST {door.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _sent(port: int, connections: int, file: Path) -> dict[str, Any]:
    command = (sys.executable, "-m", "pas.bench.ingest.send", str(port), str(connections), str(file))
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=_WITHIN)  # noqa: S603 - our own command
    found: dict[str, Any] = json.loads(done.stdout)
    return found
