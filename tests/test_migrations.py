"""Schema changes with data in them: what an older version stored is there after the upgrade, and after a step back."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import zstandard
from alembic import command
from sqlalchemy import Connection, Engine, TextClause, text
from sqlmodel import select

from lifecycle.tables import InspectionRecord
from pas.db import Database
from pas.schema import migrations
from telemetry.moment import DAY, HOUR, micros

NOON = micros(datetime(2026, 10, 1, 12, tzinfo=UTC))
_BATCH = (
    "INSERT INTO reading_batch (tenant_id, key, received_at, source, content_hash, taken, duplicates, quarantined) "
    "VALUES (1, :key, :at, 'file', :key, 2, 1, 0)"
)
_DAY = (
    "INSERT INTO series_day (tenant_id, shard, series, day, codec, count, hour_count, total, minimum, maximum, first, "
    "last, mean, increase, readings, hours) VALUES (1, 3, 1, :day, 1, 2, 2, 3, 1, 2, 1, 2, 1.5, 0, :readings, :none)"
)


def _fill(engine: Engine) -> None:
    """Store a batch and a day as version 0002 did."""
    steps = np.array([NOON % DAY, HOUR], dtype="<i8")
    packed = zstandard.ZstdCompressor().compress(steps.tobytes() + np.array([1.0, 2.0]).tobytes())
    with engine.begin() as connection:
        at = datetime(2026, 10, 2)  # noqa: DTZ001 - as SQLite keeps it
        for statement, values in (
            ("INSERT INTO tenant (id, slug, name, founded_at) VALUES (1, 'maker', 'Maker', :at)", {"at": at}),
            ("INSERT INTO metric (tenant_id, code, name, kind, unit) VALUES (1, 'co2', 'CO2', 'gauge', 'ppm')", {}),
            (
                "INSERT INTO series (tenant_id, number, shard, asset_id, metric) VALUES (1, 1, 3, :asset, 'co2')",
                {"asset": "0190b0b0000070008000000000000001"},
            ),
            (_BATCH, {"key": "a", "at": at}),
            (_BATCH, {"key": "b", "at": at}),
            (_DAY, {"day": date(2026, 10, 1), "readings": packed, "none": b""}),
        ):
            connection.execute(text(statement), values)


@pytest.fixture
def before(database: Database) -> Database:
    """A database of the version before, with data in it."""
    command.downgrade(migrations(database.url), "0002")
    _fill(database.engine)
    return database


def _without_references(database: Database, statement: TextClause, values: dict[str, object]) -> None:
    """Store a row whose neighbours do not matter."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN")
        else:
            _see_all(connection)
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.execute(statement, values)
        connection.commit()


def _see_all(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT set_config('app.tenant', '1', true)")


def test_an_upgrade_keeps_batches_and_learns_the_ends_of_days(before: Database) -> None:
    command.upgrade(migrations(before.url), "head")
    with before.engine.begin() as connection:
        batches = connection.execute(text("SELECT key, number, taken, duplicates, is_open FROM reading_batch"))
        days = connection.execute(text("SELECT first_at, last_at, above FROM series_day"))
        assert sorted(map(tuple, batches)) == [("a", 1, 2, 1, False), ("b", 2, 2, 1, False)]
        assert [tuple(row) for row in days] == [(NOON, NOON + HOUR, 0.0)]


def test_a_step_back_keeps_what_the_older_version_knows(before: Database) -> None:
    command.upgrade(migrations(before.url), "head")
    command.downgrade(migrations(before.url), "0002")
    with before.engine.begin() as connection:
        assert sorted(connection.execute(text("SELECT key FROM reading_batch")).scalars()) == ["a", "b"]
        assert connection.execute(text("SELECT count FROM series_day")).scalars().all() == [2]


def test_an_upgrade_keeps_what_was_seen_before(database: Database) -> None:
    command.downgrade(migrations(database.url), "0003")
    ids = {name: f"0190b0b000007000800000000000000{number}" for number, name in enumerate(("product", "asset", "look"))}
    at = datetime(2026, 10, 2)  # noqa: DTZ001 - as SQLite keeps it
    old_sight = (
        "INSERT INTO inspection (tenant_id, id, asset_id, inspected_at, source, inspector, grades, readings, note, "
        "recorded_at, recorded_by) VALUES (1, :look, :asset, :at, 'app', 'An', :grades, '{}', '', :at, 'An')"
    )
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tenant (id, slug, name, founded_at) VALUES (1, 'm', 'M', :at)"), {"at": at}
        )
    _without_references(database, text(old_sight), ids | {"at": at, "grades": '{"light": "B"}'})

    command.upgrade(migrations(database.url), "head")

    with database.reading(1) as session:
        kept = session.exec(select(InspectionRecord)).one()
    assert (kept.grades, kept.nen, kept.measured, kept.checklist_used) == ({"light": "B"}, {}, [], 0)
    command.downgrade(migrations(database.url), "0003")
    with database.engine.begin() as connection:
        _see_all(connection)
        assert connection.execute(text("SELECT inspector FROM inspection")).scalars().all() == ["An"]
