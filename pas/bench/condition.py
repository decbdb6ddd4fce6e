"""How long it takes to assess a whole fleet anew: reading, computing and writing, in a real database on a real disk.

As many processes work at it as the worker would start for a queue of that length on the processors at hand.

The fleet is drawn: ten products of two to four components, things of up to six years, inspected twice each. It is
assessed twice: for the first time, when every thing gets its first grade and so waits on for alerts and route; and a
week later, when every condition is new again and few grades changed.
"""

import gc
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import delete, insert, literal
from sqlmodel import Session, col, select

from lifecycle.asset import AssetStatus
from lifecycle.inspection import InspectionSource
from lifecycle.product import Product
from lifecycle.reassess_fleet import AT_ONCE
from lifecycle.tables import AssetRecord, InspectionRecord, ProductRecord, ReassessmentRecord
from pas import clock
from pas.assess_long_queue import Chunk, assess_long_queue, processes_for
from pas.bench.storage.curve import opened
from pas.db import Database
from pas.found_tenant import found_tenant
from telemetry.identity import new_ids
from telemetry.tables import tenant_of

PRODUCTS, LOOKS, LOT = 10, 2, 20_000
_STEPS = ("waited", "taken", "read", "computed", "written", "committed")
_LETTERS = "ABCDE"
_WEEK = timedelta(days=7)
_SOURCES = (InspectionSource.APP, InspectionSource.DESK, InspectionSource.SPREADSHEET)


class Pass(NamedTuple):
    """One pass over the fleet, in seconds; those of the steps and `cpu` are the sum over all processes.

    `waiting` is for the turn to write; `cpu` does not hold that of PostgreSQL.
    """

    name: str
    assessed: int
    wait_on: int
    waiting: float
    taking: float
    reading: float
    computing: float
    writing: float
    committing: float
    cpu: float
    seconds: float


class ConditionSpeed(NamedTuple):
    """Both passes, and the most memory that all processes together held, in mebibytes."""

    store: str
    assets: int
    at_once: int
    processes: int
    passes: list[Pass]
    peak_memory: int

    def document(self) -> dict[str, Any]:
        """Give it as plain names and values."""
        return self._asdict() | {"passes": [one._asdict() for one in self.passes]}


def bench_condition(*, assets: int, on: str, tick: Callable[[int], None]) -> ConditionSpeed:
    """Measure in a temporary folder, which is gone afterwards."""
    with TemporaryDirectory(prefix="pas-bench-") as folder, ExitStack() as stack:
        database, _ = opened(stack, Path(folder), on)
        now = clock.now()
        tenant_id = found_tenant(database, slug="bench", name="Bench", now=now)
        products = _products(database, tenant_id)
        for lot in range(0, assets, LOT):
            with database.writing(tenant_id) as session:
                _fill(session, products, min(LOT, assets - lot), lot, now)
            tick(min(LOT, assets - lot))
        passes, memory = [], 0
        processes = processes_for(assets)
        for name, at in (("first", now), ("a week later", now + _WEEK)):
            with database.writing(tenant_id) as session:
                _queue(session, at)
            one, held = _pass(database, tenant_id, name, at, processes, tick)
            passes.append(one)
            memory = max(memory, held)
    return ConditionSpeed(on, assets, AT_ONCE, processes, passes, memory)


def _pass(
    database: Database, tenant_id: int, name: str, now: datetime, processes: int, tick: Callable[[int], None]
) -> tuple[Pass, int]:
    """Assess all that waits, as the worker does; give also the most memory that the processes held."""
    chunks: list[Chunk] = []
    gc.collect()
    began, cpu = perf_counter(), process_time()
    for chunk in assess_long_queue(database, tenant_id, now=now, processes=processes):
        chunks.append(chunk)
        tick(chunk.done.taken)
    seconds, own = perf_counter() - began, process_time() - cpu
    last = {chunk.process: chunk for chunk in chunks}
    others = [chunk for process, chunk in last.items() if process != os.getpid()]
    steps = [sum(chunk.seconds.get(step, 0.0) for chunk in chunks) for step in _STEPS]
    spent = (round(some, 2) for some in (*steps, own + sum(one.cpu for one in others), seconds))
    assessed, wait_on = (sum(getattr(chunk.done, name) for chunk in chunks) for name in ("assessed", "wait_on"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 + sum(one.peak_memory for one in others)
    return Pass(name, assessed, wait_on, *spent), memory


def _products(database: Database, tenant_id: int) -> list[ProductRecord]:
    with database.writing(tenant_id) as session:
        made = [_product(tenant_id, number) for number in range(PRODUCTS)]
        session.add_all(made)
        return made


def _product(tenant_id: int, number: int) -> ProductRecord:
    parts = [
        {"component": f"part{place}", "weight": place + 1, "question": {"en": "How is it?"}}
        for place in range(2 + number % 3)
    ]
    facts = {"code": f"B{number}", "name": f"Product {number}", "trade": "bench", "price_new": "500"}
    product = Product.model_validate(facts | {"rated_years": 6 + number, "checklist": parts})
    return ProductRecord.model_validate(product, update={"tenant_id": tenant_id})


def _fill(session: Session, products: list[ProductRecord], count: int, first: int, now: datetime) -> None:
    """Draw some things and what was seen of them."""
    chance = np.random.default_rng(2026 + first)
    ids = [UUID(one) for one in new_ids(count)]
    ages = chance.integers(200, 6 * 365, count)
    things = [
        {
            "tenant_id": tenant_of(session),
            "id": asset_id,
            "serial": f"B{first + place:08}",
            "public_id": f"urn:bench:{first + place:08}",
            "product_id": products[(first + place) % PRODUCTS].id,
            "owner": "",
            "status": AssetStatus.IN_SERVICE,
            "place": "",
            "in_service_on": (now - timedelta(days=int(ages[place]))).date(),
            "registered_at": now,
            "history_length": 0,
            "history_head": "",
        }
        for place, asset_id in enumerate(ids)
    ]
    session.execute(insert(AssetRecord), things)
    for some in _looks(session, products, ids, ages, first, chance, now):
        session.execute(insert(InspectionRecord), some)


def _looks(
    session: Session,
    products: list[ProductRecord],
    ids: list[UUID],
    ages: Any,
    first: int,
    chance: np.random.Generator,
    now: datetime,
) -> Iterator[list[dict[str, Any]]]:
    """Draw what was seen of them, the older look first; what an inspection holds beside its grades is nothing."""
    known: dict[str, Any] = {
        "id": ids[0],
        "asset_id": ids[0],
        "inspected_at": now,
        "source": InspectionSource.APP,
        "recorded_at": now,
    }
    blank = InspectionRecord.model_construct(**known, tenant_id=tenant_of(session)).model_dump(warnings=False)
    places = (np.arange(len(ids)) + first) % PRODUCTS
    years = np.array([product.rated_years for product in products])[places]
    names = [[str(item["component"]) for item in product.checklist] for product in products]
    for look in range(LOOKS):
        shares = chance.uniform(0.3 + 0.4 * look, 0.65 + 0.3 * look, len(ids))
        worn = 80 * ages * shares / 365 / years
        off = chance.normal(0, 6, (len(ids), 4))
        ranks = np.clip((worn[:, None] + off) // 20, 0, 4).astype(int).tolist()
        days = (ages * (1 - shares)).tolist()
        yield [
            blank
            | {
                "id": UUID(id_),
                "asset_id": asset_id,
                "inspected_at": now - timedelta(days=days[place]),
                "source": _SOURCES[place % len(_SOURCES)],
                "grades": {name: _LETTERS[rank] for name, rank in zip(names[product], ranks[place], strict=False)},
            }
            for place, (asset_id, id_, product) in enumerate(zip(ids, new_ids(len(ids)), places.tolist(), strict=True))
        ]


def _queue(session: Session, now: datetime) -> None:
    """Let every thing wait."""
    session.execute(delete(ReassessmentRecord))
    named = ["tenant_id", "asset_id", "since", "cause"]
    since = literal(now, ReassessmentRecord.__table__.c.since.type)  # type: ignore[attr-defined]
    everything = select(col(AssetRecord.tenant_id), col(AssetRecord.id), since, literal("bench"))
    session.execute(insert(ReassessmentRecord).from_select(named, everything))
