"""`pas readings`: how long single readings are kept."""

from typing import Annotated

import typer

from pas import clock
from pas.terminal import AsJson, TenantSlug, out, print_json, print_table, progress, refuses

app = typer.Typer(no_args_is_help=True, help="Single readings: forget those that are old enough.")


@app.callback()
def _group() -> None:
    """Keep `retire` a word of its own, as more will follow."""


@app.command()
@refuses
def retire(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be forgotten.")] = False,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Forget the single readings of metrics with `keep_days` that are older than that, also in the archive.

    Day rollups stay, and of counters the few readings that tell what they rose over whole days. This cannot be undone.
    """
    from pas.commands.frame import opened, operator, tenant_id
    from pas.keep_archive import forget_readings, what_may_be_forgotten

    with opened() as database:
        number = tenant_id(database, tenant)
        told = what_may_be_forgotten(database, number, now=clock.now())
        if not dry_run:
            with progress("days", told.days) as tick:
                told = forget_readings(database, number, now=clock.now(), by=operator(), tick=tick)
    document = {"dry_run": dry_run, **told._asdict(), "since": dict(told.since)}
    if as_json:
        print_json(document)
        return
    would = "would be forgotten" if dry_run else "forgotten"
    out.print(f"{told.readings} readings on {told.days} days {would}; their rollups stay")
    print_table("kept since", [{"metric": code, "day": day} for code, day in told.since.items()])
