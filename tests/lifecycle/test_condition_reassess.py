"""What waits is assessed, appended once, shown on the asset, and taken off the queue."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.await_reassessment import await_reassessment
from lifecycle.log_inspections import log_inspections
from lifecycle.reassess import Reassessed, reassess
from lifecycle.tables import (
    AlertRecord,
    AssetRecord,
    ConditionRecord,
    ProductRecord,
    ReassessmentRecord,
    RouteDecisionRecord,
)
from pas.db import Database
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product


@pytest.fixture
def projector(session: Session) -> ProductRecord:
    return store_product(session)


@pytest.fixture
def asset(session: Session, projector: ProductRecord, now: datetime, actor: Actor) -> AssetRecord:
    return store_assets(session, projector, now=now, by=actor)[0]


def see(session: Session, asset: AssetRecord, grade: str, now: datetime, by: Actor) -> Reassessed:
    grades = {"light": grade, "housing": grade}
    log_inspections(session, [inspection(asset.id, now, grades=grades)], now=now, by=by)
    return reassess(session, now=now)


def test_an_inspection_becomes_a_condition_and_a_route(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    done = see(session, asset, "B", now, actor)

    assert done == Reassessed(taken=1, assessed=1, unknown=0, alerts_raised=0, alerts_cleared=0, routes_changed=1)
    condition = session.exec(select(ConditionRecord)).one()
    assert (condition.index_p50, condition.grade) == (70, "B")
    assert (asset.condition_id, asset.index, asset.grade, asset.route) == (condition.id, 70, "B", "reuse")
    assert session.exec(select(ReassessmentRecord)).all() == []


def test_nothing_new_appends_nothing(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    see(session, asset, "B", now, actor)
    await_reassessment(session, [asset.id], cause="readings", now=now)

    again = reassess(session, now=now + timedelta(hours=2))

    assert (again.taken, again.assessed, again.routes_changed) == (1, 0, 0)
    assert len(session.exec(select(ConditionRecord)).all()) == 1
    assert len(session.exec(select(RouteDecisionRecord)).all()) == 1


def test_a_worn_thing_raises_one_alert_and_a_mended_one_clears_it(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    assert see(session, asset, "D", now, actor).alerts_raised == 1
    assert see(session, asset, "D", now + timedelta(days=1), actor).alerts_raised == 0
    of_wear = AlertRecord.failure_mode == "wear"
    alert = session.exec(select(AlertRecord).where(of_wear)).one()
    assert (alert.kind, alert.failure_mode, alert.state) == ("wear", "wear", "raised")
    assert alert.reasons[0]["code"] == "alert.index_low"

    mended = see(session, asset, "A", now + timedelta(days=2), actor)

    assert mended.alerts_cleared == 1
    assert session.exec(select(AlertRecord.state).where(of_wear)).one() == "cleared"
    assert see(session, asset, "D", now + timedelta(days=3), actor).alerts_raised == 1


def test_a_gate_bars_a_route_at_any_price(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    see(session, asset, "D", now, actor)

    decision = session.exec(select(RouteDecisionRecord)).one()

    barred = {option["route"]: option for option in decision.options if not option["feasible"]}
    assert set(barred) == {"reuse", "refurbish"}
    assert barred["reuse"]["reasons"][0]["code"] == "route.barred_by_grade"
    assert decision.route == "harvest"
    assert decision.net_value == Decimal("0.8") * 60 - 30 - 10


def test_nothing_is_concluded_of_what_nobody_saw_or_dated(
    session: Session, projector: ProductRecord, now: datetime, actor: Actor
) -> None:
    (asset,) = store_assets(session, projector, now=now, by=actor, in_service_on=None)
    await_reassessment(session, [asset.id], cause="registered", now=now)

    done = reassess(session, now=now)

    assert (done.taken, done.unknown, done.assessed) == (1, 1, 0)
    assert asset.grade is None


def test_a_limit_leaves_the_rest_waiting(
    session: Session, projector: ProductRecord, now: datetime, actor: Actor
) -> None:
    assets = store_assets(session, projector, now=now, by=actor, count=5)
    await_reassessment(session, [asset.id for asset in assets], cause="registered", now=now)
    session.flush()

    assert reassess(session, now=now, limit=3).taken == 3
    assert len(session.exec(select(ReassessmentRecord)).all()) == 2
    assert reassess(session, now=now).taken == 2


def test_two_workers_never_take_the_same_asset(database: Database, tenant: int, now: datetime, actor: Actor) -> None:
    if database.is_sqlite:
        return  # one writer at a time: the second waits until the first is done
    with database.writing(tenant) as session:
        assets = store_assets(session, store_product(session), now=now, by=actor, count=6)
        await_reassessment(session, [asset.id for asset in assets], cause="registered", now=now)

    with database.writing(tenant) as first, database.writing(tenant) as second:
        assert reassess(first, now=now, limit=4).taken == 4
        assert reassess(second, now=now).taken == 2

    with database.reading(tenant) as session:
        assert len(session.exec(select(ConditionRecord)).all()) == 6


def test_news_that_comes_while_a_worker_assesses_is_not_lost(
    database: Database, tenant: int, now: datetime, actor: Actor
) -> None:
    with database.writing(tenant) as session:
        assets = store_assets(session, store_product(session), now=now, by=actor, count=3)
    ids = [asset.id for asset in assets]

    def tell() -> int:
        with database.writing(tenant) as session:
            return await_reassessment(session, ids, cause="readings", now=now)

    with ThreadPoolExecutor() as others, database.writing(tenant) as worker:
        assert reassess(worker, now=now).taken == 3
        told = [others.submit(tell) for _ in range(4)]
        worker.commit()
        for one in told:
            one.result(timeout=20)

    with database.reading(tenant) as session:
        assert set(session.exec(select(ReassessmentRecord.asset_id))) == set(ids)
