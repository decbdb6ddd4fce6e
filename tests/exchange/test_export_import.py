"""What goes out comes in again with no change: every kind, every format, both databases."""

import io
from datetime import datetime

import pytest

from lifecycle.actor import Actor
from pas.db import Database
from pas.exchange import export_rows, import_file
from pas.exchange.kinds import NAMES
from pas.found_tenant import found_tenant
from tests.exchange.conftest import FILES, fill

FORMATS = ("csv", "xlsx", "parquet", "csv.gz")


def _export(database: Database, tenant_id: int, kind: str, form: str) -> tuple[int, bytes]:
    file = io.BytesIO()
    with database.reading(tenant_id) as session:
        rows = export_rows(session, kind=kind, file=file, format=form)
    return rows, file.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_imports_again_with_no_change(
    database: Database, house: int, now: datetime, actor: Actor, form: str
) -> None:
    for kind in NAMES:
        rows, data = _export(database, house, kind, form)
        report = import_file(
            database,
            house,
            kind=kind,
            file=io.BytesIO(data),
            file_name=f"x.{form}",
            dry_run=True,
            now=now,
            by=actor,
        )
        assert (report.kind, report.rows, report.unchanged) == (kind, rows, rows), report


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_fills_an_empty_house_with_the_same(
    database: Database, house: int, now: datetime, actor: Actor, form: str
) -> None:
    empty = found_tenant(database, slug="empty", name="Empty", now=now)
    files = {kind: (f"sales.{form}", _export(database, house, kind, form)[1]) for kind in FILES}

    reports = fill(database, empty, now=now, by=actor, files=files)

    assert {kind: (report.new, report.refused) for kind, report in reports.items()} == {
        kind: (report.rows, 0) for kind, report in reports.items()
    }
    for kind in FILES:
        assert _export(database, empty, kind, "csv") == _export(database, house, kind, "csv")
