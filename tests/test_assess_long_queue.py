"""A long queue is assessed in bulk by several processes, each thing once, and no change meanwhile is lost."""

from collections import Counter
from datetime import datetime, timedelta
from threading import Event
from uuid import UUID

import pytest
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.await_reassessment import await_reassessment
from lifecycle.log_inspections import log_inspections
from lifecycle.reassess import reassess
from lifecycle.reassess_fleet import CONCLUDED, conclude, keep, take_in_hand
from lifecycle.tables import ConditionRecord, ReassessmentRecord
from pas import worker
from pas.assess_long_queue import BESIDE_FROM, assess_long_queue, processes_for
from pas.db import Database
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product

THINGS = 12


@pytest.fixture
def things(database: Database, tenant: int, now: datetime, actor: Actor) -> list[UUID]:
    """Things in the order of their ids, each seen once, all of them waiting."""
    with database.writing(tenant) as session:
        ids = sorted(one.id for one in store_assets(session, store_product(session), now=now, by=actor, count=THINGS))
        seen = [inspection(one, now - timedelta(days=30), grades={"light": "B", "housing": "A"}) for one in ids]
        log_inspections(session, seen, now=now, by=actor)
    return ids


def assessed(database: Database, tenant: int) -> Counter[UUID]:
    with database.reading(tenant) as session:
        return Counter(session.exec(select(ConditionRecord.asset_id)))


def causes(database: Database, tenant: int) -> dict[UUID, str]:
    with database.reading(tenant) as session:
        return {one.asset_id: one.cause for one in session.exec(select(ReassessmentRecord))}


@pytest.mark.parametrize("processes", [1, 2])
def test_each_thing_is_assessed_once_by_however_many(
    database: Database, tenant: int, things: list[UUID], now: datetime, processes: int
) -> None:
    chunks = list(assess_long_queue(database, tenant, now=now, processes=processes, at_once=5))

    assert sum(one.done.taken for one in chunks) == THINGS
    assert assessed(database, tenant) == Counter(things)
    assert set(causes(database, tenant).values()) == {CONCLUDED}


def test_who_is_touched_meanwhile_waits_for_the_next_turn(
    database: Database, tenant: int, things: list[UUID], now: datetime
) -> None:
    with database.writing(tenant) as session:
        in_hand = take_in_hand(session)
    assert in_hand is not None
    with database.reading(tenant) as session:
        concluded = conclude(session, in_hand, now=now)
    with database.writing(tenant) as session:
        await_reassessment(session, things[:1], cause="inspection", now=now)
    with database.writing(tenant) as session:
        done = keep(session, concluded, now=now)

    assert (done.taken, done.assessed) == (THINGS - 1, THINGS - 1)
    assert things[0] not in assessed(database, tenant)
    assert causes(database, tenant)[things[0]] == "inspection"


def test_two_never_take_the_same(database: Database, tenant: int, things: list[UUID]) -> None:
    with database.writing(tenant) as session:
        first, second, third = (take_in_hand(session, limit=7) for _ in range(3))

    assert first is not None
    assert second is not None
    assert third is None
    assert (first.first, first.last, second.first, second.last) == (things[0], things[6], things[7], things[-1])


def test_what_a_killed_process_held_is_left_to_the_ordinary_road(
    database: Database, tenant: int, things: list[UUID], now: datetime
) -> None:
    with database.writing(tenant) as session:
        take_in_hand(session, limit=5)

    taken = sum(one.done.taken for one in assess_long_queue(database, tenant, now=now))
    with database.writing(tenant) as session:
        reassess(session, now=now)

    assert taken == THINGS - 5
    assert assessed(database, tenant) == Counter(things)
    assert causes(database, tenant) == {}


def test_told_to_stop_it_ends_after_the_chunk(
    database: Database, tenant: int, things: list[UUID], now: datetime
) -> None:
    halt = Event()
    halt.set()

    assert len(list(assess_long_queue(database, tenant, now=now, at_once=5, halt=halt))) == 0
    assert not assessed(database, tenant)


def test_the_worker_takes_a_long_queue_in_bulk_and_then_what_may_follow(
    database: Database, tenant: int, things: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BULK_FROM", THINGS)

    worked = worker.work_once(database)

    assert worked.done.assessed == THINGS
    assert worked.done.taken == 2 * THINGS
    assert causes(database, tenant) == {}


def test_only_a_very_long_queue_is_worth_further_processes() -> None:
    assert processes_for(BESIDE_FROM - 1) == 1
    assert processes_for(BESIDE_FROM) >= 1
