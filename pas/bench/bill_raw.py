"""The raw insert of drafts by the driver alone: SQLite's executemany, PostgreSQL's COPY, from rows made beforehand."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from billing.bill_run_tables import DraftLineRecord, DraftRecord
from billing.write_drafts import DRAFT_COLUMNS, LINE_COLUMNS, DraftRows
from pas.bench.bill_fleet import NEXT
from pas.bench.sizes import connected
from pas.db import Database

Table = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]
_DRAFTED_AT = "2026-03-01 00:00:00.000000"


def raw_insert(database: Database, tenant_id: int, rows: DraftRows, start: Callable[[], None]) -> None:
    """Put the same rows under the next month, in one transaction; `start` is called when the rows are ready."""
    head, month = (tenant_id, NEXT.start.isoformat()), ("tenant_id", "period_start")
    tables: list[Table] = [
        (
            DraftRecord.__tablename__,
            (*month, *DRAFT_COLUMNS, "drafted_at"),
            [(*head, *row, _DRAFTED_AT) for row in rows.drafts],
        ),
        (DraftLineRecord.__tablename__, (*month, *LINE_COLUMNS), [(*head, *row) for row in rows.lines]),
    ]
    write = _in_sqlite if database.is_sqlite else _in_postgresql
    write(database, tables, start)


def _in_sqlite(database: Database, tables: Sequence[Table], start: Callable[[], None]) -> None:
    with closing(sqlite3.connect(str(database.engine.url.database), isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-64000"):
            connection.execute(f"PRAGMA {pragma}")
        start()
        connection.execute("BEGIN IMMEDIATE")
        for name, columns, rows in tables:
            marks = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names
            connection.executemany(statement, rows)
        connection.execute("COMMIT")


def _in_postgresql(database: Database, tables: Sequence[Table], start: Callable[[], None]) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    with connected(url) as connection, connection.cursor() as cursor:
        start()
        for name, columns, rows in tables:
            with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        connection.commit()
