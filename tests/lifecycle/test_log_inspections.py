"""What was seen is stored once, written into the history, and refused where it cannot be."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.log_inspections import ImpossibleInspection, InspectionExists, log_inspections
from lifecycle.record_events import UnknownAsset
from lifecycle.tables import AssetEventRecord, AssetRecord, InspectionRecord, ReassessmentRecord
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product


@pytest.fixture
def asset(session: Session, now: datetime, actor: Actor) -> AssetRecord:
    return store_assets(session, store_product(session), now=now, by=actor)[0]


def test_a_sight_is_stored_told_and_queued(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    look = inspection(asset.id, now - timedelta(days=1))

    (stored,) = log_inspections(session, [look], now=now, by=actor)

    assert stored.grades == {"light": "B", "housing": "A"}
    assert stored.recorded_by == actor.name
    told = session.exec(select(AssetEventRecord).where(AssetEventRecord.kind == "inspected")).one()
    assert told.facts["inspection"] == str(look.id)
    assert told.happened_at == look.inspected_at
    assert [row.asset_id for row in session.exec(select(ReassessmentRecord))] == [asset.id]
    assert asset.inspected_at == look.inspected_at


def test_the_same_sight_twice_changes_nothing(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    look = inspection(asset.id, now - timedelta(days=1))
    log_inspections(session, [look, look], now=now, by=actor)
    session.expire_all()

    log_inspections(session, [look], now=now + timedelta(hours=1), by=actor)

    assert len(session.exec(select(InspectionRecord)).all()) == 1
    assert len(session.exec(select(AssetEventRecord).where(AssetEventRecord.kind == "inspected")).all()) == 1


def test_another_sight_under_the_same_id_is_refused(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    look = inspection(asset.id, now - timedelta(days=1))
    log_inspections(session, [look], now=now, by=actor)

    with pytest.raises(InspectionExists, match="other content"):
        log_inspections(session, [look.model_copy(update={"note": "no, worse"})], now=now, by=actor)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"inspected_at": timedelta(days=1)}, "inspected_at"),
        ({"inspected_at": timedelta(days=-200_000)}, "inspected_at"),
        ({"grades": {"lens": "A"}}, "grades"),
        ({"readings": {"lamp_hourz": 5.0}}, "readings"),
    ],
)
def test_what_cannot_be_is_refused(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor, wrong: dict[str, Any], says: str
) -> None:
    seen = {"grades": {"light": "A"}} | {name: fact for name, fact in wrong.items() if name != "inspected_at"}
    look = inspection(asset.id, now + wrong.get("inspected_at", timedelta()), **seen)

    with pytest.raises(ImpossibleInspection) as refused:
        log_inspections(session, [look], now=now, by=actor)

    assert refused.value.field == says


def test_an_unknown_asset_is_refused(session: Session, now: datetime, actor: Actor) -> None:
    with pytest.raises(UnknownAsset):
        log_inspections(session, [inspection(UUID(int=7), now)], now=now, by=actor)


@pytest.mark.parametrize(
    "wrong",
    [
        {"note": "nothing else"},
        {"index": 101.0},
        {"index": float("nan")},
        {"grades": {"light": "F"}},
        {"readings": {"lamp_hours": float("inf")}},
        {"index": 50.0, "inspected_at": "2026-11-01T09:00:00"},
        {"index": 50.0, "note": "a\x00b"},
    ],
)
def test_an_inspection_cannot_exist_wrongly(now: datetime, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        inspection(UUID(int=1), now, **wrong)
