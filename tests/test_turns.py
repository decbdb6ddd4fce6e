"""Writers take turns in the order in which they came."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Event
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from lifecycle.tables import SiteRecord
from pas.db import Database
from pas.turns import Turns

WITHIN = 30


def test_whoever_waits_longest_is_next() -> None:
    turns, order, queue = Turns(patience=WITHIN), list[int](), Event()
    assert turns.take()

    def wait(number: int) -> None:
        assert turns.take()
        order.append(number)
        turns.give()

    with ThreadPoolExecutor(8) as pool:
        for number in range(8):
            pool.submit(wait, number)
            while len(turns._waiting) <= number:
                queue.wait(0.001)
        turns.give()
    assert order == list(range(8))
    assert turns.take()


def test_who_waits_in_vain_goes_ahead_and_leaves_the_queue() -> None:
    turns = Turns(patience=0.01)
    assert turns.take()

    assert not turns.take()

    turns.give()
    assert turns.take()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("ending", ["well", "in a fault", "at the commit"])
def test_a_turn_ends_with_its_transaction(
    database: Database, tenant: int, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any) -> None:
        raise OperationalError("", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patched:
        if ending == "at the commit":
            patched.setattr(database.engine.dialect, "do_commit", fail)
        with (
            nullcontext() if ending == "well" else pytest.raises(OperationalError),
            database.writing(tenant) as session,
        ):
            session.exec(select(SiteRecord)).all()
            if ending == "in a fault":
                fail()

    assert database.turns is not None
    assert not database.turns._taken
