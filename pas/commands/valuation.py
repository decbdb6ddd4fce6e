"""`pas valuation`: how well the engines value used things, measured on sales that were kept back."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pas.terminal import AsJson, TenantSlug, err, print_json, print_table, refuses

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
    cold_start: Annotated[
        int | None,
        typer.Option("--cold-start", min=0, max=1000, help="Hide whole products and give so many of their sales back."),
    ] = None,
    horizon_years: Annotated[
        float | None,
        typer.Option("--horizon-years", min=0.25, max=30, help="Learn only from sales so many years before each."),
    ] = None,
    portfolio: Annotated[
        int | None,
        typer.Option("--portfolio", min=1, max=1000, help="Also foretell totals of portfolios of so many things."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Learn from one file of sales, value those of another, and set every engine beside the textbook.

    The columns are in docs/valuation.md. The chosen engine (marked *) is chosen within --train alone.
    """
    from lifecycle.portfolio.backtest import with_totals
    from lifecycle.valuation.backtest import Asked, backtest_cold_start, judge, report_of
    from lifecycle.valuation.observed import COLUMNS
    from pas.exchange.read_frame import read_frame

    if sum(way is not None for way in (cold_start, walk_forward, horizon_years)) > 1:
        raise typer.BadParameter("hide products, learn anew each month, or look years ahead; one of them")
    if cold_start is not None and portfolio is not None:
        raise typer.BadParameter("totals are not foretold of hidden products", param_hint="--portfolio")
    known, asked = (read_frame(file, COLUMNS) for file in (train, test))
    if cold_start is not None:
        report = backtest_cold_start(known, asked, given=cold_start, engine=engine)
    else:
        way = Asked(monthly=walk_forward is not None, years_before=horizon_years)
        judged = judge(known, asked, asked=way, engine=engine)
        report = report_of(judged) if portfolio is None else with_totals(judged, size=portfolio)
    if as_json:
        print_json(report.document())
    else:
        print_table("each engine on the same sales; * chosen within the train file", _rows(report))
    for note in report.notes:
        err.print(note, highlight=False, markup=False)


@app.command()
@refuses
def learn(*, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Learn from the sales on record what products are worth by age and grade.

    The engine is chosen for each trade on sales that were held out; values told from then on rest on it.
    """
    from lifecycle.learn_values import learn_values
    from pas.commands.frame import writing

    with writing(tenant) as work:
        learned = learn_values(work.session, now=work.now)
    if as_json:
        print_json({"learned": [one.model_dump(mode="json") for one in learned]})
        return
    print_table("what sales taught", [one.model_dump() for one in learned])
    if not learned:
        err.print("No trade has five sales in the currency of its products: the declared curves stand.")


def _rows(report: "Backtest") -> list[dict[str, Any]]:
    return [
        {"engine": f"{name} *" if name == report.chosen else name}
        | {measure: f"{figure:,.4f}".rstrip("0").rstrip(".") for measure, figure in measures.items()}
        for name, measures in report.engines.items()
    ]
