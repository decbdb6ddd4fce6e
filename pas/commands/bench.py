"""`pas bench`: measure, so that a claim about speed can be repeated."""

from typing import Annotated

import typer

from pas.terminal import AsJson, err, print_json, print_table, progress, refuses

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


@app.command()
@refuses
def ingest(
    readings: Annotated[int, typer.Option("--readings", min=1_000, help="Readings on each road and round.")] = 500_000,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=100, help="How often each is run, in turn.")] = 5,
    senders: Annotated[int, typer.Option("--senders", min=1, max=64, help="Devices that send at once.")] = 8,
    things: Annotated[int, typer.Option("--things", min=1, max=500, help="Things that each of them speaks for.")] = 10,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Roads whose name holds this, and their baselines.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure how fast readings are taken in, each once and for good, beside what others do with the same stream.

    The more things a device speaks for, the fewer readings of each are in a delivery: with 10 a delivery of 1,000
    holds 20 minutes, with 200 a single one.
    """
    from pas import clock
    from pas.bench.ingest.run import bench_ingest, count_roads, table
    from pas.bench.ingest.streams import Plan

    words = only or []
    with progress("bench ingest", count_roads(words) * (rounds + 1)) as tick:
        plan = Plan(readings, senders, things, clock.now())
        report = bench_ingest(plan=plan, rounds=rounds, only=words, tick=tick)
    if as_json:
        print_json(report._asdict() | {"roads": [one._asdict() for one in report.roads]})
        return
    print_table(f"{rounds} rounds of {readings:,} readings, {senders} devices of {things} things", table(report.roads))
    for name in report.left_out:
        err.print(f"left out, for it is not installed here: {name}", highlight=False)


@app.command()
@refuses
def storage(
    readings: Annotated[
        int, typer.Option("--readings", min=100_000, max=1_000_000_000, help="How many in the end.")
    ] = 3_000_000,
    series: Annotated[int, typer.Option("--series", min=5, max=1_000_000, help="In how many series at most.")] = 50_000,
    read: Annotated[int, typer.Option("--read", min=0, help="So many series-days are read back.")] = 500,
    on: Annotated[list[str] | None, typer.Option("--on", help="SQLite or PostgreSQL; else both.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure rate and bytes of readings as they grow, with rollups and compacted, and how fast days are read back.

    Five series of each thing, a minute apart; each reports for 2,000 minutes or longer, and ever more things come.
    """
    from pas.bench.storage.curve import bench_storage, stores

    known = {name.lower(): name for name in stores()}
    wanted = [known[name.lower()] for name in on or known if name.lower() in known]
    if len(wanted) < len(on or ()):
        raise typer.BadParameter(f"there is {' and '.join(known.values())} here", param_hint="--on")
    with progress("bench storage", readings * len(wanted)) as tick:
        curves = bench_storage(readings=readings, series=series, on=wanted, read=read, tick=tick)
    if as_json:
        print_json([one.document() for one in curves])
        return
    for one in curves:
        shown = [
            {name.replace("_", " "): f"{value:,.2f}".removesuffix(".00") for name, value in p._asdict().items()}
            for p in one.points
        ]
        print_table(f"{one.store}: with rollups and compacted; goal at most {one.goal_bytes:g} bytes", shown)
        if one.read_back:
            ways = [
                {"read back": way.way, "days/s": f"{way.days_a_second:,.0f}", "x": f"{way.ratio:,.3g}"}
                for way in one.read_back.ways
            ]
            print_table(f"{one.store}: series-days of {one.read_back.readings_a_day:,.0f} readings", ways)


@app.command()
@refuses
def alarms(
    readings: Annotated[int, typer.Option("--readings", min=1_000, help="Readings of each round.")] = 1_000_000,
    series: Annotated[int, typer.Option("--series", min=1, max=50_000, help="Of so many series.")] = 100,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=100, help="How often each is run, in turn.")] = 3,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure how fast readings are held against an alarm rule, beside a loop that takes them one by one."""
    from pas.bench.alarms import bench_alarms

    with progress("bench alarms", rounds) as tick:
        speed = bench_alarms(readings=readings, series=series, rounds=rounds, tick=tick)
    if as_json:
        print_json(speed._asdict())
        return
    print_table(
        "Readings a second of CPU, one rule with deadband and delay (baseline: a loop over them)",
        [{"": name.replace("_", " "), "median": f"{value:,.4g}"} for name, value in speed._asdict().items()],
    )


@app.command()
@refuses
def condition(
    assets: Annotated[int, typer.Option("--assets", min=10, max=10_000_000, help="So many things.")] = 100_000,
    on: Annotated[str, typer.Option("--on", help="SQLite or PostgreSQL.")] = "SQLite",
    *,
    as_json: AsJson = False,
) -> None:
    """Measure how long a whole fleet takes to be assessed anew: read, computed and written, and the memory it takes."""
    from pas.bench.condition import bench_condition
    from pas.bench.storage.curve import stores

    known = {name.lower(): name for name in stores()}
    if on.lower() not in known:
        raise typer.BadParameter(f"there is {' and '.join(known.values())} here", param_hint="--on")
    with progress("bench condition", assets * 3) as tick:
        speed = bench_condition(assets=assets, on=known[on.lower()], tick=tick)
    if as_json:
        print_json(speed.document())
        return
    shown = [{name.replace("_", " "): value for name, value in one._asdict().items()} for one in speed.passes]
    print_table(f"{speed.store}: {assets:,} things, seconds; at most {speed.peak_memory:,} MiB", shown)


@app.command()
@refuses
def portfolio(
    things: Annotated[int, typer.Option("--things", min=1, max=10_000_000, help="So many things.")] = 1_000_000,
    scenarios: Annotated[int, typer.Option("--scenarios", min=10, max=60_000, help="Under so many.")] = 10_000,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=100, help="How often each is run, in turn.")] = 3,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure what a portfolio may be worth under correlated scenarios, beside plain numpy on a part of it."""
    from pas.bench.portfolio import bench_portfolio

    with progress("bench portfolio", 4 * rounds) as tick:
        speed = bench_portfolio(things=things, scenarios=scenarios, rounds=rounds, tick=tick)
    if as_json:
        print_json(speed.document())
        return
    print_table(
        f"{things:,} things under {scenarios:,} scenarios; {speed.peak_memory:,} MiB at most, "
        f"compiled in {speed.compiling:.1f} s",
        [
            {
                "road": road.road,
                "things": f"{road.things:,}",
                "seconds": f"{road.seconds:.3g}",
                "pairs/s": f"{road.pairs_per_second:,.3g}",
                "x plain numpy": f"{road.ratio:.3g}",
                "off by": "" if road.greatest_difference is None else f"{road.greatest_difference:.1e}",
            }
            for road in speed.roads
        ],
    )


@app.command()
@refuses
def bill(
    contracts: Annotated[int, typer.Option("--contracts", min=100, max=10_000_000, help="So many.")] = 100_000,
    on: Annotated[str, typer.Option("--on", help="SQLite or PostgreSQL.")] = "SQLite",
    issue: Annotated[int, typer.Option("--issue", min=0, max=1_000_000, help="So many of them are issued.")] = 500,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure how long a month's bills take: drafts by column beside the raw insert of the same rows, and issuing."""
    from pas.bench.bill import bench_bill
    from pas.bench.storage.curve import stores
    from pas.settings import settings

    known = {name.lower(): name for name in stores()}
    if on.lower() not in known:
        raise typer.BadParameter(f"there is {' and '.join(known.values())} here", param_hint="--on")
    with progress("bench bill", contracts * 2) as tick:
        speed = bench_bill(
            contracts=contracts, on=known[on.lower()], issue=issue, tick=tick, peppol=settings().peppol_rules
        )
    if as_json:
        print_json(speed._asdict())
        return
    shown = [{"": name.replace("_", " "), "is": value} for name, value in speed._asdict().items()]
    print_table(f"{speed.store}: {contracts:,} contracts with three lines, seconds", shown)
