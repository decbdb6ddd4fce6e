"""A backup is one zip file with every row of every tenant and a manifest that proves a restore equal to it.

The rows are written by meaning, not as a database's own pages, so that a backup of the embedded SQLite restores into
PostgreSQL and back. The files of the archive of readings are in it as they are.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Table, func, insert, select, text
from sqlmodel import SQLModel

from pas import backup_photos
from pas.backup_files import FOLDER, Files, digests_of, put_files, take_files, undisturbed
from pas.db import Database
from pas.schema import revision_of
from telemetry.refusal import Refusal

FORMAT = 3
"""Since 2 the archive's files are in it, since 3 the photos."""
MANIFEST = "manifest.json"
_ROWS_AT_ONCE = 2_000

Tick = Callable[[int], None]


class NotABackup(Refusal):
    """The file is no backup of ours, or not the whole of one."""


class NotEmpty(Refusal):
    """A backup is restored into an empty database only, so that nothing is lost."""


class OtherSchema(Refusal):
    """The backup was made by a version with another schema."""


class RestoreDiffers(Refusal):
    """What was restored is not what was backed up; nothing was kept."""


class Backup(NamedTuple):
    """What a backup holds: rows by table, digests of each tenant's part, the archive's files, photos by digest."""

    revision: str
    rows: dict[str, int]
    digests: dict[str, str]
    files: Files
    photos: list[str]


def write_backup(database: Database, file: Path, *, tick: Tick = lambda _rows: None) -> Backup:
    """Write every row, as one moment shows them, and the archive to a new file; read it again before it takes its name.

    Raises OSError, NoArchive, ArchiveUnreadable, NoPhotoFolder or PhotoMissing rather than leave anything out.
    """
    unfinished = file.with_name(f"{file.name}.unfinished")
    rows: dict[str, int] = {}
    digests: dict[str, str] = {}
    with (
        undisturbed(database.archive),
        database.engine.connect() as connection,
        zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        _one_moment(connection)
        revision = revision_of(connection)
        for member, table, parts in _parts(connection):
            digest = hashlib.sha256()
            for number, part in enumerate(parts):
                packed = msgspec.msgpack.encode(part)
                digest.update(packed)
                archive.writestr(f"{member}/{number:06}.msgpack", packed)
                rows[table.name] = rows.get(table.name, 0) + len(part)
                tick(len(part))
            digests[member] = digest.hexdigest()
        files = put_files(archive, database.archive, _named_files(connection))
        photos = backup_photos.put_photos(archive, database.photos, _named_photos(connection))
        told = Backup(revision, rows, digests, files, photos)
        archive.writestr(MANIFEST, json.dumps({"format": FORMAT} | told._asdict(), indent=2))
    backup = read_manifest(unfinished)
    _sync(unfinished)
    unfinished.replace(file)
    _sync(file.parent)
    return backup


def read_manifest(file: Path) -> Backup:
    """Read what a backup holds, and check every byte of it against the manifest.

    Raises NotABackup.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            digests = {member: hashlib.sha256() for member in manifest["digests"]}
            for name in sorted(archive.namelist()):
                if name != MANIFEST and not name.startswith((FOLDER, backup_photos.FOLDER)):
                    digests[name.rpartition("/")[0]].update(archive.read(name))
            files, photos = digests_of(archive), backup_photos.photos_in(archive)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise NotABackup(f"{file.name} is no backup of pas, or not the whole of one: {error}", field="file") from error
    rows_differ = {member: digest.hexdigest() for member, digest in digests.items()} != manifest["digests"]
    if rows_differ or files != manifest.get("files", {}) or photos != manifest.get("photos", []):
        raise NotABackup(f"{file.name} was changed after it was written: its digests do not fit", field="file")
    return Backup(manifest["revision"], manifest["rows"], manifest["digests"], files, photos)


def restore_backup(database: Database, file: Path, *, tick: Tick = lambda _rows: None) -> Backup:
    """Fill an empty database, whose schema is in place, from a backup, and prove the result equal: all or nothing.

    Raises NotABackup, NotEmpty, OtherSchema, RestoreDiffers, NoArchive, OtherArchive, NoPhotoFolder and OtherPhotos.
    """
    backup = read_manifest(file)
    with database.engine.execution_options(pas_writes=True).begin() as connection, zipfile.ZipFile(file) as archive:
        _must_fit(connection, backup)
        for member in backup.digests:
            table = SQLModel.metadata.tables[member.rpartition("/")[2]]
            _see_tenant(connection, member)
            for rows in _packed_rows(archive, member, table):
                _insert(connection, table, rows)
                tick(len(rows))
        _continue_numbers(connection)
        restored = {member: _digest(parts) for member, _table, parts in _parts(connection)}
        if restored != backup.digests:
            wrong = sorted(member for member in backup.digests if restored.get(member) != backup.digests[member])
            raise RestoreDiffers(f"the restore differs in {', '.join(wrong)}; nothing was kept", field="file")
        if _named_files(connection) != backup.files or _named_photos(connection) != backup.photos:
            raise RestoreDiffers("the backup lacks files of the archive, or photos; nothing was kept", field="file")
        take_files(archive, database.archive, backup.files)
        backup_photos.take_photos(archive, database.photos, backup.photos)
    return backup


def row_counts(connection: Connection) -> dict[str, int]:
    """Count the rows of every table over all tenants."""
    counts = dict.fromkeys((table.name for table in SQLModel.metadata.sorted_tables), 0)
    for member, table in _members(connection):
        _see_tenant(connection, member)
        counting = select(func.count()).select_from(table)
        tenant, _, _name = member.rpartition("/")
        if tenant:
            counting = counting.where(table.c.tenant_id == int(tenant))
        counts[table.name] += connection.execute(counting).scalar_one()
    return counts


def _one_moment(connection: Connection) -> None:
    """Read everything as it stood at one moment; SQLite's read transaction already does."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _see_tenant(connection: Connection, member: str) -> None:
    """Row-level security holds for the owner as well: say whose rows are meant."""
    tenant, _, _table = member.rpartition("/")
    if connection.dialect.name == "postgresql" and tenant:
        connection.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": tenant})


def _members(connection: Connection) -> Iterator[tuple[str, Table]]:
    tenant = SQLModel.metadata.tables["tenant"]
    yield tenant.name, tenant
    for number in connection.execute(select(tenant.c.id).order_by(tenant.c.id)).scalars().all():
        for table in SQLModel.metadata.sorted_tables:
            if table is not tenant:
                yield f"{number}/{table.name}", table


def _parts(connection: Connection) -> Iterator[tuple[str, Table, Iterator[list[Any]]]]:
    for member, table in _members(connection):
        _see_tenant(connection, member)
        yield member, table, _rows(connection, member, table)


def _named_files(connection: Connection) -> Files:
    """Give the files that the database names, of every tenant."""
    return {path: sha256 for path, sha256 in _of_every_tenant(connection, "archive_file", "path", "sha256")}  # noqa: C416


def _named_photos(connection: Connection) -> list[str]:
    """Give the digests of the photos that the database names, of every tenant, each once."""
    return sorted({sha256 for (sha256,) in _of_every_tenant(connection, "photo", "sha256")})


def _of_every_tenant(connection: Connection, name: str, *columns: str) -> Iterator[Any]:
    table = SQLModel.metadata.tables[name]
    for member, own in _members(connection):
        if own is table:
            _see_tenant(connection, member)
            tenant = int(member.rpartition("/")[0])
            query = select(*(table.c[column] for column in columns)).where(table.c.tenant_id == tenant)
            yield from connection.execute(query)


def _rows(connection: Connection, member: str, table: Table) -> Iterator[list[Any]]:
    """Read a tenant's rows in the order of their key, in bounded pieces."""
    query = select(table).order_by(*table.primary_key.columns)
    tenant, _, _name = member.rpartition("/")
    if tenant:
        query = query.where(table.c.tenant_id == int(tenant))
    with connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)) as result:
        for part in result.partitions():
            yield [[_packed(value) for value in row] for row in part]


def _digest(parts: Iterator[list[Any]]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(msgspec.msgpack.encode(part))
    return digest.hexdigest()


def _packed(value: Any) -> Any:
    """Write a value so that it reads the same on every database."""
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, float):
        return value + 0.0  # SQLite keeps no sign of a zero
    return value.isoformat() if isinstance(value, date | datetime) else value


def _row_of(table: Table, packed: list[Any]) -> dict[str, Any]:
    return {
        column.name: _value(column.type.python_type, value) for column, value in zip(table.columns, packed, strict=True)
    }


def _value(kind: type, packed: Any) -> Any:
    if packed is None:
        return None
    if kind in {datetime, date}:
        return kind.fromisoformat(packed)
    if kind in {dict, list}:
        return json.loads(packed)
    return kind(packed) if kind in {UUID, Decimal} else packed


def _packed_rows(archive: zipfile.ZipFile, member: str, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Read a member part by part; a table that refers to itself comes whole, so that it can be put in order."""
    names = sorted(name for name in archive.namelist() if name.startswith(f"{member}/"))
    parts = ([_row_of(table, row) for row in msgspec.msgpack.decode(archive.read(name))] for name in names)
    yield from [list(chain.from_iterable(parts))] if _own_references(table) else parts


def _own_references(table: Table) -> list[str]:
    own = (fk.column_keys for fk in table.foreign_key_constraints if fk.referred_table is table)
    return [name for names in own for name in names if name != "tenant_id"]


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; one that refers to another of its own table (a previous life) comes after that one."""
    waiting, references = rows, _own_references(table)
    while waiting:
        ids = {row["id"] for row in waiting} if references else set()
        later = [row for row in waiting if any(row[name] in ids for name in references)]
        ready = [row for row in waiting if row not in later] if later else waiting
        for start in range(0, len(ready), _ROWS_AT_ONCE):
            connection.execute(insert(table), ready[start : start + _ROWS_AT_ONCE])
        waiting = later


def _must_fit(connection: Connection, backup: Backup) -> None:
    if connection.execute(select(func.count()).select_from(SQLModel.metadata.tables["tenant"])).scalar_one():
        raise NotEmpty("this database has tenants already; restore into an empty one", field="database")
    revision = revision_of(connection)
    if revision != backup.revision:
        sentence = (
            f"the backup has schema {backup.revision}, this database {revision}; restore with that version of pas"
        )
        raise OtherSchema(sentence, field="file")


def _continue_numbers(connection: Connection) -> None:
    """PostgreSQL numbers new tenants by a sequence that does not know of the restored ones."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence('tenant', 'id'), greatest((SELECT max(id) FROM tenant), 1))")
        )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
