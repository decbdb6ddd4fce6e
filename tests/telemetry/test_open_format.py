"""The archive is read by others, in a process that has nothing of ours, and holds exactly what we would export."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from pas.db import Database
from pas.keep_archive import archive_months
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import every_reading
from tests.telemetry.archived_readings import THINGS, table, take_in

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)

WITH_DUCKDB = """
import duckdb, sys
duckdb.sql(f\"\"\"
    COPY (
        SELECT asset_id, metric, unit, epoch_us("at") AS "at", value, tenant, month, CAST(day AS VARCHAR) AS day
        FROM read_parquet('{sys.argv[1]}/**/*.parquet', hive_partitioning = true)
        ORDER BY asset_id, metric, "at"
    ) TO '{sys.argv[2]}' (HEADER)
\"\"\")
"""
WITH_PANDAS = """
import pandas, sys
frame = pandas.read_parquet(sys.argv[1])
frame = frame.astype({"tenant": str, "month": str, "day": str}).sort_values(["asset_id", "metric", "at"])
frame["at"] = frame["at"].astype("int64")
columns = ["asset_id", "metric", "unit", "at", "value", "tenant", "month", "day"]
frame[columns].to_csv(sys.argv[2], index=False)
"""
ONE_SERIES = """
import duckdb, sys
rows = duckdb.sql(f\"\"\"
    SELECT count(*), min(value), max(value) FROM read_parquet('{sys.argv[1]}/**/*.parquet', hive_partitioning = true)
    WHERE day = DATE '2016-11-02' AND asset_id = '{sys.argv[3]}' AND metric = 'energy'
\"\"\").fetchall()
open(sys.argv[2], "w").write(repr(rows))
"""


@pytest.fixture
def archived(database: Database, tenant: int, tmp_path: Path) -> Database:
    database.archive = tmp_path / "archive"
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    take_in(database, tenant, table(datetime(2016, 11, 2, tzinfo=UTC)), now=NOW)
    take_in(database, tenant, table(datetime(2025, 1, 31, tzinfo=UTC)), now=NOW)
    archive_months(database, tenant, after_months=3, now=NOW)
    late = table(datetime(2016, 11, 2, 0, 7, tzinfo=UTC), count=1)
    take_in(database, tenant, late, now=NOW)
    assert archive_months(database, tenant, after_months=3, now=NOW).days == 1
    return database


def by_others(script: str, database: Database, folder: Path, *more: str) -> str:
    """Run a script of somebody else's, isolated from our packages, and give what it wrote."""
    told = folder / "told"
    command = (sys.executable, "-I", "-c", script, str(database.archive), str(told), *more)
    subprocess.run(command, check=True, cwd=folder, capture_output=True, text=True)
    return told.read_text(encoding="utf-8")


def ours(database: Database, tenant: int) -> pd.DataFrame:
    with database.reading(tenant) as session:
        frame = pd.concat(list(every_reading(session)))
    frame = frame.sort_values(["asset_id", "metric", "at"], ignore_index=True)
    frame["day"] = frame["at"].dt.strftime("%Y-%m-%d")
    frame["month"], frame["tenant"] = frame["day"].str[:7], "maker"
    frame["at"] = frame["at"].astype("int64")
    return frame[["asset_id", "metric", "unit", "at", "value", "tenant", "month", "day"]]


@pytest.mark.parametrize("script", [WITH_DUCKDB, WITH_PANDAS], ids=["duckdb", "pandas"])
def test_others_read_exactly_what_we_export(archived: Database, tenant: int, tmp_path: Path, script: str) -> None:
    by_others(script, archived, tmp_path)

    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "told"), ours(archived, tenant), check_dtype=False)


def test_one_series_of_one_day_is_asked_by_its_names(archived: Database, tmp_path: Path) -> None:
    thing = str(THINGS[1])
    assert by_others(ONE_SERIES, archived, tmp_path, thing) == "[(37, 1.0, 36.0)]"
