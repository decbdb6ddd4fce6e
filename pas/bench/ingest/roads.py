"""Every road that is measured: its stream, its store, the baseline that it is held against and what was promised."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from pas.bench.ingest import bare, bodies, mqtt_road, others, postgresql
from pas.bench.ingest.measured import Road
from pas.bench.ingest.naive_road import NAIVE, naive
from pas.bench.ingest.ours import Ours, ours, road
from pas.bench.ingest.store import store_road
from pas.bench.ingest.streams import OwnStream, Plan
from pas.bench.sizes import postgresql_bytes, sqlite_bytes

T = TypeVar("T")
_NAIVE_SHARE = 1 / 40
"""So much less is sent on the naive road, for it would take all day; it is a rate all the same."""
_SMALL, _LARGE = 1_000, 10_000


class Shop:
    """What the roads share, opened when the first of them asks for it and closed when the measurement ends."""

    def __init__(self, stack: ExitStack, folder: Path, plan: Plan) -> None:
        """Open nothing yet."""
        self.stack, self.folder, self.plan = stack, folder, plan
        self._streams = 0

    def enter(self, opened: AbstractContextManager[T]) -> T:
        """Keep something open until the end."""
        return self.stack.enter_context(opened)

    def stream(self, size: int, *, share: float = 1.0) -> OwnStream:
        """Give the next road a stream of its own."""
        self._streams += 1
        return OwnStream(self.plan, self._streams, size, share)

    @cached_property
    def server(self) -> postgresql.Server:
        """Start PostgreSQL."""
        return self.enter(postgresql.server(self.folder))

    @cached_property
    def sqlite(self) -> Ours:
        """Start our service on SQLite."""
        file = self.folder / "pas.db"
        says = "our service on SQLite, WAL, full sync"
        return self.enter(ours(f"sqlite:///{file}", pids=(), says=says, size=lambda: sqlite_bytes(file)))

    @cached_property
    def postgresql(self) -> Ours:
        """Start our service on PostgreSQL."""
        url = self.enter(postgresql.database(self.server, "pas"))
        ours_url = url.replace("postgresql://", "postgresql+psycopg://")
        says = f"our service on {self.server.says}"
        return self.enter(ours(ours_url, pids=(self.server.pid,), says=says, size=lambda: postgresql_bytes(url)))


class Spec(NamedTuple):
    """One road that can be measured here or not."""

    name: str
    open: Callable[[Shop, str], Road]
    at_hand: Callable[[], bool] = lambda: True
    baseline: str = ""


def _posted(form: bodies.Form, size: int, where: str, baseline: str = "", goal: float = 0.0) -> Spec:
    """Ask for one of our forms over HTTP into one of the databases."""

    def opened(shop: Shop, name: str) -> Road:
        store = shop.sqlite if where == "SQLite" else shop.postgresql
        return road(store, name, shop.stream(size), form, baseline=baseline, goal=goal)

    at_hand = postgresql.at_hand if where == "PostgreSQL" else (lambda: True)
    return Spec(f"{form.name} of {size:,} -> {where}", opened, at_hand, baseline)


def _stored(where: str, baseline: str, goal: float = 0.0) -> Spec:
    """Ask for our storing alone, rolled up."""

    def opened(shop: Shop, name: str) -> Road:
        store = shop.sqlite if where == "SQLite" else shop.postgresql
        return store_road(store, name, shop.stream(_LARGE), baseline=baseline, goal=goal)

    at_hand = postgresql.at_hand if where == "PostgreSQL" else (lambda: True)
    return Spec(f"store and roll up {_LARGE:,} -> {where}", opened, at_hand, baseline)


def _published(form: bodies.Form, size: int) -> Spec:
    """Ask for one of our forms by MQTT."""

    def opened(shop: Shop, name: str) -> Road:
        return shop.enter(mqtt_road.mqtt(shop.sqlite, name, shop.folder, shop.stream(size), form))

    return Spec(f"{form.name} of {size:,} by MQTT -> SQLite", opened, mqtt_road.at_hand)


def _influxdb(form: bodies.Form, size: int) -> Spec:
    def opened(shop: Shop, _name: str) -> Road:
        return shop.enter(others.influxdb(shop.folder, shop.stream(size), form))

    return Spec(others.named(others.INFLUXDB, form, size), opened, others.influxdb_at_hand)


def _victoria(form: bodies.Form, size: int) -> Spec:
    def opened(shop: Shop, _name: str) -> Road:
        return shop.enter(others.victoria_metrics(shop.folder, shop.stream(size), form))

    return Spec(others.named(others.VICTORIA, form, size), opened, others.victoria_at_hand)


SPECS = (
    Spec(NAIVE, lambda shop, _: shop.enter(naive(shop.folder, shop.stream(_SMALL, share=_NAIVE_SHARE)))),
    Spec(bare.APPEND, lambda shop, _: shop.enter(bare.append(shop.folder, shop.stream(_LARGE)))),
    Spec(bare.SQLITE_ROWS, lambda shop, _: shop.enter(bare.sqlite_rows(shop.folder, shop.stream(_LARGE)))),
    Spec(
        postgresql.COPY,
        lambda shop, _: shop.enter(postgresql.copied(shop.server, shop.stream(_LARGE))),
        postgresql.at_hand,
    ),
    Spec(
        postgresql.UNNEST,
        lambda shop, _: shop.enter(postgresql.unnested(shop.server, shop.stream(_LARGE))),
        postgresql.at_hand,
    ),
    _influxdb(bodies.LINES, _SMALL),
    _influxdb(bodies.LINES, _LARGE),
    _influxdb(bodies.DEVICE_LINES, _LARGE),
    _victoria(bodies.LINES, _LARGE),
    _posted(bodies.ROWS, _SMALL, "SQLite", NAIVE, 100),
    _posted(bodies.ROWS, _LARGE, "SQLite", NAIVE),
    _posted(bodies.ROWS, _SMALL, "PostgreSQL", postgresql.COPY),
    _posted(bodies.ROWS, _LARGE, "PostgreSQL", postgresql.COPY, 0.35),
    _posted(bodies.MESSAGES, _SMALL, "SQLite", NAIVE),
    _posted(bodies.MESSAGES, _LARGE, "SQLite", NAIVE),
    _posted(bodies.COLUMNS, _LARGE, "SQLite", NAIVE),
    _posted(bodies.LINES, _SMALL, "SQLite", others.named(others.INFLUXDB, bodies.LINES, _SMALL)),
    _posted(bodies.LINES, _LARGE, "SQLite", others.named(others.INFLUXDB, bodies.LINES, _LARGE), 2),
    _posted(bodies.DEVICE_LINES, _LARGE, "SQLite", others.named(others.INFLUXDB, bodies.DEVICE_LINES, _LARGE)),
    _posted(bodies.LINES, _LARGE, "PostgreSQL", others.named(others.VICTORIA, bodies.LINES, _LARGE)),
    _posted(bodies.BLOCKS, _LARGE, "SQLite", bare.SQLITE_ROWS, 2),
    _posted(bodies.BLOCKS, _LARGE, "PostgreSQL", postgresql.COPY),
    _published(bodies.ROWS, _SMALL),
    _published(bodies.BLOCKS, _LARGE),
    _stored("SQLite", bare.APPEND),
    _stored("PostgreSQL", postgresql.UNNEST, 8),
)


def chosen(only: Sequence[str]) -> list[Spec]:
    """Give the roads that can be measured here: those whose names hold one of the words, and their baselines."""
    here = [one for one in SPECS if one.at_hand()]
    named = [one for one in here if not only or any(word.lower() in one.name.lower() for word in only)]
    needed = {one.baseline for one in named} | {one.name for one in named}
    return [one for one in here if one.name in needed]


def opened_roads(shop: Shop, only: Sequence[str]) -> list[Road]:
    """Open the chosen roads, each with its stores."""
    return [one.open(shop, one.name) for one in chosen(only)]
