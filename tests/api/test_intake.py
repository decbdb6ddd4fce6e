"""The lane of readings: many deliveries in one transaction, each answered on its own, none lost once acknowledged."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import partial
from threading import Event
from typing import Any

import pandas as pd
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from sqlmodel import col, func, select

from lifecycle.absorb_readings import Absorbed, Sent, absorb_deliveries
from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from pas import absorb_group as grouping
from pas import intake as lane
from pas.absorb_group import Parcel, absorb_group
from pas.db import Database
from pas.idempotency import Asked, KeyOfAnotherRequest
from pas.intake import Intake, IntakeClosed, IntakeFull
from pas.role import Role
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.reading import read
from telemetry.tables import ReadingBatchRecord
from tests.conftest import ClientOf, add_tenant
from tests.lifecycle.sample_fleet import store_assets, store_product

WITHIN = 30


@pytest.fixture
def asset(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    return _asset_of(database, tenant, now, actor)


def _asset_of(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        return store_assets(session, store_product(session), now=now, by=actor)[0]


@pytest.fixture
def intake(database: Database) -> Iterator[Intake]:
    with Intake(database) as intake:
        yield intake


def _sent(asset: AssetRecord, minute: int, *, key: str | None = None, value: float = 5.0) -> Sent:
    row = (asset.serial, "lamp_hours", f"2026-10-02T10:{minute:02}:00Z", value)
    frame = pd.DataFrame([row], columns=["asset", "metric", "at", "value"])
    return Sent(read(frame, named="asset"), key, "device")


def _stored(database: Database, tenant: int) -> int:
    with database.reading(tenant) as session:
        return session.exec(select(func.count(col(ReadingBatchRecord.key)))).one()


class Gate:
    """Holds the lane before its first group until it is opened, and remembers the size of each group."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.open, self.sizes = Event(), Event(), list[int]()
        monkeypatch.setattr(lane, "absorb_group", self._absorb)

    def _absorb(self, database: Database, tenant_id: int, group: Sequence[Parcel], *, now: datetime) -> Any:
        self.reached.set()
        assert self.open.wait(WITHIN)
        self.sizes.append(len(group))
        return absorb_group(database, tenant_id, group, now=now)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


def test_what_waits_goes_in_together_and_each_sender_is_answered(
    intake: Intake, gate: Gate, database: Database, tenant: int, asset: AssetRecord, actor: Actor
) -> None:
    first = intake.submit(tenant, _sent(asset, 0), actor)
    assert gate.reached.wait(WITHIN)
    rest = [intake.submit(tenant, _sent(asset, minute), actor) for minute in range(1, 9)]
    gate.open.set()

    assert [one.result(WITHIN).taken for one in (first, *rest)] == [1] * 9
    assert gate.sizes == [1, 8]
    assert _stored(database, tenant) == 9


def test_what_is_ready_waits_for_what_is_being_read(
    intake: Intake, gate: Gate, tenant: int, asset: AssetRecord, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "GATHERS_FOR", float(WITHIN))
    gate.open.set()
    begun = Event()

    def parcel(minute: int) -> Parcel:
        assert begun.wait(WITHIN)
        return Parcel(_sent(asset, minute), actor)

    told = [intake.deliver(tenant, partial(parcel, minute), size=10) for minute in range(3)]
    begun.set()

    assert [one.result(WITHIN).taken for one in told] == [1, 1, 1]
    assert gate.sizes == [3]


def test_what_is_ready_does_not_wait_long(intake: Intake, tenant: int, asset: AssetRecord, actor: Actor) -> None:
    stuck = Event()

    def slowly() -> Parcel:
        assert stuck.wait(WITHIN)
        return Parcel(_sent(asset, 1), actor)

    quick = intake.deliver(tenant, lambda: Parcel(_sent(asset, 0), actor), size=10)
    slow = intake.deliver(tenant, slowly, size=10)

    assert quick.result(WITHIN).taken == 1
    assert not slow.done()
    stuck.set()
    assert slow.result(WITHIN).taken == 1


def test_one_that_is_refused_does_not_hurt_the_others_of_its_group(
    intake: Intake, gate: Gate, database: Database, tenant: int, asset: AssetRecord, actor: Actor
) -> None:
    first = intake.submit(tenant, _sent(asset, 0, key="a"), actor)
    assert gate.reached.wait(WITHIN)
    others = [intake.submit(tenant, _sent(asset, minute, key=key), actor) for minute, key in ((1, "b"), (2, "a"))]
    others.append(intake.submit(tenant, _sent(asset, 3, key="c"), actor))
    gate.open.set()

    assert first.result(WITHIN).taken == 1
    assert type(others[1].exception(WITHIN)).__name__ == "BatchKeyReused"
    assert [others[place].result(WITHIN).taken for place in (0, 2)] == [1, 1]
    assert _stored(database, tenant) == 3


def test_a_delivery_that_breaks_us_is_tried_alone_and_the_others_go_in(
    database: Database, tenant: int, asset: AssetRecord, actor: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absorb(session: Any, *, deliveries: Sequence[Sent], now: datetime, by: Actor) -> list[Absorbed]:
        if any(one.key == "poison" for one in deliveries):
            raise ValueError
        return absorb_deliveries(session, deliveries=deliveries, now=now, by=by)

    monkeypatch.setattr(grouping, "absorb_deliveries", absorb)
    group = [Parcel(_sent(asset, minute, key=key), actor) for minute, key in enumerate(("a", "poison", "b"))]

    found = absorb_group(database, tenant, group, now=now)

    assert [type(one).__name__ for one in found] == ["Absorbed", "ValueError", "Absorbed"]
    assert _stored(database, tenant) == 2


def test_a_fault_of_the_database_fails_its_group_only(
    intake: Intake, database: Database, tenant: int, asset: AssetRecord, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = OperationalError("", {}, Exception("disk I/O error"))

    def fail(*_given: Any, **_named: Any) -> list[Absorbed]:
        raise broken

    with monkeypatch.context() as patched:
        patched.setattr(grouping, "absorb_deliveries", fail)
        assert intake.submit(tenant, _sent(asset, 0), actor).exception(WITHIN) is broken
    assert _stored(database, tenant) == 0

    assert intake.submit(tenant, _sent(asset, 0), actor).result(WITHIN).taken == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_commit_that_fails_acknowledges_nothing_and_keeps_nobody_waiting(
    intake: Intake, database: Database, tenant: int, asset: AssetRecord, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise OperationalError("", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patched:
        patched.setattr(database.engine.dialect, "do_commit", fail)
        assert isinstance(intake.submit(tenant, _sent(asset, 0), actor).exception(WITHIN), OperationalError)

    assert _stored(database, tenant) == 0
    assert intake.submit(tenant, _sent(asset, 0), actor).result(WITHIN).taken == 1


def test_a_full_lane_refuses_and_stores_what_it_accepted(
    gate: Gate, database: Database, tenant: int, asset: AssetRecord, actor: Actor
) -> None:
    with Intake(database, most_waiting=2) as intake:
        accepted = [intake.submit(tenant, _sent(asset, 0), actor)]
        assert gate.reached.wait(WITHIN)
        accepted += [intake.submit(tenant, _sent(asset, minute), actor) for minute in (1, 2)]
        with pytest.raises(IntakeFull) as refused:
            intake.submit(tenant, _sent(asset, 3), actor)
        gate.open.set()
        assert [one.result(WITHIN).taken for one in accepted] == [1, 1, 1]

    assert refused.value.facts["retry_after"] > 0
    assert _stored(database, tenant) == 3


def test_closing_stores_what_waits_and_takes_no_more(
    gate: Gate, database: Database, tenant: int, asset: AssetRecord, actor: Actor
) -> None:
    intake = Intake(database)
    accepted = [intake.submit(tenant, _sent(asset, 0), actor)]
    assert gate.reached.wait(WITHIN)
    accepted += [intake.submit(tenant, _sent(asset, minute), actor) for minute in range(1, 5)]

    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(intake.close)
        gate.open.set()
        closing.result(WITHIN)

    assert all(one.done() for one in accepted)
    assert _stored(database, tenant) == 5
    with pytest.raises(IntakeClosed):
        intake.submit(tenant, _sent(asset, 9), actor)


def test_who_went_away_before_the_turn_came_is_not_stored(
    intake: Intake, gate: Gate, database: Database, tenant: int, asset: AssetRecord, actor: Actor
) -> None:
    first = intake.submit(tenant, _sent(asset, 0), actor)
    assert gate.reached.wait(WITHIN)
    gone, stayed = (intake.submit(tenant, _sent(asset, minute), actor) for minute in (1, 2))
    assert gone.cancel()
    gate.open.set()

    wait([first, stayed], WITHIN)
    assert _stored(database, tenant) == 2


def test_the_same_key_twice_in_a_group_gives_the_first_answer_twice(
    intake: Intake, gate: Gate, database: Database, tenant: int, asset: AssetRecord, actor: Actor
) -> None:
    first = intake.submit(tenant, _sent(asset, 0), actor)
    assert gate.reached.wait(WITHIN)
    asked, other = Asked("device:1", "k", "print"), Asked("device:1", "k", "another print")
    found: list[Future[Absorbed]] = [
        intake.submit(tenant, _sent(asset, 1, key="key:k"), actor, asked=asked),
        intake.submit(tenant, _sent(asset, 1, key="key:k"), actor, asked=asked),
        intake.submit(tenant, _sent(asset, 2, key="key:k"), actor, asked=other),
        intake.submit(tenant, _sent(asset, 3), actor),
    ]
    gate.open.set()

    assert first.result(WITHIN).taken == 1
    assert [(found[place].result(WITHIN).taken, found[place].result().repeated) for place in (0, 1)] == [
        (1, False),
        (1, True),
    ]
    assert isinstance(found[2].exception(WITHIN), KeyOfAnotherRequest)
    assert found[3].result(WITHIN).taken == 1
    assert _stored(database, tenant) == 3


def test_tenants_of_one_group_are_stored_apart(
    intake: Intake, gate: Gate, database: Database, tenant: int, asset: AssetRecord, actor: Actor, now: datetime
) -> None:
    stranger = add_tenant(database, "stranger")
    with database.writing(stranger) as session:
        keep_metrics(session, CATALOGUE)
    first = intake.submit(tenant, _sent(asset, 0), actor)
    assert gate.reached.wait(WITHIN)
    mine, theirs = (intake.submit(who, _sent(asset, 1), actor) for who in (tenant, stranger))
    gate.open.set()

    assert (first.result(WITHIN).taken, mine.result(WITHIN).taken) == (1, 1)
    assert theirs.result(WITHIN).reasons == {"unknown-asset": 1}
    assert (_stored(database, tenant), _stored(database, stranger)) == (2, 1)


def test_a_full_lane_is_answered_with_503_and_when_to_come_back(
    app: FastAPI, client_of: ClientOf, asset: AssetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: Any, **_named: Any) -> None:
        raise IntakeFull("more readings come in than can be stored", retry_after=1)

    technician = client_of(Role.TECHNICIAN)
    with monkeypatch.context() as patched:
        patched.setattr(app.state.intake, "submit", full)
        refused = technician.post("/api/v1/readings", json={"readings": []})

    assert (refused.status_code, refused.json()["code"]) == (503, "intake-full")
    assert refused.headers["Retry-After"] == "1"
    assert technician.post("/api/v1/readings", json={"readings": []}).status_code == 201


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_thread_that_has_nothing_to_do_ends_and_is_started_again(
    database: Database, tenant: int, asset: AssetRecord, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "RESTS_AFTER", 0.01)
    with Intake(database) as intake:
        for minute in range(3):
            assert intake.submit(tenant, _sent(asset, minute), actor).result(WITHIN).taken == 1
            _until(lambda: intake._thread is None)


def _until(true: Callable[[], bool]) -> None:
    waited = Event()
    for _ in range(1000):
        if true():
            return
        waited.wait(0.01)
    pytest.fail("it did not become true")
