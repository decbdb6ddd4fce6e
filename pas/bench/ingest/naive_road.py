"""The naive road as a baseline: its own process, served by uvicorn as ours is, on SQLite."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pas.bench.ingest.bodies import ROWS
from pas.bench.ingest.measured import Measured, Road, different
from pas.bench.ingest.post import Door, post
from pas.bench.ingest.streams import OwnStream
from pas.bench.process import free_port, running
from pas.bench.sizes import sqlite_bytes

NAIVE = "naive service -> SQLite"
_APP = "pas.bench.ingest.naive:create"


@contextmanager
def naive(folder: Path, stream: OwnStream) -> Iterator[Road]:
    """Serve the naive road and post rows of JSON to it."""
    file, port, kept = folder / "naive.db", free_port(), [0]
    command = (sys.executable, "-m", "uvicorn", "--factory", _APP, "--port", str(port), "--log-level", "warning")
    with running(command, port=port, path="/openapi.json", environment={"NAIVE_DATABASE": str(file)}) as pid:
        door = Door(port, "/readings", lambda _sender: {}, [pid])

        def measure(turn: int) -> Measured:
            batches = stream(turn)
            kept[0] += different(batches)
            return post(door, batches, ROWS, connections=stream.plan.senders).measured

        says = "FastAPI, pydantic model, pint quantity and SQLModel object a reading, a commit a POST, nothing refused"
        yield Road(NAIVE, says, measure, bytes_a_reading=lambda: sqlite_bytes(file) / kept[0])
