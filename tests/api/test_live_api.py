"""Whoever listens hears each new reading, whichever process took it in, also after having been away."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from subprocess import Popen
from threading import Thread
from typing import Any, NamedTuple

import anyio
import httpx2
import pandas as pd
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.sse import ServerSentEvent
from fastapi.testclient import TestClient
from sqlmodel import Session, delete

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.asset import Move
from lifecycle.follow_readings import follow_readings
from lifecycle.move_asset import move_assets
from pas.api.listening import Listening, _number
from pas.api.live import _events
from pas.caller import Caller
from pas.db import Database
from pas.live import MOST_OF_ONE, Live, TooManyListeners
from pas.role import Role
from pas.tables import SessionRecord
from telemetry.compact import compact
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.read_journal import head, news
from tests.conftest import ClientOf
from tests.faults.serving import free_port, served
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product

Heard = tuple[str, str, float]
"""A reading that was told: asset id, metric and value."""
_PATIENCE = 5
"""After so many signs of life and nothing else, what is waited for does not come."""


class House:
    """A tenant with three measured things, the first two with a customer; its readings are taken in by this process."""

    def __init__(self, database: Database, tenant: int, now: datetime, actor: Actor) -> None:
        self.database, self.tenant, self.now, self.actor = database, tenant, now, actor
        self.count = 0
        with database.writing(tenant) as session:
            keep_metrics(session, CATALOGUE)
            self.holder = store_customer(session)
            first, second = (store_product(session, code=code) for code in ("A", "B"))
            self.assets = store_assets(session, first, now=now, by=actor, count=2, holder_id=self.holder.id)
            self.assets += store_assets(session, second, now=now, by=actor)

    def take(self, *values: float, asset: int = 0, metric: str = "co2") -> list[Heard]:
        """Accept a batch of readings, each a minute after the one before."""
        serial = self.assets[asset].serial
        rows = []
        for value in values:
            self.count += 1
            rows.append((serial, metric, self.now - timedelta(days=9) + timedelta(minutes=self.count), value, ""))
        frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value", "unit"])
        with self.database.writing(self.tenant) as session:
            taken = absorb_readings(session, frame=frame, key=None, source="test", now=self.now, by=self.actor)
        assert taken.taken == len(values)
        return [(str(self.assets[asset].id), metric, value) for value in values]

    def compact(self) -> None:
        with self.database.writing(self.tenant) as session:
            follow_readings(session, now=self.now)
            assert compact(session).batches


@pytest.fixture
def house(database: Database, tenant: int, now: datetime, actor: Actor) -> House:
    return House(database, tenant, now, actor)


class Listener:
    """A client as a browser is one: it remembers the id of the event seen last and comes back with it."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1/{path}"
        self._headers = {"Authorization": token}
        self.events: list[str] = []
        self.idle = 0

    @contextmanager
    def listening(self) -> Iterator[Callable[..., list[Heard]]]:
        """Listen; gives a function that waits for so many readings, or for an event."""
        with httpx2.Client(headers=self._headers, timeout=30) as client, client.sse(self._url) as source:
            source.response.raise_for_status()
            events = iter(source)
            self._seen(next(events))

            def wait(count: int = 0, *, event: str = "") -> list[Heard]:
                heard: list[Heard] = []
                while len(heard) < count or (event and self.events[-1] != event):
                    one = next(events)
                    self._seen(one)
                    self.idle = 0 if one.data else self.idle + 1
                    assert self.idle < _PATIENCE, (self.events, heard)
                    found = json.loads(one.data)["readings"] if one.event == "readings" else []
                    heard += [(reading["asset_id"], reading["metric"], reading["value"]) for reading in found]
                return heard

            yield wait

    def _seen(self, event: Any) -> None:
        self.events.append(event.event)
        if event.id:
            self._headers["Last-Event-ID"] = event.id


class Service(NamedTuple):
    port: int
    process: Popen[bytes]


@pytest.fixture
def service(database: Database) -> Iterator[Service]:
    """A real service on the test's database, which takes no readings in itself."""
    port = free_port()
    with served(database.url, port, "--no-worker") as process:
        yield Service(port, process)


@pytest.fixture
def address(app: FastAPI) -> Iterator[int]:
    """A service in this process, on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    app.state.live.stopping = True
    server.should_exit = True
    thread.join()


def _token(client: TestClient) -> str:
    return str(client.headers["Authorization"])


def test_who_was_away_goes_on_where_it_stopped(house: House, service: Service, client_of: ClientOf) -> None:
    house.take(1, 2)
    listener = Listener(
        service.port, f"assets/{house.assets[0].id}/live?metric=co2", _token(client_of(Role.TECHNICIAN))
    )
    with listener.listening() as wait:
        house.take(3, asset=1)
        house.take(4, metric="ambient_temperature")
        told = house.take(5, 6)
        assert wait(2) == told
        told = house.take(7)
        assert wait(1) == told
    with listener.listening() as wait:
        away = house.take(8) + house.take(9)
        assert wait(2)[-2:] == away
        wait(event="message")
    house.take(10, asset=2)
    away = house.take(11)
    house.compact()
    away += house.take(12)
    with listener.listening() as wait:
        told = wait(2)
        assert told[-1:] == away[-1:]
        assert set(away) <= set(told)
        service.process.terminate()
        with pytest.raises((StopIteration, httpx2.TransportError)):
            wait(event="never")
    assert service.process.wait(timeout=20) is not None


def test_a_page_of_the_fleet_is_heard_by_whom_it_belongs_to(house: House, address: int, client_of: ClientOf) -> None:
    customer, technician = client_of(Role.CUSTOMER, customer_id=house.holder.id), _token(client_of(Role.TECHNICIAN))
    with (
        Listener(address, "live", _token(customer)).listening() as theirs,
        Listener(address, f"live?asset_id={house.assets[2].id}", technician).listening() as ours,
    ):
        other, own = house.take(1, asset=2), house.take(2, asset=1)
        assert theirs(1) == own
        assert ours(1) == other
        own, other = house.take(3, asset=0), house.take(4, asset=2)
        assert theirs(1) == own
        assert ours(1) == other
    foreign = customer.get(f"/api/v1/assets/{house.assets[2].id}/live")
    unknown = customer.get(f"/api/v1/assets/{house.holder.id}/live")
    assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json())
    assert foreign.status_code == 404


def test_it_ends_when_the_login_ends_or_the_thing_goes_to_another(
    house: House, address: int, client_of: ClientOf, now: datetime, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pas.api.listening.BEAT", 0.3)
    customer = client_of(Role.CUSTOMER, customer_id=house.holder.id)
    path = f"assets/{house.assets[0].id}/live"
    with Listener(address, path, _token(customer)).listening() as wait:
        with house.database.writing(house.tenant) as session:
            stranger = store_customer(session, code="STRANGER")
            move = Move(asset_id=house.assets[0].id, at=now, holder_id=stranger.id)
            move_assets(session, [move], now=now, by=actor)
        wait(event="ended")
    with Listener(address, path, _token(client_of(Role.TECHNICIAN))).listening() as wait:
        with house.database.writing(house.tenant) as session:
            session.execute(delete(SessionRecord))
        wait(event="ended")


def test_only_so_many_listen_for_one_caller(house: House) -> None:
    live = Live(house.database)
    for _ in range(2):
        with _several(live, "an"):
            with pytest.raises(TooManyListeners), live.listener("an"):
                pass
            with live.listener("piet"):
                pass


@contextmanager
def _several(live: Live, who: str) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(MOST_OF_ONE):
            stack.enter_context(live.listener(who))
        yield


def test_all_who_listen_share_one_look_at_the_journal(house: House) -> None:
    house.take(1)
    live, asked = Live(house.database), list[int]()
    ask = live._ask_head
    live._ask_head = lambda tenant_id: asked.append(tenant_id) or ask(tenant_id)  # type: ignore[method-assign,func-returns-value]

    async def listen() -> None:
        assert await live.head(house.tenant) == 1

    async def all_listen() -> None:
        await live.head(house.tenant)
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(listen)

    anyio.run(all_listen)

    assert asked == [house.tenant]
    assert live.news(house.tenant, 0) is live.news(house.tenant, 0)


def test_the_journal_is_told_in_parts_that_make_the_whole(
    house: House, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = [house.take(number, number + 0.5, asset=number % 3) for number in range(1, 8)]
    monkeypatch.setattr("telemetry.read_journal._BATCHES", 3)
    number, heard = 0, list[Heard]()
    while (part := news(session, after=number)).upto > number:
        number = part.upto
        heard += [
            (str(part.series[series].asset_id), part.series[series].metric, value)
            for series, value in zip(part.track.series.tolist(), part.track.value.tolist(), strict=True)
        ]

    assert number == head(session) == 7
    assert heard == [one for batch in taken for one in batch]


def _told(house: House, live: Live, *, after: int | None) -> list[ServerSentEvent]:
    """Listen in this process until the first sign that nothing more comes."""
    caller = Caller(house.tenant, house.actor, Role.TECHNICIAN)
    heard = Listening(live, caller, lambda _session: [house.assets[0].id], metrics=None, after=after)
    heard.look()

    async def listen() -> list[ServerSentEvent]:
        found = list[ServerSentEvent]()
        async for event in _events(heard):
            found.append(event)
            live.stopping = event.id == str(await live.head(house.tenant))
        return found

    return anyio.run(listen)


@pytest.mark.parametrize(
    ("last_seen", "after"),
    [(None, None), ("", None), ("3", 3), ("-3", None), ("x", None), ("9" * 30, None), ("٣", None)],
)
def test_an_id_of_ours_is_a_number_and_any_other_as_good_as_none(last_seen: str | None, after: int | None) -> None:
    assert _number(last_seen) == after


def test_who_was_away_too_long_is_told_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in range(1, 5):
        house.take(value)
    monkeypatch.setattr("pas.api.live.LOOK_BACK", 2)

    missed, resumed, ahead = (_told(house, Live(house.database), after=after) for after in (0, 3, 99))

    assert [(event.event, event.data) for event in missed] == [(None, None), ("missed", {"after": 0, "until": 4})]
    assert [event.event for event in resumed] == [None, "readings", None]
    assert resumed[1].data is not None
    assert [one["value"] for one in resumed[1].data["readings"]] == [4.0]
    assert [event.id for event in ahead] == ["4"]
