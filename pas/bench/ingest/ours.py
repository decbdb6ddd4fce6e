"""Our own service on a database of its own: readings by HTTP in each form, then compaction with its rollups."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, func, select

from lifecycle.actor import SYSTEM
from lifecycle.asset import AssetStatus, NewAsset
from lifecycle.follow_readings import follow_readings
from lifecycle.product import Product
from lifecycle.register_assets import register_assets
from lifecycle.tables import ProductRecord
from pas import clock, schema
from pas.bench.ingest.bodies import Form
from pas.bench.ingest.measured import Measured, NotTakenIn, Road, delivered, different
from pas.bench.ingest.post import Door, Posted, post
from pas.bench.ingest.stream import Batch
from pas.bench.ingest.streams import OwnStream
from pas.bench.service import SLUG, serving
from pas.db import Database
from pas.devices import NewDevice, add_device
from telemetry.compact import compact
from telemetry.tables import SeriesDayRecord

_PATH = "/api/v1/readings"
_AT_ONCE = 500


class Ours(NamedTuple):
    """Our service at work on one database."""

    database: Database
    tenant_id: int
    port: int
    pids: tuple[int, ...]
    says: str
    size: Callable[[], int]
    """What the database uses now, in bytes."""
    at_first: int

    def bytes_a_reading(self) -> float:
        """Give what has been added to the empty database, for each reading there is."""
        with self.database.reading(self.tenant_id) as session:
            kept = session.exec(select(func.sum(SeriesDayRecord.count))).one()
        return (self.size() - self.at_first) / max(1, kept or 0)


@contextmanager
def ours(url: str, *, pids: tuple[int, ...], says: str, size: Callable[[], int]) -> Iterator[Ours]:
    """Serve an empty database; `pids` are the database's own processes."""
    with Database(url) as database:
        schema.upgrade(database)
        with serving(database, now=clock.now()) as service:
            tenant_id = database.tenant_id(SLUG)
            yield Ours(database, tenant_id, service.port, (service.pid, *pids), says, size, size())


def road(store: Ours, name: str, stream: OwnStream, form: Form, *, baseline: str = "", goal: float = 0.0) -> Road:
    """Let devices post in one form; each speaks for its own things and sends in order."""
    doors: list[Door] = []

    def measure(turn: int) -> Measured:
        if not doors:
            doors.append(_door(store, stream))
        batches = stream(turn)
        posted = post(doors[0], batches, form, connections=stream.plan.senders)
        _must_be_exact(name, posted, batches)
        began = perf_counter()
        compact_all(store.database, store.tenant_id)
        return posted.measured._replace(seconds_after=perf_counter() - began)

    says = f"{store.says}; {form.name} of {stream.size:,} by HTTP, {stream.plan.senders} devices at once"
    return Road(name, says, measure, baseline, goal or None, store.bytes_a_reading)


def compact_all(database: Database, tenant_id: int) -> None:
    """Do with all that was accepted what the worker does with it: look for alarms, then compact and roll up."""
    while _follow(database, tenant_id):
        pass
    while _compact(database, tenant_id):
        pass


def _follow(database: Database, tenant_id: int) -> bool:
    with database.writing(tenant_id) as session:
        return bool(follow_readings(session, now=clock.now()).batches)


def _compact(database: Database, tenant_id: int) -> bool:
    with database.writing(tenant_id) as session:
        return bool(compact(session).batches)


def _must_be_exact(name: str, posted: Posted, batches: list[Batch]) -> None:
    """Refuse to give a rate for readings that were lost or counted twice."""
    taken, sent = different(batches), delivered(batches)
    expected = {"taken": taken, "duplicates": sent - taken, "quarantined": 0}
    found = {word: posted.answers.get(word, 0) for word in expected}
    if found != expected:
        msg = f"{name}: the answers add up to {found} and should to {expected}"
        raise NotTakenIn(msg)


def _door(store: Ours, stream: OwnStream) -> Door:
    secrets = [device.secret for device in devices_of(store, stream)]
    return Door(store.port, _PATH, lambda sender: {"Authorization": f"Bearer {secrets[sender]}"}, store.pids)


class Gateway(NamedTuple):
    """A device that speaks for some things."""

    name: str
    secret: str


def devices_of(store: Ours, stream: OwnStream) -> list[Gateway]:
    """Register the things of a stream, and a device for each of its senders."""
    with store.database.writing(store.tenant_id) as session:
        register_things(session, stream.assets, prefix=f"B{stream.number}")
        return [_gateway(session, stream, sender) for sender in range(stream.plan.senders)]


def _gateway(session: Session, stream: OwnStream, sender: int) -> Gateway:
    new = NewDevice(name=f"gateway-{stream.number}-{sender}", asset_ids=list(stream.of_sender(sender)))
    return Gateway(new.name, add_device(session, new=new, now=clock.now(), by=SYSTEM).shown_once)


def register_things(session: Session, assets: list[UUID], *, prefix: str) -> None:
    """Register the things that will speak, under a product of their own."""
    facts = {"code": prefix, "name": "Thing", "trade": "bench", "price_new": "100", "rated_years": 5}
    record = ProductRecord.model_validate(
        Product.model_validate(facts), update={"tenant_id": session.info["tenant_id"]}
    )
    session.add(record)
    session.flush()
    for first in range(0, len(assets), _AT_ONCE):
        new = [
            NewAsset(
                id=one, serial=f"{prefix}-{one.int % 100_000}", product_id=record.id, status=AssetStatus.IN_SERVICE
            )
            for one in assets[first : first + _AT_ONCE]
        ]
        register_assets(session, new, now=clock.now(), by=SYSTEM)
