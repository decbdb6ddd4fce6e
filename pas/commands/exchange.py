"""`pas import` and `pas export`: every kind as csv, xlsx or parquet."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pas.terminal import AsJson, TenantSlug, err, in_a_folder, out, print_json, print_table, progress, refuses

if TYPE_CHECKING:
    from pas.exchange.report import ImportReport

_KINDS = "materials, products, parts, checklists, sites, customers, assets, contracts, inspections, sales or readings"
Kind = Annotated[str, typer.Argument(help=_KINDS, metavar="KIND")]
_MOST_PRINTED = 20


@refuses
def import_(
    kind: Kind,
    file: Annotated[Path, typer.Argument(help="A .csv, .csv.gz, .xlsx or .parquet file.", exists=True, dir_okay=False)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen and change nothing.")] = False,
    refused: Annotated[
        Path | None,
        typer.Option(
            "--refused", help="Write the refused rows here, with reasons.", dir_okay=False, callback=in_a_folder
        ),
    ] = None,
    missing: Annotated[
        list[str] | None, typer.Option("--missing", help="A number that means missing, such as 0.")
    ] = None,
    dates: Annotated[str, typer.Option("--dates", help="dmy or mdy: how 4/5/2026 is meant.")] = "",
    zone: Annotated[str, typer.Option("--zone", help="Time zone of moments that name none.")] = "UTC",
    source: Annotated[str, typer.Option("--source", help="Where it comes from; else the file's name.")] = "",
    asset: Annotated[str, typer.Option("--asset", help="Readings: whose they are, where no column says so.")] = "",
    metric: Annotated[list[str] | None, typer.Option("--metric", help="Readings: COLUMN=METRIC[:UNIT].")] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Take a file: good rows go in, bad ones are listed in words. The same file again changes nothing."""
    from pas import clock
    from pas.commands.frame import opened, operator, tenant_id
    from pas.exchange import Options, import_file

    options = Options(tuple(missing or ()), dates, zone, source, asset, tuple(metric or ()))
    with opened() as database, file.open("rb") as stream, progress(f"import {kind}", None) as done:
        report = import_file(
            database,
            tenant_id(database, tenant),
            kind=kind,
            file=stream,
            file_name=file.name,
            dry_run=dry_run,
            now=clock.now(),
            by=operator(),
            options=options,
            progress=done,
        )
    if refused is not None:
        with refused.open("w", encoding="utf-8", newline="") as kept:
            report.write_refused(kept)
    _print(report, as_json=as_json)
    if not report.took_something:
        raise typer.Exit(1)


def _print(report: "ImportReport", *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    counts = {name: getattr(report, name) for name in ("rows", "new", "changed", "unchanged", "refused")}
    print_table(f"{report.kind} from {report.file}" + (" (dry run)" if report.dry_run else ""), [counts])
    if report.reasons:
        print_table("Why", [{"why": why, "rows": count} for why, count in report.reasons.items()])
    if report.refusals:
        print_table("Refused", [refusal.model_dump() for refusal in report.refusals[:_MOST_PRINTED]])
    for note in report.notes:
        err.print(f"note: {note}", highlight=False, markup=False)


@refuses
def export(
    kind: Kind,
    file: Annotated[
        Path,
        typer.Argument(help="Where to: a .csv, .csv.gz, .xlsx or .parquet file.", dir_okay=False, callback=in_a_folder),
    ],
    *,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Write all rows of a kind as a file that imports again with no change."""
    from pas.commands.frame import reading
    from pas.exchange import export_rows
    from pas.exchange.kinds import refuse_unknown_kind
    from pas.exchange.sheet import format_of

    refuse_unknown_kind(kind)
    form = format_of(file.name)
    part = file.with_name(f".{file.name}.part")
    try:
        with reading(tenant) as work, part.open("wb") as stream:
            rows = export_rows(work.session, kind=kind, file=stream, format=form)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    if as_json:
        print_json({"kind": kind, "file": file.name, "rows": rows})
    else:
        out.print(f"{rows} {kind} written to {file}")
