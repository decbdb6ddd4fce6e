"""The benchmarks run to their end and say what they measured; how fast it was is no test's business."""

import json

from typer.testing import CliRunner

from pas.cli import app


def test_the_api_is_measured_beside_its_baseline() -> None:
    speed = json.loads(CliRunner().invoke(app, ["bench", "api", "--rounds", "2", "--json"]).stdout)

    assert speed["rounds"] == 2
    assert min(speed["writes_per_second"], speed["baseline_writes_per_second"], speed["ratio"]) > 0
    assert 0 < speed["read_p50_ms"] <= speed["read_p99_ms"]


def test_taking_readings_in_is_measured_beside_its_baselines() -> None:
    asked = ["bench", "ingest", "--readings", "20000", "--rounds", "1", "--senders", "2", "--json"]
    ran = CliRunner().invoke(app, [*asked, "--only", "rows of 1,000 -> SQLite", "--only", "store and roll up"])
    report = json.loads(ran.stdout)

    found = {one["road"]: one for one in report["roads"]}
    assert {one["baseline"] for one in found.values()} > {"", "naive service -> SQLite", "PostgreSQL rows with key"}
    for one in found.values():
        assert one["rate_median"] > 0
        assert one["baseline"] == "" or one["ratio_median"] > 0
    rolled_up = found["store and roll up 10,000 -> PostgreSQL"]
    assert (rolled_up["goal"], rolled_up["rate_rolled_up"] > 0, rolled_up["bytes_a_reading"] > 0) == (8, True, True)


def test_the_bytes_of_readings_are_measured() -> None:
    ran = CliRunner().invoke(app, ["bench", "storage", "--readings", "100000", "--read", "5", "--json"])

    assert [curve["store"] for curve in json.loads(ran.stdout)] == ["SQLite", "PostgreSQL"]
    for curve in json.loads(ran.stdout):
        assert curve["points"][-1]["readings"] == 100_000
        assert min(curve["points"][-1].values()) > 0
        assert min(way["days_a_second"] for way in curve["read_back"]["ways"]) > 0


def test_a_database_that_cannot_be_measured_is_told() -> None:
    ran = CliRunner().invoke(app, ["bench", "storage", "--on", "Oracle"])

    assert ran.exit_code == 2
