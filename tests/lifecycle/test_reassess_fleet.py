"""Assessed in bulk, things fare exactly as one by one, and what may follow for alerts and routes is not lost."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.await_reassessment import await_reassessment
from lifecycle.log_inspections import log_inspections
from lifecycle.reassess import reassess
from lifecycle.reassess_fleet import FleetReassessed, how_many_in_bulk, reassess_fleet
from lifecycle.tables import AlertRecord, AssetRecord, ConditionRecord, ReassessmentRecord
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product

GRADES = ("A", "B", "C", "D", "E")


@pytest.fixture
def assets(session: Session, now: datetime, actor: Actor) -> list[AssetRecord]:
    """Five inspected things, one that nobody looked at, and one of which nothing is known."""
    made = store_product(session)
    assets = store_assets(session, made, now=now, by=actor, count=6)
    strange = store_assets(session, store_product(session, code="LP-2"), now=now, by=actor, in_service_on=None)
    seen = [
        inspection(asset.id, now - timedelta(days=40), grades={"light": grade, "housing": "B"})
        for asset, grade in zip(assets, GRADES, strict=False)
    ]
    log_inspections(session, seen, now=now, by=actor)
    await_reassessment(session, [asset.id for asset in (*assets, *strange)], cause="test", now=now)
    session.flush()
    return assets


def told(condition: ConditionRecord) -> dict[str, object]:
    return condition.model_dump(exclude={"id", "tenant_id", "assessed_at"})


def test_in_bulk_they_fare_as_one_by_one(session: Session, assets: list[AssetRecord], now: datetime) -> None:
    done = reassess_fleet(session, now=now)
    assert done == FleetReassessed(taken=7, assessed=6, unknown=1, wait_on=6)
    in_bulk = {one.asset_id: told(one) for one in session.exec(select(ConditionRecord))}
    for asset in assets:
        session.refresh(asset)
        assert (asset.index, asset.grade) == (in_bulk[asset.id]["index_p50"], in_bulk[asset.id]["grade"])
        asset.condition_id = None
    session.flush()

    reassess(session, now=now, asset_ids=[asset.id for asset in assets])

    one_by_one = {asset.id: session.get_one(ConditionRecord, (asset.tenant_id, asset.condition_id)) for asset in assets}
    assert {asset_id: told(one) for asset_id, one in one_by_one.items()} == in_bulk


def test_what_may_follow_waits_on_for_its_alerts(session: Session, assets: list[AssetRecord], now: datetime) -> None:
    reassess_fleet(session, now=now)

    assert how_many_in_bulk(session) == 0
    done = reassess(session, now=now)

    assert (done.taken, done.assessed) == (6, 0)
    assert done.routes_changed == 6
    assert len(session.exec(select(AlertRecord)).all()) > 0
    assert session.exec(select(ReassessmentRecord)).all() == []


def test_what_changed_nothing_is_written_once(session: Session, assets: list[AssetRecord], now: datetime) -> None:
    reassess_fleet(session, now=now)
    reassess(session, now=now)
    await_reassessment(session, [asset.id for asset in assets], cause="again", now=now)
    session.flush()

    done = reassess_fleet(session, now=now)

    assert (done.taken, done.assessed) == (6, 0)
    assert len(session.exec(select(ConditionRecord)).all()) == 6
