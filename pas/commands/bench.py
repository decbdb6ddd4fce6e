"""`pas bench`: measure, so that a claim about speed can be repeated."""

from typing import Annotated

import typer

from pas.terminal import AsJson, print_json, print_table, progress, refuses

app = typer.Typer(no_args_is_help=True, help="Measurements, as ratios to a named baseline run in turn with ours.")


@app.callback()
def bench() -> None:
    """Measure, so that a claim about speed can be repeated."""


@app.command()
@refuses
def api(
    rounds: Annotated[int, typer.Option("--rounds", min=2, max=100, help="How often each is run, in turn.")] = 5,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure writes by sixteen callers at once, beside bare SQLite, and how long a reader waits meanwhile."""
    from pas.bench.api import bench_api

    with progress("bench api", rounds) as tick:
        speed = bench_api(rounds=rounds, tick=tick)
    if as_json:
        print_json(speed._asdict())
        return
    print_table(
        "Sixteen writers (baseline: SQLite alone, one row a transaction, full sync)",
        [{"": name.replace("_", " "), "median": f"{value:,.4g}"} for name, value in speed._asdict().items()],
    )
