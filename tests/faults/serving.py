"""Start our own server or worker as a real process that can be killed, unasked and unwarned."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException

import pytest

KILLS = int(os.environ.get("PAS_TEST_READING_KILLS", "2"))
"""How often a process that takes readings in is killed: a slice in `make test`, two hundred times in `make prove`."""

PATIENCE = 300
"""Seconds to wait for what must come in the end: a busy machine is no fault."""


def free_port() -> int:
    """Find a port on which nobody listens."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def started(url: str, *words: str, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of our commands on a database for as long as the block takes; it may be killed within."""
    own = {"PAS_DATABASE_URL": url, "PAS_REQUESTS_PER_MINUTE": "100000000", **(environment or {})}
    with subprocess.Popen(
        (sys.executable, "-m", "pas.cli", *words),
        env=os.environ | own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def served(
    url: str, port: int, *more: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `pas serve` and wait until it answers."""
    with started(url, "serve", "--port", str(port), *more, environment=environment) as process:
        wait_for(port)
        yield process


def wait_for(port: int) -> None:
    """Wait until the service says that it is well."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/api/v1/health")
                if connection.getresponse().status == 200:
                    return
        except (OSError, HTTPException):
            time.sleep(0.05)
    pytest.fail(f"nothing answered on port {port} within {PATIENCE} s")


def tell(turn: int, what: str) -> None:
    """Say now and then how far a long proof came, so that a stopped one has still said what it saw."""
    if turn % 10 == 9:
        print(f"{what}: {turn + 1} of {KILLS}", flush=True)  # noqa: T201 - for who watches `make prove`
