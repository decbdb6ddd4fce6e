"""The worker and the commands of condition and value."""

from collections.abc import Callable
from datetime import datetime
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.await_reassessment import await_reassessment
from lifecycle.tables import AssetRecord, ConditionRecord
from pas.db import Database
from pas.worker import run_worker
from tests.conftest import Ran, add_tenant
from tests.lifecycle.sample_fleet import store_assets, store_product


@pytest.fixture
def asset(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    return _waiting(database, tenant, now, actor)


def _waiting(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    with database.writing(tenant) as session:
        asset = store_assets(session, store_product(session), now=now, by=actor)[0]
        await_reassessment(session, [asset.id], cause="registered", now=now)
        return asset


def test_a_command_does_what_waits_for_every_tenant(
    database: Database, asset: AssetRecord, now: datetime, actor: Actor, pas: Callable[..., Ran]
) -> None:
    _waiting(database, add_tenant(database, "second"), now, actor)

    ran = pas("worker", "--once", "--json")

    assert (ran.exit_code, ran.json["tenants"], ran.json["assessed"]) == (0, 2, 2)
    assert pas("worker", "--once", "--json").json["taken"] == 0


def test_a_value_is_printed_with_its_reasons(asset: AssetRecord, pas: Callable[..., Ran]) -> None:
    ran = pas("value", asset.serial, "--as-of", "2027-11-01", "--json")

    assert ran.exit_code == 0
    effects = [reason["effect"] for reason in ran.json["reasons"] if reason["effect"] is not None]
    assert sum(effects) == pytest.approx(float(ran.json["p50"]))
    assert ran.json["evidence"] == "expert only, 0 sales"
    assert pas("value", asset.serial, "--as-of", "2027-11-01").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code"), [(["no-such-thing"], "nothing-to-value"), (["LP-1-0000", "--as-of", "soon"], "no-date")]
)
def test_what_cannot_be_valued_is_refused(
    asset: AssetRecord, pas: Callable[..., Ran], arguments: list[str], code: str
) -> None:
    ran = pas("value", *arguments, "--json")

    assert (ran.exit_code, ran.json["code"]) == (1, code)


def test_a_running_worker_assesses_within_seconds_and_stops_when_told(
    database: Database, tenant: int, now: datetime, actor: Actor
) -> None:
    stop = Event()
    thread = Thread(target=run_worker, args=(database, stop))
    thread.start()
    try:
        asset = _waiting(database, tenant, now, actor)
        found = _within(10, lambda: _conditions(database, tenant))
    finally:
        stop.set()
        thread.join(timeout=10)

    assert found == [asset.id]
    assert not thread.is_alive()


def _conditions(database: Database, tenant: int) -> list[Any]:
    with database.reading(tenant) as session:
        return list(session.exec(select(ConditionRecord.asset_id)))


def _within(seconds: float, ask: Callable[[], list[Any]]) -> list[Any]:
    until = monotonic() + seconds
    while not (answer := ask()) and monotonic() < until:
        sleep(0.1)
    return answer
