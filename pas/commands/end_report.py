"""`pas end-report`: what the things of ending contracts will be worth."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pas.terminal import AsJson, TenantSlug, err, in_a_folder, print_json, print_table, refuses

PeriodText = Annotated[
    str, typer.Argument(metavar="PERIOD", help="2026, 2026-Q4, 2026-10, or two months with a slash: 2026-10/2027-04.")
]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="What was known on this day; else today.")
]
CsvFile = Annotated[
    Path | None, typer.Option("--csv", help="Write the things to this csv file.", dir_okay=False, callback=in_a_folder)
]

SHOWN = ("contract", "serial", "product", "last_day", "grade", "p10", "p50", "p90", "straight_line", "route")


@refuses
def end_report(
    period: PeriodText,
    *,
    as_of: AsOf = None,
    csv_file: CsvFile = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Value every thing whose last contract day lies in a period; quantiles are not added up."""
    from billing.contract_life.ending import as_csv, report
    from billing.end_report import end_report as value
    from billing.period import read_period
    from pas.commands.frame import reading

    asked = read_period(period)
    with reading(tenant) as work:
        known = min(as_of.date() if as_of else work.now.date(), work.now.date())
        lines = value(work.session, start=asked.start, end=asked.end, as_of=known, now=work.now)
    made = report(lines, start=asked.start, end=asked.end, as_of=known)
    if csv_file is not None:
        csv_file.write_text(as_csv(lines), encoding="utf-8")
        err.print(f"{len(lines)} things are in {csv_file}", highlight=False)
    if as_json:
        print_json(made)
        return
    print_table(f"Ending {asked.start} to {asked.end}", [line.model_dump(include=set(SHOWN)) for line in made.lines])
    print_table("Totals", [total.model_dump() for total in made.totals])
    err.print(made.note, highlight=False)
