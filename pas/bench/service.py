"""The real service as a process of its own, with one administrator, for as long as a measurement takes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from lifecycle.actor import SYSTEM
from pas.bench.process import free_port, running
from pas.db import Database
from pas.found_tenant import found_tenant
from pas.login import log_in
from pas.people import add_person
from pas.role import Role
from pas.secret import new_password

SLUG = "bench"
"""The tenant that is measured."""


class Service(NamedTuple):
    """Where it listens on this machine, what lets an administrator in, and its process."""

    port: int
    headers: dict[str, str]
    pid: int


@contextmanager
def serving(database: Database, *, now: datetime) -> Iterator[Service]:
    """Serve a database whose schema is in place until the block ends.

    Raises TimeoutError when it does not start within a minute.
    """
    headers = {"Authorization": f"Bearer {_administrator(database, now)}"}
    port = free_port()
    command = (sys.executable, "-m", "pas.cli", "serve", "--host", "127.0.0.1", "--port", str(port), "--no-worker")
    environment = {"PAS_DATABASE_URL": database.url, "PAS_REQUESTS_PER_MINUTE": "100000000"}
    with running(command, port=port, path="/api/v1/health", environment=environment) as pid:
        yield Service(port, headers, pid)


def _administrator(database: Database, now: datetime) -> str:
    """Give a fresh administrator's token."""
    tenant_id, password, email = (
        found_tenant(database, slug=SLUG, name="Bench", now=now),
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
    return log_in(database, organisation=SLUG, email=email, password=password, kind="bearer", now=now).token
