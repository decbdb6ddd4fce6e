"""How many bytes a database really uses, on SQLite and on PostgreSQL."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

TABLES = ("reading_batch", "series_day", "series", "quarantined_reading")


def sqlite_bytes(file: Path) -> int:
    """Give the bytes of the pages in use: what compaction freed is written again before the file grows."""
    with closing(sqlite3.connect(file)) as connection:
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


def postgresql_bytes(url: str) -> int:
    """Give the bytes of the tables of telemetry, with their indexes and what is left of deleted rows."""
    with connected(url) as connection:
        connection.autocommit = True
        connection.execute("VACUUM")
        sizes = [
            connection.execute("SELECT coalesce(pg_total_relation_size(to_regclass(%s)), 0)", [name]).fetchone()
            for name in TABLES
        ]
    return sum(int(size) for (size,) in sizes)


def connected(url: str) -> Any:
    """Open a bare connection of the driver."""
    import psycopg  # noqa: PLC0415 - only where there is a server to speak to

    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"))
