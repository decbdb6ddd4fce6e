"""Killed at any moment, the archive has each reading once, and the next run completes what was begun."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from pas.check import check_database
from pas.db import Database
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import every_reading
from tests.faults.killing import KILLS, Command
from tests.telemetry.archived_readings import table, take_in

pytestmark = pytest.mark.faults

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2016, 11, 2, tzinfo=UTC)
DAYS = 12
SEED = 20261123


@pytest.fixture
def home(database: Database, tenant: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an installation with readings of some days of long ago."""
    monkeypatch.setenv("PAS_HOME", str(tmp_path / "home"))
    database.archive = tmp_path / "home" / "archive"
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    take_in(database, tenant, table(LONG_AGO, count=DAYS * 36), now=NOW)
    yield tmp_path / "home"
    database.archive = None


def kept(database: Database, tenant: int) -> str:
    """Every reading there is, as we answer it."""
    with database.reading(tenant) as session:
        return pd.concat(list(every_reading(session))).to_csv(index=False)


def in_files(home: Path) -> int:
    return sum(len(pd.read_parquet(file, columns=["value"])) for file in home.rglob("*.parquet"))


def test_a_killed_archive_run_loses_no_reading_and_doubles_none(database: Database, tenant: int, home: Path) -> None:
    chance = Random(SEED)
    command = Command(database.url, ("archive", "--after-months", "3", "--json"))
    whole = kept(database, tenant)
    usual = command.run()
    assert kept(database, tenant) == whole
    for turn in range(KILLS):
        late = [table(LONG_AGO + timedelta(days=day, minutes=turn + 1), count=1) for day in range(DAYS)]
        take_in(database, tenant, pd.concat(late), now=NOW)
        whole = kept(database, tenant)

        command.killed_within(usual, chance)

        assert kept(database, tenant) == whole
        assert check_database(database).faults == []
        command.run()
        assert kept(database, tenant) == whole
        assert len(list(home.rglob("*.parquet"))) == DAYS
        assert in_files(home) == whole.count("\n") - 1
    assert check_database(database).faults == []


def test_killed_while_it_forgets_it_forgets_whole_days_and_completes_it(
    database: Database, tenant: int, home: Path
) -> None:
    chance = Random(SEED)
    Command(database.url, ("archive", "--after-months", "3")).run()
    with database.writing(tenant) as session:
        energy = next(metric for metric in CATALOGUE if metric.code == "energy")
        keep_metrics(session, [energy.model_copy(update={"keep_days": 400})])
    command = Command(database.url, ("readings", "retire", "--json"))
    others = DAYS * 36 * 3

    killed = command.killed_within(3.0, chance)

    assert in_files(home) >= others
    assert in_files(home) == 2 * others or killed or in_files(home) == others
    assert check_database(database).faults == []
    command.run()
    assert in_files(home) == others
    assert check_database(database).faults == []
    assert kept(database, tenant).count("energy") == 0
