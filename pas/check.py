"""A check tells whether all is whole: this version's schema, every page readable, every reference and file kept."""

from typing import NamedTuple

from sqlalchemy import Connection
from sqlmodel import col, select

from lifecycle.checklist_tables import PhotoRecord
from pas.backup import row_counts
from pas.backup_photos import broken_photos
from pas.db import Database
from pas.schema import head, revision_of
from telemetry.archive_folder import NoArchive
from telemetry.tables import TenantRecord
from telemetry.verify_archive import archived_files, days_without_file


class Health(NamedTuple):
    """What a check found; `faults` is empty when all is well."""

    revision: str
    head: str
    rows: dict[str, int]
    faults: list[str]


def check_database(database: Database) -> Health:
    """Look at the schema's revision, the pages and references (SQLite) and the archive; count every table."""
    wanted = head()
    with database.engine.connect() as connection:
        revision = revision_of(connection)
        if revision != wanted:
            fault = f"the schema is {revision or 'missing'} and should be {wanted}: run `pas db upgrade`"
            return Health(revision, wanted, {}, [fault])
        counts, broken = row_counts(connection), _broken_pages(connection)
    return Health(revision, wanted, counts, broken + _broken_files(database) + _broken_photos(database))


def _broken_files(database: Database) -> list[str]:
    """Hold every file of the archive against the manifest, whole."""
    faults: list[str] = []
    for tenant_id in _tenants(database):
        with database.reading(tenant_id) as session:
            try:
                faults += [one.fault for one in archived_files(session) if one.fault] + days_without_file(session)
            except NoArchive as unknown:
                faults.append(unknown.sentence)
    return faults


def _broken_photos(database: Database) -> list[str]:
    """Hold every photo against its digest, once however many tenants have it."""
    digests: set[str] = set()
    for tenant_id in _tenants(database):
        with database.reading(tenant_id) as session:
            digests |= set(session.exec(select(PhotoRecord.sha256)))
    return broken_photos(database.photos, digests)


def _tenants(database: Database) -> list[int]:
    with database.looking_in() as session:
        return list(session.scalars(select(col(TenantRecord.id)).order_by(col(TenantRecord.id))))


def _broken_pages(connection: Connection) -> list[str]:
    """Ask SQLite about its file; PostgreSQL guards its pages itself, by checksums."""
    if connection.dialect.name != "sqlite":
        return []
    verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [line for line in verdict if line != "ok"] + [f"broken reference in {row[0]}" for row in broken]
