"""A check tells whether the database is whole: this version's schema, every page readable, every reference kept."""

from typing import NamedTuple

from sqlalchemy import Connection

from pas.backup import row_counts
from pas.db import Database
from pas.schema import head, revision_of


class Health(NamedTuple):
    """What a check found; `faults` is empty when all is well."""

    revision: str
    head: str
    rows: dict[str, int]
    faults: list[str]


def check_database(database: Database) -> Health:
    """Look at the schema's revision, the pages and references (SQLite) and count every table of every tenant."""
    wanted = head()
    with database.engine.connect() as connection:
        revision = revision_of(connection)
        if revision != wanted:
            fault = f"the schema is {revision or 'missing'} and should be {wanted}: run `pas db upgrade`"
            return Health(revision, wanted, {}, [fault])
        return Health(revision, wanted, row_counts(connection), _broken_pages(connection))


def _broken_pages(connection: Connection) -> list[str]:
    """Ask SQLite about its file; PostgreSQL guards its pages itself, by checksums."""
    if connection.dialect.name != "sqlite":
        return []
    verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [line for line in verdict if line != "ok"] + [f"broken reference in {row[0]}" for row in broken]
