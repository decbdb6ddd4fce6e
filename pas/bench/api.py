"""How fast the real service writes and reads under many callers, beside the bare database doing the same writes.

The baseline is SQLite alone: as many threads, each row its own `BEGIN IMMEDIATE` transaction with full sync, no HTTP,
no history, no audit. Both run in turn on the same disk; absolute figures depend on the machine, the ratio less so.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter
from typing import NamedTuple

from pas import clock, schema
from pas.bench.service import Service, serving
from pas.db import Database

THREADS = 16
EACH = 10
"""Writes of each thread in a round."""


class ApiSpeed(NamedTuple):
    """Medians over the rounds: writes a second, and how long a reader of a list waits meanwhile, in milliseconds."""

    threads: int
    rounds: int
    writes_per_second: float
    baseline_writes_per_second: float
    ratio: float
    read_p50_ms: float
    read_p99_ms: float


def bench_api(*, rounds: int, tick: Callable[[int], None]) -> ApiSpeed:
    """Measure on a fresh SQLite database in a temporary folder, which is gone afterwards."""
    with TemporaryDirectory() as folder, Database(f"sqlite:///{folder}/pas.db") as database:
        schema.ensure(database)
        bare = Path(folder) / "bare.db"
        with closing(sqlite3.connect(bare)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE site (id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT)")
        writes, baseline, waits = [], [], []
        with serving(database, now=clock.now()) as service:
            for turn in range(rounds):
                with _reading_meanwhile(service) as waited:
                    writes.append(_rate(lambda name: _post_sites(service, name), f"r{turn}"))
                waits += waited
                baseline.append(_rate(lambda name: _insert_sites(bare, name), f"r{turn}"))
                tick(1)
    shares = [mine / bare_rate for mine, bare_rate in zip(writes, baseline, strict=True)]
    cuts = quantiles(waits, n=100)
    return ApiSpeed(THREADS, rounds, median(writes), median(baseline), median(shares), cuts[49] * 1000, cuts[98] * 1000)


def _rate(write: Callable[[str], None], name: str) -> float:
    """Let every thread write its share at once; give writes a second."""
    with ThreadPoolExecutor(THREADS) as pool:
        began = perf_counter()
        list(pool.map(write, [f"{name}-{thread}" for thread in range(THREADS)]))
        return THREADS * EACH / (perf_counter() - began)


def _post_sites(service: Service, name: str) -> None:
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        for number in range(EACH):
            body = json.dumps({"code": f"{name}-{number}", "name": "A site"})
            connection.request("POST", "/api/v1/sites", body, service.headers | {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != HTTP_CREATED:
                msg = f"a write was answered with {answer.status}"
                raise RuntimeError(msg)


def _insert_sites(file: Path, name: str) -> None:
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        for number in range(EACH):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO site (code, name) VALUES (?, 'A site')", (f"{name}-{number}",))
            connection.execute("COMMIT")


@contextmanager
def _reading_meanwhile(service: Service) -> Iterator[list[float]]:
    """Read a page of the list again and again beside the block; give the seconds that each read took."""
    stop, waited = Event(), list[float]()

    def read() -> None:
        with closing(HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
            while not stop.is_set():
                began = perf_counter()
                connection.request("GET", "/api/v1/sites?limit=50", headers=service.headers)
                connection.getresponse().read()
                waited.append(perf_counter() - began)

    reader = Thread(target=read)
    reader.start()
    try:
        yield waited
    finally:
        stop.set()
        reader.join()


HTTP_CREATED = 201
