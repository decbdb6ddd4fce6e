"""A backup holds every row; a restore is proved equal, on either database, or leaves nothing behind."""

import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect
from sqlmodel import col, select

from lifecycle.tables import AssetRecord, ProductRecord, SaleRecord
from pas.backup import NotABackup, NotEmpty, read_manifest, restore_backup, row_counts, write_backup
from pas.db import Database
from pas.schema import migrations
from tests.conftest import NOW, Pas, add_tenant


def _fleet(database: Database) -> None:
    """Two tenants with an asset whose previous life has the later id, so that order matters in a restore."""
    for slug in ("maker", "other"):
        tenant = add_tenant(database, slug)
        with database.writing(tenant) as session:
            product = ProductRecord.model_validate(
                {
                    "tenant_id": tenant,
                    "code": "P1",
                    "name": "Stoel “Éé”",
                    "trade": "furniture",
                    "price_new": Decimal("199.50"),
                    "rated_years": 10,
                    "grade_factors": {"B": 0.8, "A": 1.0},
                }
            )
            session.add(product)
            session.flush()
            lives = [
                AssetRecord.model_validate(
                    {
                        "tenant_id": tenant,
                        "serial": f"S{n}",
                        "public_id": f"urn:{n}",
                        "product_id": product.id,
                        "registered_at": NOW,
                        "made_on": date(2020, 1, 31),
                    }
                )
                for n in range(2)
            ]
            session.add(lives[1])
            session.flush()
            lives[0].previous_life_id = lives[1].id
            session.add(lives[0])
            sale = {"sale_id": "1", "category": "chair", "price": Decimal("1.10"), "currency": "EUR"}
            session.add(
                SaleRecord.model_validate({**sale, "tenant_id": tenant, "price_kind": "auction", "source": "x"})
            )


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Database]:
    """Another, empty, embedded database."""
    url = f"sqlite:///{tmp_path / 'embedded.db'}"
    command.upgrade(migrations(url), "head")
    with Database(url) as database:
        yield database


def test_a_restore_is_equal_whatever_the_database(database: Database, embedded: Database, tmp_path: Path) -> None:
    _fleet(database)
    backup = write_backup(database, tmp_path / "backup.zip")

    assert restore_backup(embedded, tmp_path / "backup.zip") == backup

    with embedded.engine.connect() as connection, database.engine.connect() as original:
        assert row_counts(connection) == row_counts(original)
    again = write_backup(embedded, tmp_path / "again.zip")
    assert again == backup
    with embedded.reading(embedded.tenant_id("other")) as session:
        born = session.exec(select(AssetRecord).where(col(AssetRecord.serial) == "S0")).one()
        assert born.previous_life_id is not None
        assert session.exec(select(ProductRecord)).one().price_new == Decimal("199.50")


def test_a_backup_of_sqlite_restores_into_postgresql(database: Database, embedded: Database, tmp_path: Path) -> None:
    _fleet(embedded)
    backup = write_backup(embedded, tmp_path / "backup.zip")

    assert restore_backup(database, tmp_path / "backup.zip").digests == backup.digests
    assert add_tenant(database, "third") not in {1, 2}


def test_a_full_database_is_not_restored_into(database: Database, tmp_path: Path) -> None:
    _fleet(database)
    write_backup(database, tmp_path / "backup.zip")

    with pytest.raises(NotEmpty):
        restore_backup(database, tmp_path / "backup.zip")


@pytest.mark.parametrize("harm", ["truncated", "changed", "not a zip"])
def test_a_harmed_backup_is_refused(embedded: Database, tmp_path: Path, harm: str) -> None:
    _fleet(embedded)
    file = tmp_path / "backup.zip"
    write_backup(embedded, file)
    if harm == "truncated":
        file.write_bytes(file.read_bytes()[:-40])
    elif harm == "not a zip":
        file.write_bytes(b"serial,product\n")
    else:
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("1/asset/000001.msgpack", b"\x90")

    with pytest.raises(NotABackup):
        read_manifest(file)


def test_the_commands_back_up_check_and_restore(pas: Pas, database: Database, tmp_path: Path) -> None:
    _fleet(database)

    assert pas("db", "check", "--json").json["rows"]["asset"] == 4
    backup = pas("db", "backup", str(tmp_path / "b.zip"), "--json")
    assert backup.json["rows"]["asset"] == 4
    refused = pas("db", "restore", str(tmp_path / "b.zip"), "--json")
    assert (refused.exit_code, refused.json["code"]) == (1, "not-empty")


def test_a_file_that_is_not_there_is_wrong_usage(pas: Pas, tmp_path: Path) -> None:
    assert pas("db", "restore", str(tmp_path / "none.zip")).exit_code == 2


def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    command.check(migrations(database.url))


def test_the_schema_goes_back_and_forth(database: Database) -> None:
    command.downgrade(migrations(database.url), "base")
    with database.engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]

    command.upgrade(migrations(database.url), "head")
    command.check(migrations(database.url))
    assert add_tenant(database, "again") == 1
