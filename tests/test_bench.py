"""The benchmarks run to their end and say what they measured; how fast it was is no test's business."""

import json

from typer.testing import CliRunner

from pas.cli import app


def test_the_api_is_measured_beside_its_baseline() -> None:
    speed = json.loads(CliRunner().invoke(app, ["bench", "api", "--rounds", "2", "--json"]).stdout)

    assert speed["rounds"] == 2
    assert min(speed["writes_per_second"], speed["baseline_writes_per_second"], speed["ratio"]) > 0
    assert 0 < speed["read_p50_ms"] <= speed["read_p99_ms"]
