"""`pas valuation`: how well the engines value used things, measured on sales that were kept back."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pas.terminal import AsJson, err, print_json, print_table, refuses

if TYPE_CHECKING:
    from lifecycle.valuation.backtest import Backtest

app = typer.Typer(no_args_is_help=True, help="Valuation: measure how well used things are valued.")


class Step(StrEnum):
    """How often is learned anew."""

    MONTH = "month"


@app.callback()
def valuation() -> None:
    """Valuation: measure how well used things are valued."""


@app.command()
@refuses
def backtest(
    train: Annotated[
        Path, typer.Option("--train", exists=True, dir_okay=False, help="Sales to learn from: csv, csv.gz or parquet.")
    ],
    test: Annotated[Path, typer.Option("--test", exists=True, dir_okay=False, help="Sales to be judged on.")],
    *,
    walk_forward: Annotated[
        Step | None, typer.Option("--walk-forward", help="Learn anew each month from what was sold before it.")
    ] = None,
    engine: Annotated[str | None, typer.Option("--engine", help="This engine alone, beside the textbook.")] = None,
    as_json: AsJson = False,
) -> None:
    """Learn from one file of sales, value those of another, and set every engine beside the textbook.

    The columns are in docs/valuation.md. The chosen engine (marked *) is chosen within --train alone.
    """
    from lifecycle.valuation.backtest import backtest_values
    from lifecycle.valuation.observed import COLUMNS
    from pas.exchange.read_frame import read_frame

    known, asked = (read_frame(file, COLUMNS) for file in (train, test))
    report = backtest_values(known, asked, monthly=walk_forward is not None, engine=engine)
    if as_json:
        print_json(report.document())
    else:
        print_table("each engine on the same sales; * chosen within the train file", _rows(report))
    for note in report.notes:
        err.print(note, highlight=False, markup=False)


def _rows(report: "Backtest") -> list[dict[str, Any]]:
    return [
        {"engine": f"{name} *" if name == report.chosen else name}
        | {measure: f"{figure:,.4f}".rstrip("0").rstrip(".") for measure, figure in measures.items()}
        for name, measures in report.engines.items()
    ]
