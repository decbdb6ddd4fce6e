"""The commands that measure remaining life and alerts print one document, and refuse what they cannot read."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pas import cli
from tests.lifecycle.sample_machines import write_machines
from tests.lifecycle.sample_runs import cut_off, runs

BACKTEST = ["condition", "backtest", "--json", "--task"]


def test_remaining_life_prints_one_document(tmp_path: Path) -> None:
    train, test, truth = (tmp_path / name for name in ("train.csv.gz", "test.csv.gz", "truth.csv"))
    cut, left = cut_off(runs(6, seed=2), seed=3)
    for frame, file in ((runs(8, seed=1), train), (cut, test), (left, truth)):
        frame.to_csv(file, index=False)
    files = ["--train", str(train), "--test", str(test), "--truth", str(truth)]

    answer = CliRunner().invoke(cli.app, [*BACKTEST, "remaining-life", *files, "--cap", "60"])

    told = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert set(told) == {"task", "engines", "chosen", "n"}
    assert set(told["engines"][told["chosen"]]) == {"rmse", "nasa_score", "coverage80", "width80", "flagged"}


def test_alerts_print_one_document(tmp_path: Path) -> None:
    write_machines(tmp_path, machines=6, days=200, seed=1)

    answer = CliRunner().invoke(cli.app, [*BACKTEST, "alerts", "--train", str(tmp_path), "--test", str(tmp_path)])

    told = json.loads(answer.stdout)
    measures = {"precision", "recall", "false_per_asset_month", "median_lead_days"}
    assert answer.exit_code == 0
    assert told["task"] == "alerts"
    assert set(told["engines"][told["chosen"]]) == measures


@pytest.mark.parametrize("task", ["remaining-life", "alerts"])
def test_what_is_none_of_its_files_is_refused(tmp_path: Path, task: str) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n")
    given = str(tmp_path if task == "alerts" else file)

    answer = CliRunner().invoke(cli.app, [*BACKTEST, task, "--train", given, "--test", given, "--truth", str(file)])

    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["status"] == 422
