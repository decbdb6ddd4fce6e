"""What every command begins with: the database it works on, the tenant, the moment and who runs it."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from lifecycle.actor import Actor
from pas import clock
from pas.terminal import err

if TYPE_CHECKING:
    from sqlmodel import Session

    from pas.db import Database

FIRST = "main"
"""Slug of the tenant that is founded where a command finds none."""


class Work(NamedTuple):
    """One command at work: its session, the moment it began and who runs it."""

    session: "Session"
    now: datetime
    by: Actor


def opened() -> "Database":
    """Open the configured database; an embedded one that does not exist yet is made on the spot."""
    from pas import schema
    from pas.db import Database
    from pas.settings import settings

    chosen = settings()
    database = Database(chosen.url, archive=chosen.archive, photos=chosen.photos, peppol=chosen.peppol_rules)
    schema.ensure(database)
    return database


def operator() -> Actor:
    """Name who runs the command, for the history."""
    return Actor(kind="command", name=getpass.getuser())


def tenant_id(database: "Database", slug: str | None) -> int:
    """Find the tenant that a command works for; in an installation that has none yet, found the first.

    Raises UnknownTenant.
    """
    from pas.found_tenant import found_tenant, tenants
    from pas.settings import settings

    wanted = slug or settings().tenant
    if wanted is None and not tenants(database):
        err.print(f"founded the first tenant, {FIRST}; `pas seller set` and `pas person add` say who it is")
        return found_tenant(database, slug=FIRST, name=FIRST.title(), now=clock.now())
    return database.tenant_id(wanted)


@contextmanager
def reading(tenant: str | None) -> Iterator[Work]:
    """Open a transaction that only reads."""
    with opened() as database, database.reading(tenant_id(database, tenant)) as session:
        yield Work(session, clock.now(), operator())


@contextmanager
def writing(tenant: str | None) -> Iterator[Work]:
    """Open a transaction that is committed when the block ends well."""
    with opened() as database, database.writing(tenant_id(database, tenant)) as session:
        yield Work(session, clock.now(), operator())
