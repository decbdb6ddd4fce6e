"""Our storing alone, without HTTP and without decoding: batches in columns into the database, then rolled up."""

from time import perf_counter, process_time

import numpy as np

from pas import clock
from pas.bench.ingest.measured import Measured, NotTakenIn, Road, delivered, different
from pas.bench.ingest.ours import Ours, compact_all, register_things
from pas.bench.ingest.stream import METRICS, UNITS, Batch
from pas.bench.ingest.streams import OwnStream
from pas.bench.process import cpu_seconds
from telemetry.delivery import Delivery
from telemetry.ingest import ingest_all
from telemetry.reading import Arrived, Stamps, Words


def store_road(on: Ours, name: str, stream: OwnStream, *, baseline: str, goal: float = 0.0) -> Road:
    """Store each delivery in a transaction of its own, then compact all: the ratio is that of both together."""
    known: list[str] = []

    def measure(turn: int) -> Measured:
        if not known:
            known.append(_register(on, stream))
        batches = stream(turn)
        made = [Delivery(arrived(batch), None, "bench") for batch in batches]
        began, cpu = perf_counter(), _spent(on)
        taken = 0
        for one in made:
            with on.database.writing(on.tenant_id) as session:
                taken += sum(found.taken for found in ingest_all(session, deliveries=[one], now=clock.now()))
        stored = perf_counter() - began
        compact_all(on.database, on.tenant_id)
        after = perf_counter() - began - stored
        _must_be(name, taken, different(batches))
        return Measured(delivered(batches), stored, _spent(on) - cpu, after)

    says = f"{on.says}; no HTTP: {stream.size:,} a transaction, synced, each once, then compacted with its rollups"
    return Road(name, says, measure, baseline, goal or None, on.bytes_a_reading, rolled_up=True)


def _register(on: Ours, stream: OwnStream) -> str:
    prefix = f"B{stream.number}"
    with on.database.writing(on.tenant_id) as session:
        register_things(session, stream.assets, prefix=prefix)
    return prefix


def arrived(batch: Batch) -> Arrived:
    """Give a delivery as our decoders do, series by series."""
    seen = batch.reported
    metrics, things, minutes = seen.value.shape
    count = seen.value.size
    none = np.zeros(count, dtype=bool)
    metric = np.repeat(np.arange(metrics), things * minutes)
    asset = np.tile(np.repeat(np.arange(things), minutes), metrics)
    at = np.broadcast_to(seen.at, seen.value.shape).ravel()
    return Arrived(
        Words(asset, [*map(str, seen.assets), ""]),
        Words(metric, [*METRICS, ""]),
        Words(metric, [*UNITS, ""]),
        Stamps(at.copy(), none, none),
        seen.value.ravel().copy(),
    )


def _must_be(name: str, taken: int, expected: int) -> None:
    if taken != expected:
        msg = f"{name}: {taken} readings were taken and {expected} should have been"
        raise NotTakenIn(msg)


def _spent(on: Ours) -> float:
    return process_time() + sum(map(cpu_seconds, on.pids[1:]))
