"""The real service as a process of its own, with one administrator, for as long as a measurement takes."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import NamedTuple

from lifecycle.actor import SYSTEM
from pas.db import Database
from pas.found_tenant import found_tenant
from pas.login import log_in
from pas.people import add_person
from pas.role import Role
from pas.secret import new_password

_STARTS_WITHIN = 60.0


class Service(NamedTuple):
    """Where it listens on this machine, and what lets an administrator in."""

    port: int
    headers: dict[str, str]


@contextmanager
def serving(database: Database, *, now: datetime) -> Iterator[Service]:
    """Serve a database whose schema is in place until the block ends.

    Raises TimeoutError when it does not start within a minute.
    """
    headers = {"Authorization": f"Bearer {_administrator(database, now)}"}
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (sys.executable, "-m", "pas.cli", "serve", "--host", "127.0.0.1", "--port", str(port), "--no-worker")
    environment = os.environ | {"PAS_DATABASE_URL": database.url, "PAS_REQUESTS_PER_MINUTE": "100000000"}
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(port)
            yield Service(port, headers)
        finally:
            process.terminate()


def _administrator(database: Database, now: datetime) -> str:
    """Give a fresh administrator's token."""
    tenant_id, password, email = (
        found_tenant(database, slug="bench", name="Bench", now=now),
        new_password(),
        "a@b.example",
    )
    with database.writing(tenant_id) as session:
        add_person(
            session,
            email=email,
            name="Bench",
            role=Role.ADMINISTRATOR,
            language="en",
            customer_id=None,
            password=password,
            now=now,
            by=SYSTEM,
        )
    return log_in(database, organisation="bench", email=email, password=password, kind="bearer", now=now).token


def _wait_for(port: int) -> None:
    deadline = monotonic() + _STARTS_WITHIN
    while monotonic() < deadline:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/api/v1/health")
                if connection.getresponse().status == HTTP_OK:
                    return
        except OSError:
            sleep(0.1)
    msg = "the service did not start within a minute"
    raise TimeoutError(msg)


HTTP_OK = 200
