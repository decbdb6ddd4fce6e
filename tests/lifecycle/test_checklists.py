"""Checklists have versions, an inspection names the one it was held against, and what failed is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.checklist import Item, NewChecklist
from lifecycle.checklist_queries import UnknownChecklist, checklist_of
from lifecycle.checklist_tables import ChecklistRecord
from lifecycle.inspection_queries import failed
from lifecycle.keep_checklist import ImpossibleChecklist, keep_checklist
from lifecycle.log_inspections import ImpossibleInspection, log_inspections
from lifecycle.tables import AuditRecord, ProductRecord
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product

ITEMS: list[dict[str, Any]] = [
    {
        "name": "light",
        "component": "light",
        "weight": 3,
        "question": {"nl": "Is het beeld helder?", "en": "Is the picture bright?"},
        "grades": {grade: {"en": f"light {grade}", "nl": f"licht {grade}"} for grade in "ABCDE"},
        "required": True,
        "fails_at": "D",
    },
    {
        "name": "room",
        "component": "housing",
        "kind": "measured",
        "question": {"en": "How warm is the housing?"},
        "metric": "ambient_temperature",
        "unit": "°F",
        "minimum": 0,
        "maximum": 250,
        "fails_above": 122,
    },
    {"name": "whole", "component": "housing", "kind": "yes_no", "question": {"fr": "Entier ?"}, "fails_at": "no"},
    {"name": "remark", "component": "housing", "kind": "text", "question": {"en": "Anything else?"}},
    {"name": "picture", "component": "housing", "kind": "photo", "question": {"en": "A photo"}, "required": True},
]


def checklist(*changes: dict[str, Any]) -> NewChecklist:
    return NewChecklist.model_validate({"items": [item | change for item, change in zip(ITEMS, changes, strict=False)]})


WHOLE = NewChecklist.model_validate({"items": ITEMS})


@pytest.fixture
def made(session: Session) -> ProductRecord:
    keep_metrics(session, CATALOGUE)
    return store_product(session)


def test_a_product_without_versions_has_the_checklist_it_says_itself(
    session: Session, made: ProductRecord, now: datetime
) -> None:
    told = checklist_of(session, product=made, at=now)

    assert (told.version, [item.component for item in told.items]) == (0, ["light", "housing"])
    assert [item.name for item in told.items] == ["light", "housing"]


def test_what_differs_is_a_new_version_and_the_same_is_none(
    session: Session, made: ProductRecord, now: datetime, actor: Actor
) -> None:
    first = keep_checklist(session, product_id=made.id, told=WHOLE, now=now, by=actor)
    again = keep_checklist(session, product_id=made.id, told=WHOLE, now=now + timedelta(days=1), by=actor)
    other = keep_checklist(
        session, product_id=made.id, told=checklist({"weight": 2}), now=now + timedelta(days=2), by=actor
    )

    assert [(record.version, is_new) for record, is_new in (first, again, other)] == [(1, True), (1, False), (2, True)]
    at = {day: checklist_of(session, product=made, at=now + timedelta(days=day)).version for day in (-1, 0, 1, 2)}
    assert at == {-1: 1, 0: 1, 1: 1, 2: 2}
    assert checklist_of(session, product=made, at=now, version=0).version == 0
    assert [row.action for row in session.exec(select(AuditRecord))] == ["checklist.added"] * 2
    with pytest.raises(UnknownChecklist):
        checklist_of(session, product=made, at=now, version=3)


def test_the_product_says_what_the_version_in_force_grades(
    session: Session, made: ProductRecord, now: datetime, actor: Actor
) -> None:
    keep_checklist(session, product_id=made.id, told=WHOLE, now=now, by=actor)

    assert made.checklist == [
        {"component": "light", "weight": 3, "question": ITEMS[0]["question"], "fails_at": "D"},
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metric": "nothing_known"}, "items.1.metric"),
        ({"unit": "mm"}, "items.1.unit"),
    ],
)
def test_a_checklist_asks_for_what_can_be_measured(
    session: Session, made: ProductRecord, now: datetime, actor: Actor, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ImpossibleChecklist) as refused:
        keep_checklist(session, product_id=made.id, told=checklist({}, change), now=now, by=actor)
    assert refused.value.field == field


def test_a_version_never_begins_before_the_one_it_replaces(
    session: Session, made: ProductRecord, now: datetime, actor: Actor
) -> None:
    keep_checklist(session, product_id=made.id, told=WHOLE, now=now, by=actor)
    early = checklist({"weight": 2}).model_copy(update={"valid_from": now - timedelta(days=1)})

    with pytest.raises(ImpossibleChecklist, match="begins then or later"):
        keep_checklist(session, product_id=made.id, told=early, now=now, by=actor)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "measured"},
        {"metric": "lamp_hours"},
        {"fails_at": "yes"},
        {"grades": {"A": {"en": "fine"}}},
        {"name": "Light!"},
        {"question": {}},
        {"question": {"de": "Hell?"}},
        {"weight": 0},
        {"kind": "text", "fails_at": "A", "grades": {}},
        {"kind": "measured", "grades": {}, "fails_at": None, "metric": "x", "unit": "no unit"},
    ],
)
def test_a_question_cannot_exist_wrongly(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Item.model_validate(ITEMS[0] | wrong)


def test_a_name_and_a_graded_component_stand_once() -> None:
    with pytest.raises(ValidationError, match="named light"):
        NewChecklist.model_validate({"items": [ITEMS[0], ITEMS[0]]})
    with pytest.raises(ValidationError, match="grade light"):
        NewChecklist.model_validate({"items": [ITEMS[0], ITEMS[0] | {"name": "light_2"}]})


def test_an_inspection_names_the_version_and_what_failed(
    session: Session, made: ProductRecord, now: datetime, actor: Actor
) -> None:
    keep_checklist(session, product_id=made.id, told=WHOLE, now=now, by=actor)
    asset = store_assets(session, made, now=now, by=actor)[0]
    hot = {"component": "housing", "metric": "ambient_temperature", "value": 60, "unit": "degC"}
    look = inspection(
        asset.id,
        now,
        grades={"light": 5},
        measured=[hot],
        answers={"whole": False, "remark": "no"},
        checklist_version=1,
    )

    (stored,) = log_inspections(session, [look], now=now, by=actor)

    assert stored.checklist_used == 1
    items = checklist_of(session, product=made, at=now).items
    assert [tuple(one) for one in failed(items, stored)] == [
        ("light", "light", "E", "D"),
        ("room", "housing", "140 °F", "122 °F"),
        ("whole", "housing", "no", "no"),
    ]
    fine = inspection(asset.id, now, grades={"light": "C"}, answers={"whole": True})
    assert failed(items, log_inspections(session, [fine], now=now, by=actor)[0]) == []


def test_what_a_form_requires_is_answered_where_the_form_was_filled_in(
    session: Session, made: ProductRecord, now: datetime, actor: Actor
) -> None:
    keep_checklist(session, product_id=made.id, told=WHOLE, now=now, by=actor)
    asset = store_assets(session, made, now=now, by=actor)[0]

    with pytest.raises(ImpossibleInspection, match="wants an answer to light"):
        log_inspections(
            session, [inspection(asset.id, now, answers={"whole": True}, checklist_version=1)], now=now, by=actor
        )
    by_phone = inspection(asset.id, now, grades={"overall": "D"})
    assert log_inspections(session, [by_phone], now=now, by=actor)[0].checklist_used == 1


def test_versions_are_never_rewritten(session: Session, made: ProductRecord, now: datetime, actor: Actor) -> None:
    record, _ = keep_checklist(session, product_id=made.id, told=WHOLE, now=now, by=actor)
    before = session.exec(select(ChecklistRecord)).one().items
    keep_checklist(session, product_id=made.id, told=checklist({"weight": 9}), now=now, by=actor)
    session.expire_all()
    assert record.items == before
