"""Assess a long queue in bulk: chunk after chunk, in several processes where it is very long, each chunk kept at once.

Chunks are taken in hand and kept in short transactions of their own; while one process writes, the others read and
compute. A process that is killed leaves its chunk to the ordinary road.
"""

import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Event
from time import perf_counter, process_time
from typing import NamedTuple

from sqlmodel import Session

from lifecycle.reassess_fleet import AT_ONCE, FleetReassessed, conclude, keep, take_in_hand
from pas.db import Database

BESIDE_FROM = 100_000
"""So many waiting things are worth the start of further processes."""
MOST_PROCESSES = 4
_ENDS_WITHIN = 60.0


class Chunk(NamedTuple):
    """What became of one chunk, how many seconds each step took, and what its process used so far."""

    done: FleetReassessed
    process: int
    seconds: dict[str, float]
    cpu: float
    peak_memory: int
    """Mebibytes."""


class Task(NamedTuple):
    """What another process needs to know: how to open the same database, and what to do there."""

    url: str
    archive: Path | None
    photos: Path | None
    tenant_id: int
    now: datetime
    at_once: int


class Watch:
    """Write down how long each step takes."""

    def __init__(self) -> None:
        """Begin now."""
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, step: str) -> None:
        """End a step, and begin the next."""
        now = perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._last
        self._last = now


def processes_for(waiting: int) -> int:
    """Say how many processes a queue is worth, on the processors that there are."""
    return min(MOST_PROCESSES, len(os.sched_getaffinity(0))) if waiting >= BESIDE_FROM else 1


def assess_long_queue(
    database: Database,
    tenant_id: int,
    *,
    now: datetime,
    processes: int = 1,
    at_once: int = AT_ONCE,
    halt: Event | None = None,
) -> Iterator[Chunk]:
    """Assess in bulk until nothing is left to be taken in hand, or until told to stop, and tell of each chunk.

    What other processes leave, for they failed, is done in this one, which raises where it cannot be done.
    """
    stop = halt or Event()
    if processes > 1:
        task = Task(database.url, database.archive, database.photos, tenant_id, now, at_once)
        yield from _beside(task, processes, stop)
    for chunk in _chunks(database, tenant_id, now, at_once) if not stop.is_set() else ():
        yield chunk
        if stop.is_set():
            return


def _chunks(database: Database, tenant_id: int, now: datetime, at_once: int) -> Iterator[Chunk]:
    """Conclude chunk after chunk; the next is taken with the keeping of the last, behind it, so that none waits twice.

    To look again for what is before the last would take ever longer.
    """
    watch = Watch()
    with _writing(database, tenant_id, watch) as session:
        in_hand = take_in_hand(session, limit=at_once)
    while in_hand is not None:
        with database.reading(tenant_id) as session:
            concluded = conclude(session, in_hand, now=now, lap=watch.lap)
        with _writing(database, tenant_id, watch) as session:
            done = keep(session, concluded, now=now, lap=watch.lap)
            in_hand = take_in_hand(session, limit=at_once, after=in_hand.last)
            watch.lap("taken")
        yield Chunk(done, os.getpid(), watch.seconds, process_time(), _peak_memory())
        watch = Watch()


@contextmanager
def _writing(database: Database, tenant_id: int, watch: Watch) -> Iterator[Session]:
    """Write, and tell how long that waited for its turn, and how long it took to be committed."""
    with database.writing(tenant_id) as session:
        session.connection()
        watch.lap("waited")
        yield session
    watch.lap("committed")


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _beside(task: Task, processes: int, stop: Event) -> Iterator[Chunk]:
    """Give what other processes tell, until each of them came to its end."""
    with ExitStack() as stack:
        told = [stack.enter_context(_started(task)) for _ in range(processes)]
        while told and not stop.is_set():
            for one in wait(told, timeout=1.0):
                if isinstance(one, Connection):
                    try:
                        yield one.recv()
                    except EOFError:
                        told.remove(one)


@contextmanager
def _started(task: Task) -> Iterator[Connection]:
    """Start a process that works until nothing is left; one that still works behind the block is ended.

    It is started anew, not forked, for a fork would share our connections with the database.
    """
    beginning = get_context("spawn")
    told, tells = beginning.Pipe(duplex=False)
    process = beginning.Process(target=_work, args=(task, tells), daemon=True)
    with closing(told):
        process.start()
        tells.close()
        try:
            yield told
        finally:
            process.terminate()
            process.join(_ENDS_WITHIN)
            process.close()


def _work(task: Task, tells: Connection) -> None:
    """Work in a process of its own; where nobody listens any more, end after the chunk."""
    with closing(tells), Database(task.url, archive=task.archive, photos=task.photos) as database:
        for chunk in _chunks(database, task.tenant_id, task.now, task.at_once):
            tells.send(chunk)
