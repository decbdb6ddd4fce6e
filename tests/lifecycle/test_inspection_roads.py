"""Every road gives the same inspection: graded in letters or scores, measured with units, late, twice, or by phone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.inspection import InspectionSource, band_of_component, score_of_component
from lifecycle.log_inspections import ImpossibleInspection, InspectionExists, log_inspections
from lifecycle.log_offline import Outcome, log_offline
from lifecycle.nen2767 import SCORES, band_of, grade_of, score_at, score_of
from lifecycle.queries import UnknownAsset
from lifecycle.strike_inspection import strike_inspection
from lifecycle.tables import AssetEventRecord, AssetRecord, InspectionRecord, ReassessmentRecord
from lifecycle.take_call import Call, take_call
from telemetry.identity import new_id
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product


@pytest.fixture
def asset(session: Session, now: datetime, actor: Actor) -> AssetRecord:
    keep_metrics(session, CATALOGUE)
    return store_assets(session, store_product(session), now=now, by=actor)[0]


def test_letters_and_scores_turn_into_each_other_where_they_can() -> None:
    assert [score_of(grade_of(score)) for score in SCORES] == [1, 2, 3, 4, 5, 5]
    assert [grade_of(score_of(grade)) for grade in "ABCDE"] == list("ABCDE")
    assert band_of(5).high == band_of(4).low
    assert band_of(6).low == 0


@given(st.floats(0, 100))
def test_every_index_lies_in_the_band_of_its_score(index: float) -> None:
    band = band_of(score_at(index))
    assert band.low <= index < band.high or index == band.high == 100


def test_a_score_may_stand_in_the_place_of_a_letter(now: datetime) -> None:
    look = inspection(UUID(int=1), now, grades={"light": 6, "housing": "2", "cable": "D"})

    assert look.grades == {"light": "E", "housing": "B", "cable": "D"}
    assert look.nen == {"light": 6, "housing": 2}
    assert [score_of_component(look, name) for name in ("light", "housing", "cable", "lens")] == [6, 2, 4, None]
    assert band_of_component(look, "light") == (0, 10)
    assert band_of_component(look, "cable") == (20, 40)


@pytest.mark.parametrize(
    "wrong",
    [
        {"grades": {"light": "A"}, "nen": {"light": 2}},
        {"grades": {"light": 3}, "nen": {"light": 2}},
        {"grades": {"light": 7}},
        {"grades": {"light": True}},
        {"nen": {"light": 0}},
        {"nen": [1]},
        {"measured": [{"metric": "lamp_hours", "value": float("nan"), "unit": "hour"}]},
        {"answers": {"Ok?": True}},
    ],
)
def test_a_grade_cannot_be_told_wrongly(now: datetime, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        inspection(UUID(int=1), now, **wrong)


def test_measured_values_are_kept_as_told_and_in_the_unit_of_their_metric(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    value = {"component": "light", "metric": "ambient_temperature", "value": 86.0, "unit": "°F"}
    look = inspection(asset.id, now, measured=[value])

    (stored,) = log_inspections(session, [look], now=now, by=actor)
    session.expire_all()

    assert stored.measured == [value]
    assert stored.converted[0]["value"] == pytest.approx(30)
    assert stored.converted[0]["unit"] == "degC"
    assert log_inspections(session, [look], now=now, by=actor) == [stored]


@pytest.mark.parametrize(
    ("seen", "field"),
    [
        ({"measured": [{"metric": "ambient_temperature", "value": 1, "unit": "mm"}]}, "measured.0.unit"),
        ({"measured": [{"metric": "ambient_temperature", "value": 1, "unit": "parsec"}]}, "measured.0.unit"),
        ({"measured": [{"metric": "nothing", "value": 1, "unit": "mm"}]}, "measured"),
        ({"measured": [{"metric": "lamp_hours", "value": 1, "unit": "hour", "component": "lens"}]}, "measured"),
        ({"grades": {"light": "A"}, "checklist_version": 7}, "checklist_version"),
    ],
)
def test_what_cannot_be_measured_so_is_refused(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor, seen: dict[str, Any], field: str
) -> None:
    with pytest.raises(ImpossibleInspection) as refused:
        log_inspections(session, [inspection(asset.id, now, **seen)], now=now, by=actor)
    assert refused.value.field == field


def test_a_clock_that_is_a_day_ahead_is_noted_and_not_believed(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    ahead = timedelta(days=1)
    seen = now - timedelta(hours=3)
    look = inspection(asset.id, seen + ahead, grades={"light": "B"}, sent_at=now + ahead)

    (stored,) = log_inspections(session, [look], now=now, by=actor)

    assert stored.inspected_at == seen
    assert stored.device_at == seen + ahead
    assert stored.clock_error == ahead.total_seconds()
    told = session.exec(select(AssetEventRecord).where(AssetEventRecord.kind == "inspected")).one()
    assert told.facts["clock_error"] == ahead.total_seconds()


def test_sent_again_later_is_the_same_sight(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    look = inspection(asset.id, now + timedelta(days=1), grades={"light": "B"}, sent_at=now + timedelta(days=1))
    first = log_inspections(session, [look], now=now, by=actor)
    session.expire_all()

    again = look.model_copy(update={"sent_at": now + timedelta(days=1, hours=2)})

    assert log_inspections(session, [again], now=now + timedelta(hours=2), by=actor) == first
    assert len(session.exec(select(InspectionRecord)).all()) == 1


def test_what_was_noted_offline_is_taken_one_by_one(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    sound, strange = inspection(asset.id, now, grades={"light": "A"}), inspection(asset.id, now, grades={"lens": "A"})
    nobodys = inspection(UUID(int=9), now, grades={"light": "A"})

    outcomes = log_offline(session, [strange, sound, nobodys, sound], sent_at=now, now=now, by=actor)

    assert [one.outcome for one in outcomes] == [Outcome.REFUSED, Outcome.STORED, Outcome.REFUSED, Outcome.ALREADY]
    assert [one.code for one in outcomes] == ["impossible-inspection", None, "unknown-asset", None]
    assert [one.id for one in session.exec(select(InspectionRecord))] == [sound.id]


def test_another_sight_under_one_id_is_kept_beside_and_told(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    first = inspection(asset.id, now, grades={"light": "A"})
    other = first.model_copy(update={"note": "another hand"})
    log_offline(session, [first], sent_at=now, now=now, by=actor)

    (kept,) = log_offline(session, [other], sent_at=now, now=now, by=actor)
    (again,) = log_offline(session, [other], sent_at=now + timedelta(minutes=1), now=now, by=actor)

    assert (kept.outcome, again.outcome) == (Outcome.KEPT_BESIDE, Outcome.ALREADY)
    assert kept.stored_id == again.stored_id != first.id
    assert kept.contradicts == (str(first.id),)
    with pytest.raises(InspectionExists):
        log_inspections(session, [other], now=now, by=actor)


def test_two_people_who_saw_otherwise_are_both_kept_and_told(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    first = inspection(asset.id, now - timedelta(hours=5), grades={"light": "A", "housing": "B"})
    near = inspection(asset.id, now - timedelta(hours=4), grades={"light": "B"})
    other = inspection(asset.id, now, grades={"light": "C"})
    late = inspection(asset.id, now - timedelta(days=5), grades={"light": "E"})
    row = inspection(asset.id, now, grades={"light": "E"}, source=InspectionSource.SPREADSHEET)

    stored = log_inspections(session, [first, near, late], now=now, by=actor)
    stored += log_inspections(session, [other, row], now=now, by=actor)

    assert [one.contradicts for one in stored] == [[], [], [], [str(first.id)], []]


def test_a_call_is_an_inspection_as_told_by_somebody(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    call = Call(id=new_id(), asset=asset.serial, told_by="Mrs Claes", grade="D", note="it hums")

    stored = take_call(session, call, now=now, by=actor)
    again = take_call(session, call, now=now + timedelta(minutes=4), by=actor)

    assert again == stored
    assert (stored.source, stored.told_by, stored.recorded_by) == (InspectionSource.CALL, "Mrs Claes", actor.name)
    assert stored.grades == {"overall": "D"}
    with pytest.raises(UnknownAsset):
        take_call(session, Call(id=new_id(), asset="no such", told_by="x", score=2), now=now, by=actor)
    with pytest.raises(ValidationError):
        Call(id=new_id(), asset="x", told_by="x")


def test_a_struck_inspection_stays_on_record_and_counts_for_nothing(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    prank = inspection(asset.id, now, grades={"light": "E"}, source=InspectionSource.QR)
    log_inspections(session, [prank], now=now, by=actor)
    later = now + timedelta(hours=1)

    struck = strike_inspection(session, inspection_id=prank.id, why="a prank", now=later, by=actor)
    strike_inspection(session, inspection_id=prank.id, why="again", now=later + timedelta(hours=1), by=actor)

    assert (struck.struck_at, struck.struck_by, struck.why) == (later, actor.name, "a prank")
    told = session.exec(select(AssetEventRecord).where(AssetEventRecord.kind == "inspection_struck")).all()
    assert [event.facts["why"] for event in told] == ["a prank"]
    assert session.exec(select(ReassessmentRecord)).one().asset_id == asset.id
    honest = inspection(asset.id, now, grades={"light": "A"})
    assert log_inspections(session, [honest], now=later, by=actor)[0].contradicts == []
