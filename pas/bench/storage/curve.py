"""Take ever more readings in, compact them as the worker does, and write down rate and bytes at each mark."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

from pas import clock, schema
from pas.bench.ingest import postgresql
from pas.bench.ingest.ours import compact_all, register_things
from pas.bench.ingest.store import arrived
from pas.bench.ingest.stream import METRICS, Batch, batches, fleet, report
from pas.bench.service import SLUG
from pas.bench.sizes import postgresql_bytes, sqlite_bytes
from pas.bench.storage.read_back import ReadBack, read_back
from pas.db import Database
from pas.found_tenant import found_tenant
from telemetry.delivery import Delivery
from telemetry.ingest import ingest_all
from telemetry.moment import DAY, micros

MILLION = 1_000_000
MARKS = (1, 3, 10, 30, 100)
"""Millions of readings at which the curve has a point."""
MINUTES = 2_000
"""So long, at least, does each thing of the fleet report: a whole day and a part of the next."""
_TOGETHER, _SENDERS, _SIZE = 100, 4, 10_000
"""So many things report at once, in deliveries of such a size; then the next ones come into the fleet."""
_COMPACTED_EVERY = 1_000_000
_GOALS = {"SQLite": 4.0, "PostgreSQL": 5.0}


class Point(NamedTuple):
    """The state at one mark; rates are those since the mark before."""

    readings: int
    series: int
    rate: float
    """Readings a second into the journal, repeated ones included."""
    rate_rolled_up: float
    """Readings a second until they are compacted and rolled up."""
    bytes_a_reading: float


class Curve(NamedTuple):
    """One database from the first mark to the last."""

    store: str
    goal_bytes: float
    points: list[Point]
    read_back: ReadBack | None

    def document(self) -> dict[str, Any]:
        """Give it as plain names and values."""
        told = self.read_back
        ways = None if told is None else told._asdict() | {"ways": [way._asdict() for way in told.ways]}
        return self._asdict() | {"points": [point._asdict() for point in self.points], "read_back": ways}


@dataclass
class _Count:
    """What was done so far, and since the last mark."""

    kept: int = 0
    delivered: int = 0
    ingesting: float = 0.0
    compacting: float = 0.0
    points: list[Point] = field(default_factory=list)

    def mark(self, series: int, size: float) -> None:
        whole = self.ingesting + self.compacting
        self.points.append(
            Point(self.kept, series, self.delivered / self.ingesting, self.delivered / whole, size / self.kept)
        )
        self.delivered, self.ingesting, self.compacting = 0, 0.0, 0.0


def marks(readings: int) -> list[int]:
    """Give the numbers of readings at which there is a point.

    >>> marks(5_000_000)
    [1000000, 3000000, 5000000]
    """
    return [mark * MILLION for mark in MARKS if mark * MILLION < readings] + [readings]


def stores() -> list[str]:
    """Give the databases that can be measured here."""
    return ["SQLite", *(["PostgreSQL"] if postgresql.at_hand() else [])]


def bench_storage(
    *, readings: int, series: int, on: Sequence[str], read: int, tick: Callable[[int], None]
) -> list[Curve]:
    """Draw the curve for each database in a temporary folder, which is gone afterwards."""
    found = []
    for store in on:
        with TemporaryDirectory(prefix="pas-bench-") as folder, ExitStack() as stack:
            database, size = opened(stack, Path(folder), store)
            points = _points(database, size, readings=readings, series=series, tick=tick)
            told = read_back(database, Path(folder), _start(), days=read) if read else None
            found.append(Curve(store, _GOALS[store], points, told))
    return found


def opened(stack: ExitStack, folder: Path, store: str) -> tuple[Database, Callable[[], int]]:
    """Open an empty database of ours in a folder; give it with what tells its bytes."""
    if store == "SQLite":
        file = folder / "pas.db"
        database = stack.enter_context(Database(f"sqlite:///{file}"))
        schema.upgrade(database)
        return database, lambda: sqlite_bytes(file)
    server = stack.enter_context(postgresql.server(folder))
    url = stack.enter_context(postgresql.database(server, "pas"))
    database = stack.enter_context(Database(url.replace("postgresql://", "postgresql+psycopg://")))
    schema.upgrade(database)
    return database, lambda: postgresql_bytes(url)


def _points(
    database: Database, size: Callable[[], int], *, readings: int, series: int, tick: Callable[[int], None]
) -> list[Point]:
    minutes = max(MINUTES, readings // series)
    things = max(1, readings // (minutes * len(METRICS)))
    tenant_id = found_tenant(database, slug=SLUG, name="Bench", now=clock.now())
    count, waiting, at = _Count(), marks(readings), 0
    empty = 0
    for first in range(0, things, _TOGETHER):
        assets = fleet(first, min(_TOGETHER, things - first))
        with database.writing(tenant_id) as session:
            register_things(session, assets, prefix=f"B{first}")
        empty = empty or size()
        stream = _stream(first, len(assets), minutes)
        while group := list(islice(stream, _SENDERS)):
            _take(database, tenant_id, group, count)
            at += sum(len(one) for one in group)
            tick(sum(len(one) for one in group if not one.repeated))
            if at >= _COMPACTED_EVERY:
                _roll_up(database, tenant_id, count)
                at = 0
        if count.kept >= waiting[0] * 0.99 or first + _TOGETHER >= things:
            _roll_up(database, tenant_id, count)
            count.mark((first + len(assets)) * len(METRICS), size() - empty)
            waiting = waiting[1:] or [readings]
    return count.points


def _start() -> int:
    """Give the midnight some months ago at which everything begins."""
    began = micros(clock.now() - timedelta(days=300))
    return began - began % DAY


def _stream(first: int, things: int, minutes: int) -> Iterator[Batch]:
    seen = report(fleet(first, things), minutes=minutes, start=_start())
    return batches(seen, senders=min(_SENDERS, things), size=_SIZE)


def _take(database: Database, tenant_id: int, group: Sequence[Batch], count: _Count) -> None:
    """Store what several senders delivered at the same moment in one transaction, as the service does."""
    made = [Delivery(arrived(batch), None, "bench") for batch in group]
    began = perf_counter()
    with database.writing(tenant_id) as session:
        taken = ingest_all(session, deliveries=made, now=clock.now())
    count.ingesting += perf_counter() - began
    count.kept += sum(one.taken for one in taken)
    count.delivered += sum(map(len, group))


def _roll_up(database: Database, tenant_id: int, count: _Count) -> None:
    began = perf_counter()
    compact_all(database, tenant_id)
    count.compacting += perf_counter() - began
