"""Baselines without a service: bytes appended to a file, and bare rows of SQLite without an index."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from pas.bench.ingest.measured import Measured, Road, Stream, delivered
from pas.bench.ingest.stream import METRICS, Batch
from pas.bench.process import size_of

APPEND, SQLITE_ROWS = "append and fdatasync", "SQLite rows without index"
_ROW = np.dtype([("series", "<i4"), ("at", "<i8"), ("value", "<f8")])


def table(batch: Batch) -> "np.ndarray[tuple[int], np.dtype[np.void]]":
    """Give a delivery as bare rows: the number of the series, the moment, the value."""
    seen = batch.reported
    shape = seen.value.shape
    rows = np.empty(seen.value.size, dtype=_ROW)
    first = np.array([asset.int % 1_000_000 for asset in seen.assets]) * len(METRICS)
    rows["series"] = np.broadcast_to(np.arange(len(METRICS))[:, None, None] + first[None, :, None], shape).ravel()
    rows["at"] = np.broadcast_to(seen.at, shape).ravel()
    rows["value"] = seen.value.ravel()
    return rows


@contextmanager
def append(folder: Path, stream: Stream) -> Iterator[Road]:
    """Append each delivery to a file and sync it: what the disk gives at the most."""
    file = os.open(folder / "append.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def measure(turn: int) -> Measured:
        batches = stream(turn)
        bodies = [table(batch).tobytes() for batch in batches]
        began, cpu = perf_counter(), process_time()
        for body in bodies:
            os.write(file, body)
            os.fdatasync(file)
        return Measured(delivered(batches), perf_counter() - began, process_time() - cpu)

    says = "20 bytes a reading to a file, synced once a delivery; nothing read, checked, counted or found again"
    try:
        yield Road(APPEND, says, measure, bytes_a_reading=lambda: float(_ROW.itemsize))
    finally:
        os.close(file)


@contextmanager
def sqlite_rows(folder: Path, stream: Stream) -> Iterator[Road]:
    """Insert each delivery by `executemany`, from tuples made beforehand, and commit it."""
    file, kept = folder / "rows.db", [0]
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"):
            connection.execute(statement)
        connection.execute("CREATE TABLE reading (series INTEGER, at INTEGER, value REAL)")

        def measure(turn: int) -> Measured:
            batches = stream(turn)
            bodies = [table(batch).tolist() for batch in batches]
            began, cpu = perf_counter(), process_time()
            for body in bodies:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO reading VALUES (?, ?, ?)", body)
                connection.execute("COMMIT")
            kept[0] += delivered(batches)
            return Measured(delivered(batches), perf_counter() - began, process_time() - cpu)

        says = "SQLite's own driver, WAL, full sync, no index, no key: duplicates stay, nothing is checked"
        yield Road(SQLITE_ROWS, says, measure, bytes_a_reading=lambda: size_of(file) / kept[0])
