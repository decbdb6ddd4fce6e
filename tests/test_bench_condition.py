"""The measurement of condition assesses every thing twice; how fast it was is no test's business."""

import json

from typer.testing import CliRunner

from pas.cli import app


def test_a_whole_fleet_is_assessed_twice() -> None:
    told = json.loads(CliRunner().invoke(app, ["bench", "condition", "--assets", "300", "--json"]).stdout)

    first, later = told["passes"]
    assert (told["store"], first["assessed"], later["assessed"]) == ("SQLite", 300, 300)
    assert first["wait_on"] == 300
    assert later["wait_on"] < 60


def test_a_database_that_is_not_here_is_refused() -> None:
    assert CliRunner().invoke(app, ["bench", "condition", "--on", "Oracle"]).exit_code == 2
