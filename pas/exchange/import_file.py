"""Take a file with transactions of its own: one for all rows, but one a batch for readings."""

from datetime import datetime
from typing import BinaryIO

from lifecycle.actor import Actor
from pas.db import Database
from pas.exchange.import_rows import import_rows
from pas.exchange.kind import NOTHING_SAID, Options
from pas.exchange.report import ImportReport
from pas.exchange.trial import Progress


def import_file(
    database: Database,
    tenant_id: int,
    *,
    kind: str,
    file: BinaryIO,
    file_name: str,
    dry_run: bool,
    now: datetime,
    by: Actor,
    options: Options = NOTHING_SAID,
    progress: Progress | None = None,
) -> ImportReport:
    """Take a file and commit. Readings are committed batch by batch: what was killed halfway is completed by a rerun.

    Raises what `import_rows` raises.
    """
    if kind == "readings":
        from pas.exchange.import_readings import import_readings  # noqa: PLC0415 - heavy, and only for readings

        return import_readings(
            database,
            tenant_id,
            file=file,
            file_name=file_name,
            dry_run=dry_run,
            now=now,
            by=by,
            options=options,
            progress=progress,
        )
    with database.writing(tenant_id) as session:
        return import_rows(
            session,
            kind=kind,
            file=file,
            file_name=file_name,
            dry_run=dry_run,
            now=now,
            by=by,
            options=options,
            progress=progress,
        )
