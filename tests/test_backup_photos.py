"""Photos are part of a backup and of a check: whole, each once, and never in the place of another."""

import zipfile
from datetime import datetime
from pathlib import Path
from shutil import copyfile, rmtree

import pytest

from lifecycle.actor import Actor
from lifecycle.add_photo import add_photo
from lifecycle.log_inspections import log_inspections
from lifecycle.photo import PhotoMissing, name_of
from lifecycle.photo_gateway import pictures_of
from pas.backup import NotABackup, read_manifest, restore_backup, write_backup
from pas.backup_photos import OtherPhotos
from pas.check import check_database
from pas.db import Database
from tests.conftest import add_tenant
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product
from tests.lifecycle.test_photos import picture


@pytest.fixture
def sha256(database: Database, now: datetime, actor: Actor) -> str:
    """A photo that two tenants have."""
    for slug in ("maker", "other"):
        with database.writing(add_tenant(database, slug)) as session:
            asset = store_assets(session, store_product(session), now=now, by=actor)[0]
            look = log_inspections(session, [inspection(asset.id, now)], now=now, by=actor)[0]
            facts = {"made": pictures_of(picture()), "component": "light", "caption": "", "now": now, "by": actor}
            part = add_photo(session, inspection_id=look.id, **facts)
    return part.sha256


@pytest.fixture
def elsewhere(tmp_path: Path, sqlite_template: Path) -> Database:
    """An empty database with a folder of its own."""
    copyfile(sqlite_template, tmp_path / "elsewhere.db")
    return Database(f"sqlite:///{tmp_path / 'elsewhere.db'}", photos=tmp_path / "elsewhere")


def test_a_backup_holds_each_photo_once_and_a_restore_brings_it_back(
    database: Database, elsewhere: Database, sha256: str, tmp_path: Path
) -> None:
    file = tmp_path / "all.zip"

    backup = write_backup(database, file)
    restore_backup(elsewhere, file)

    assert backup.photos == [sha256]
    assert [name for name in zipfile.ZipFile(file).namelist() if name.startswith("photos/")] == [
        f"photos/{name_of(sha256)}"
    ]
    for one in (database, elsewhere):
        assert check_database(one).faults == []
    assert elsewhere.photos is not None
    assert database.photos is not None
    assert (elsewhere.photos / name_of(sha256)).read_bytes() == (database.photos / name_of(sha256)).read_bytes()


def test_a_photo_that_is_gone_is_told_and_stops_a_backup(database: Database, sha256: str, tmp_path: Path) -> None:
    assert database.photos is not None
    rmtree(database.photos)

    assert check_database(database).faults == [
        f"photo {sha256[:12]}: the file of this photo is not there; restore it from a backup"
    ]
    with pytest.raises(PhotoMissing):
        write_backup(database, tmp_path / "all.zip")


def test_a_restore_overwrites_no_other_photo(
    database: Database, elsewhere: Database, sha256: str, tmp_path: Path
) -> None:
    write_backup(database, tmp_path / "all.zip")
    assert elsewhere.photos is not None
    other = elsewhere.photos / name_of(sha256)
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another")

    with pytest.raises(OtherPhotos):
        restore_backup(elsewhere, tmp_path / "all.zip")
    assert other.read_bytes() == b"another"
    assert set(check_database(elsewhere).rows.values()) == {0}


@pytest.mark.parametrize("name", ["photos/../../evil.jpg", "photos/aa/short.jpg", ""])
def test_a_photo_that_was_changed_or_leads_elsewhere_is_no_backup(
    database: Database, sha256: str, tmp_path: Path, name: str
) -> None:
    write_backup(database, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as sound, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for member in sound.namelist():
            content = b"changed" if not name and member.startswith("photos/") else sound.read(member)
            bad.writestr(member, content)
        if name:
            bad.writestr(name, b"evil")

    with pytest.raises(NotABackup):
        read_manifest(tmp_path / "bad.zip")
