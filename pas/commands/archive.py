"""`pas archive`: the readings of cold months, in Parquet files."""

from typing import TYPE_CHECKING, Annotated

import typer

from pas import clock
from pas.terminal import AsJson, TenantSlug, print_json, print_table, progress, refuses

if TYPE_CHECKING:
    from pas.db import Database
    from pas.keep_archive import Archived


@refuses
def archive(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would move.")] = False,
    after_months: Annotated[
        int | None, typer.Option("--after-months", min=1, max=1200, help="Instead of PAS_ARCHIVE_AFTER_MONTHS.")
    ] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Move the readings of cold months to Parquet files in HOME/archive, of every tenant or of one.

    Each file is read back and held against the database before a row is emptied. Rollups stay in the database,
    and every question is answered as before.
    """
    from pas.commands.frame import opened
    from pas.settings import settings

    months = settings().archive_after_months if after_months is None else after_months
    with opened() as database:
        done = [
            {"tenant": slug, **_of_one(database, number, months=months, dry_run=dry_run)._asdict()}
            for slug, number in _tenants(database, tenant)
        ]
    document = {"after_months": months, "dry_run": dry_run, "tenants": done}
    if as_json:
        print_json(document)
    else:
        print_table("would move" if dry_run else "moved", done)


def _of_one(database: "Database", tenant_id: int, *, months: int, dry_run: bool) -> "Archived":
    from pas.keep_archive import archive_months, what_is_due

    due = what_is_due(database, tenant_id, after_months=months, now=clock.now())
    if dry_run:
        return due
    with progress("days", due.days) as tick:
        return archive_months(database, tenant_id, after_months=months, now=clock.now(), tick=tick)


def _tenants(database: "Database", slug: str | None) -> list[tuple[str, int]]:
    from pas.found_tenant import tenants

    if slug is not None:
        return [(slug, database.tenant_id(slug))]
    return [(one.slug, one.id or 0) for one in tenants(database)]
