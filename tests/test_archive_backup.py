"""A backup of an installation with an archive is whole, or it is none."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command

from pas.backup import NotABackup, read_manifest, restore_backup, write_backup
from pas.backup_files import OtherArchive
from pas.check import check_database
from pas.db import Database
from pas.keep_archive import archive_months
from pas.schema import migrations
from pas.settings import settings
from telemetry.archive_folder import NoArchive
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.parquet_gateway import ArchiveUnreadable
from telemetry.queries import every_reading
from tests.conftest import Pas
from tests.telemetry.archived_readings import table, take_in

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2016, 11, 2, tzinfo=UTC)


@pytest.fixture
def archived(database: Database, tenant: int, tmp_path: Path) -> Database:
    """Readings of two days, both in the archive."""
    database.archive = tmp_path / "home" / "archive"
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    take_in(database, tenant, table(LONG_AGO), now=NOW)
    assert archive_months(database, tenant, after_months=3, now=NOW).days == 2
    return database


def readings(database: Database, tenant: int) -> list[str]:
    with database.reading(tenant) as session:
        return [frame.to_csv(index=False) for frame in every_reading(session)]


def files(database: Database) -> dict[str, bytes]:
    assert database.archive is not None
    return {str(file.relative_to(database.archive)): file.read_bytes() for file in database.archive.rglob("*.parquet")}


def empty(folder: Path, name: str) -> Database:
    url = f"sqlite:///{folder / name}.db"
    command.upgrade(migrations(url), "head")
    return Database(url, archive=folder / name / "archive")


def test_a_restore_brings_the_archive_back_and_all_questions_their_answers(
    archived: Database, tenant: int, tmp_path: Path
) -> None:
    backup = write_backup(archived, tmp_path / "b.zip")

    with empty(tmp_path, "other") as other:
        assert restore_backup(other, tmp_path / "b.zip") == backup
        assert len(backup.files) == 2
        assert files(other) == files(archived)
        assert readings(other, tenant) == readings(archived, tenant)
        assert check_database(other).faults == []
        assert write_backup(other, tmp_path / "again.zip") == backup


@pytest.mark.parametrize("harm", ["missing", "changed", "no folder"])
def test_an_archive_that_is_not_whole_is_not_backed_up_and_is_found_by_the_check(
    archived: Database, tmp_path: Path, harm: str
) -> None:
    assert archived.archive is not None
    assert check_database(archived).faults == []
    file = min(archived.archive.rglob("*.parquet"))
    if harm == "missing":
        file.unlink()
    elif harm == "changed":
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    else:
        archived.archive = None

    with pytest.raises((ArchiveUnreadable, NoArchive)):
        write_backup(archived, tmp_path / "b.zip")

    assert not (tmp_path / "b.zip").exists()
    assert len(check_database(archived).faults) == 1


def test_the_check_finds_a_day_that_no_file_is_named_for(archived: Database) -> None:
    with archived.engine.begin() as connection:
        if not archived.is_sqlite:
            connection.exec_driver_sql("SELECT set_config('app.tenant', '1', true)")
        connection.exec_driver_sql("DELETE FROM archive_file WHERE day = '2016-11-02'")

    assert check_database(archived).faults == ["no file is named for the archived readings of 2016-11-02"]


def test_a_file_of_another_installation_is_not_written_over(archived: Database, tmp_path: Path) -> None:
    write_backup(archived, tmp_path / "b.zip")
    with empty(tmp_path, "other") as other:
        assert other.archive is not None
        mine = other.archive / max(files(archived))
        mine.parent.mkdir(parents=True)
        mine.write_bytes(b"mine")

        with pytest.raises(OtherArchive):
            restore_backup(other, tmp_path / "b.zip")

        assert files(other) == {max(files(archived)): b"mine"}
        assert other.engine.connect().exec_driver_sql("SELECT count(*) FROM tenant").scalar() == 0


@pytest.mark.parametrize("harm", ["left out", "changed", "leads elsewhere"])
def test_a_backup_with_a_harmed_archive_is_refused(archived: Database, tmp_path: Path, harm: str) -> None:
    write_backup(archived, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as whole, zipfile.ZipFile(tmp_path / "harmed.zip", "w") as harmed:
        for name in whole.namelist():
            ours = name.startswith("archive/") and name.endswith("1.parquet") and "11-02" in name
            if ours and harm == "left out":
                continue
            harmed.writestr(name, whole.read(name)[:-1] if ours and harm == "changed" else whole.read(name))
        if harm == "leads elsewhere":
            harmed.writestr("archive/../../evil.parquet", b"x")

    with pytest.raises(NotABackup):
        read_manifest(tmp_path / "harmed.zip")


def test_the_commands_archive_and_check(
    pas: Pas, database: Database, tenant: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAS_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    take_in(database, tenant, table(LONG_AGO), now=NOW)

    never = pas("archive", "--json").json
    due = pas("archive", "--after-months", "3", "--dry-run", "--json").json
    done = pas("archive", "--after-months", "3", "--json").json

    assert never["tenants"] == [{"tenant": "maker", "days": 0, "series_days": 0, "readings": 0, "bytes": 0}]
    assert due["dry_run"] is True
    assert due["tenants"] == [{**done["tenants"][0], "bytes": 0}]
    assert done["tenants"][0]["days"] == 2
    assert pas("db", "check", "--json").json["faults"] == []
    assert pas("archive", "--after-months", "3").exit_code == 0
    min((tmp_path / "home").rglob("*.parquet")).unlink()
    assert pas("db", "check", "--json").exit_code == 1
    assert pas("db", "backup", str(tmp_path / "b.zip"), "--json").json["code"] == "archive-unreadable"
