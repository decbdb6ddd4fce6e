"""`pas condition`: how well condition, remaining life and alerts are foretold, measured on what was kept back."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pas.terminal import AsJson, err, print_json, print_table, refuses

if TYPE_CHECKING:
    from lifecycle.condition.backtest_report import Report

app = typer.Typer(no_args_is_help=True, help="Condition: measure how well it is foretold.")


class Task(StrEnum):
    """What is foretold."""

    INSPECTION = "inspection"
    REMAINING_LIFE = "remaining-life"
    ALERTS = "alerts"


class Asked(NamedTuple):
    """The words of the command."""

    train: Path
    test: Path
    truth: Path | None
    cap: float
    split_year: int
    horizons: tuple[int, ...]
    lead_days: int


@app.callback()
def condition() -> None:
    """Condition: measure how well it is foretold."""


def _horizons(text: str) -> str:
    parts = text.split(",")
    if all(part.strip().isdecimal() and 1 <= int(part) <= 30 for part in parts) and len(parts) <= 10:  # noqa: PLR2004 - said below
        return text
    raise typer.BadParameter("at most 10 whole years between 1 and 30, such as 2,4,6")


@app.command()
@refuses
def backtest(
    task: Annotated[Task, typer.Option("--task", help="What is foretold.")],
    train: Annotated[Path, typer.Option("--train", exists=True, help="File (alerts: folder) to learn from.")],
    test: Annotated[Path, typer.Option("--test", exists=True, help="File (alerts: folder) to be judged on.")],
    *,
    truth: Annotated[
        Path | None, typer.Option("--truth", exists=True, dir_okay=False, help="remaining-life: unit and rul.")
    ] = None,
    cap: Annotated[float, typer.Option("--cap", min=1, max=1e9, help="remaining-life: longest that is told.")] = 125,
    split_year: Annotated[
        int, typer.Option("--split-year", min=1000, max=9999, help="inspection: learn from outcomes up to this year.")
    ] = 2009,
    horizons: Annotated[
        str, typer.Option("--horizons", callback=_horizons, help="inspection: years ahead, with commas.")
    ] = "2,4,6",
    lead_days: Annotated[int, typer.Option("--lead-days", min=1, max=365, help="alerts: days ahead of a failure.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Fit on one file, judge on another, forward in time, each engine beside the plain ones.

    The formats are in docs/condition.md. The chosen engine (marked *) is chosen within --train alone.
    """
    years = tuple(dict.fromkeys(int(part) for part in horizons.split(",")))
    report = _run(task, Asked(train, test, truth, cap, split_year, years, lead_days))
    if as_json:
        print_json(report.document())
    else:
        print_table(f"{report.task}: {report.n:,} cases; * chosen within the train file", report.table())
    for note in report.notes:
        err.print(note, highlight=False, markup=False)


def _run(task: Task, asked: Asked) -> "Report":
    return {Task.INSPECTION: _inspection, Task.REMAINING_LIFE: _remaining_life, Task.ALERTS: _alerts}[task](asked)


def _inspection(asked: Asked) -> "Report":
    from lifecycle.condition.backtest_inspections import COLUMNS, backtest_inspections
    from pas.exchange.read_frame import read_frame

    train, test = (
        read_frame(_file(path, name), COLUMNS) for path, name in ((asked.train, "train"), (asked.test, "test"))
    )
    return backtest_inspections(train, test, split_year=asked.split_year, horizons=asked.horizons)


def _remaining_life(asked: Asked) -> "Report":
    from lifecycle.backtest.remaining_life import backtest_remaining_life
    from pas.exchange.read_frame import read_frame, with_numbers

    if asked.truth is None:
        raise typer.BadParameter("remaining-life wants the true remaining life of each unit", param_hint="--truth")
    files = ((asked.train, "train"), (asked.test, "test"), (asked.truth, "truth"))
    train, test, truth = (with_numbers(read_frame(_file(path, name))) for path, name in files)
    return backtest_remaining_life(train, test, truth, asked.cap)


def _alerts(asked: Asked) -> "Report":
    from lifecycle.backtest.alerts import backtest_alerts

    for path, name in ((asked.train, "train"), (asked.test, "test")):
        if not path.is_dir():
            raise typer.BadParameter(f"{path} is a file; alerts want a folder", param_hint=f"--{name}")
    return backtest_alerts(asked.train, asked.test, asked.lead_days)


def _file(path: Path, name: str) -> Path:
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a folder; a file is wanted", param_hint=f"--{name}")
    return path
