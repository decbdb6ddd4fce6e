"""The benchmark of alarms runs to its end, and every way finds the same alarms; how fast is no test's business."""

import json

from typer.testing import CliRunner

from pas.cli import app


def test_alarms_are_measured_beside_a_loop() -> None:
    asked = ["bench", "alarms", "--readings", "20000", "--series", "10", "--rounds", "1", "--json"]
    speed = json.loads(CliRunner().invoke(app, asked).stdout)

    assert speed["readings"] == 20_000
    assert speed["alarms"] > 0
    assert min(speed["loop_per_second"], speed["judged_per_second"], speed["followed_per_second"]) > 0
