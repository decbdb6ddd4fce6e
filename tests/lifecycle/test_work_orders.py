"""Work orders: opened once, planned, done with what follows from it, or cancelled."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.alert import AlertKind, AlertState, AlertVerdict
from lifecycle.alert_rule import RuleCode
from lifecycle.alert_tables import AlertOutcomeRecord
from lifecycle.cancel_work import cancel_work
from lifecycle.complete_work import complete_work
from lifecycle.inspection import InspectionSource
from lifecycle.log_inspections import log_inspections
from lifecycle.open_work import WorkExists, WorkUnderWay, keep_photos, open_work, open_work_for_failures
from lifecycle.plan_work import plan_work
from lifecycle.queries import UnknownReference, history
from lifecycle.reassess import reassess
from lifecycle.record_events import ImpossibleMoment
from lifecycle.score_alert_rules import score_alert_rules
from lifecycle.tables import AlertRecord, AssetRecord, InspectionRecord, ReassessmentRecord
from lifecycle.work_order import (
    ENDED,
    STEPS,
    FailedItem,
    NewWork,
    PartUsed,
    WorkCancelled,
    WorkCause,
    WorkDone,
    WorkFinding,
    WorkKind,
    WorkPlan,
    WorkPriority,
    WorkState,
    WorkStepNotAllowed,
    refuse_step,
    renewed,
)
from lifecycle.work_order_queries import steps_of, under_way
from lifecycle.work_order_tables import WorkOrderRecord
from pas.words import LANGUAGES, catalogue
from telemetry.identity import new_id
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product

PHOTO, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def asset(session: Session, now: datetime, actor: Actor) -> AssetRecord:
    return store_assets(session, store_product(session), now=now, by=actor)[0]


def work(asset: AssetRecord, **told: object) -> NewWork:
    return NewWork.model_validate(
        {"id": new_id(), "asset_id": asset.id, "kind": WorkKind.REPAIR, "component": "light"} | told
    )


def failure(asset: AssetRecord, seen: InspectionRecord, **told: object) -> FailedItem:
    facts = {
        "asset_id": asset.id,
        "inspection_id": seen.id,
        "component": "light",
        "found": "D",
        "limit": "D",
        "seen_at": seen.inspected_at,
        "photos": [PHOTO],
    }
    return FailedItem.model_validate(facts | told)


def seen(
    session: Session, asset: AssetRecord, at: datetime, now: datetime, by: Actor, **told: object
) -> InspectionRecord:
    told = told or {"grades": {"light": "D"}}
    return log_inspections(session, [inspection(asset.id, at, **told)], now=now, by=by)[0]


def test_the_same_order_again_changes_nothing(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    new = work(asset, photos=[PHOTO])
    first = open_work(session, [new], now=now, by=actor)[0]
    again = open_work(session, [new], now=now + timedelta(hours=1), by=actor)[0]
    assert again.id == first.id
    assert [step.kind for step in steps_of(session, work_id=first.id)] == ["opened"]


def test_an_id_is_used_for_one_order_only(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    new = work(asset)
    open_work(session, [new], now=now, by=actor)
    with pytest.raises(WorkExists):
        open_work(session, [new.model_copy(update={"component": "housing"})], now=now, by=actor)


def test_one_order_of_a_kind_is_under_way_for_a_component(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    first = open_work(session, [work(asset)], now=now, by=actor)[0]
    with pytest.raises(WorkUnderWay, match=str(first.id)):
        open_work(session, [work(asset)], now=now, by=actor)
    open_work(session, [work(asset, component="housing"), work(asset, kind=WorkKind.INSPECT)], now=now, by=actor)

    complete_work(session, work_id=first.id, done=WorkDone(done_at=now), now=now, by=actor)
    assert open_work(session, [work(asset)], now=now, by=actor)[0].id != first.id


def test_a_cause_of_another_thing_is_refused(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    for name in ("alert_id", "inspection_id"):
        with pytest.raises(UnknownReference, match=name):
            open_work(session, [work(asset, **{name: new_id()})], now=now, by=actor)
    with pytest.raises(UnknownReference, match="no component"):
        open_work(session, [work(asset, component="wings")], now=now, by=actor)


def test_a_failed_item_opens_one_order_and_later_sights_are_added_to_it(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    first = seen(session, asset, now - timedelta(days=3), now, actor)
    order = open_work_for_failures(session, [failure(asset, first, by_anybody=True)], now=now, by=actor)[0]
    assert (order.cause, order.priority, order.photos) == (WorkCause.QR_REPORT, WorkPriority.LOW, [PHOTO])

    second = seen(session, asset, now - timedelta(days=2), now, actor)
    again = open_work_for_failures(session, [failure(asset, second, photos=[OTHER])], now=now, by=actor)[0]
    assert again.id == order.id
    assert (again.photos, again.priority) == ([PHOTO, OTHER], WorkPriority.NORMAL)
    assert [step.kind for step in steps_of(session, work_id=order.id)] == ["opened", "seen_again"]
    assert len(under_way(session, [asset.id])) == 1


def test_what_was_seen_before_the_repair_opens_nothing(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    """A phone that was without signal sends what it saw before somebody repaired it."""
    late = seen(session, asset, now - timedelta(days=3), now, actor)
    order = open_work(session, [work(asset)], now=now, by=actor)[0]
    complete_work(session, work_id=order.id, done=WorkDone(done_at=now - timedelta(days=1)), now=now, by=actor)

    assert open_work_for_failures(session, [failure(asset, late)], now=now, by=actor) == []
    fresh = failure(asset, late, seen_at=now)
    assert len(open_work_for_failures(session, [fresh], now=now, by=actor)) == 1


def failing(session: Session, now: datetime, actor: Actor) -> AssetRecord:
    checklist = [
        {"component": "light", "weight": 3, "question": {"en": "Bright?"}, "fails_at": "D"},
        {"component": "housing", "weight": 1, "question": {"en": "Whole?"}},
    ]
    return store_assets(session, store_product(session, code="LP-2", checklist=checklist), now=now, by=actor)[0]


def test_an_inspection_of_which_an_item_fails_orders_a_repair(session: Session, now: datetime, actor: Actor) -> None:
    asset = failing(session, now, actor)
    seen(session, asset, now - timedelta(days=3), now, actor, grades={"light": "C", "housing": "E"})
    assert under_way(session, [asset.id]) == {}
    found = seen(session, asset, now - timedelta(days=2), now, actor, grades={"light": "E", "housing": "E"})
    (order,) = under_way(session, [asset.id]).values()
    assert (order.component, order.cause, order.inspection_id) == ("light", WorkCause.FAILED_ITEM, found.id)
    seen(session, asset, now - timedelta(days=1), now, actor, grades={"light": "D"})
    assert [step.kind for step in steps_of(session, work_id=order.id)] == ["opened", "seen_again"]


def test_what_failed_long_ago_or_was_sound_since_orders_nothing(session: Session, now: datetime, actor: Actor) -> None:
    asset = failing(session, now, actor)
    seen(session, asset, now - timedelta(days=200), now, actor, grades={"light": "E"})
    seen(session, asset, now - timedelta(days=1), now, actor, grades={"light": "B"})
    seen(session, asset, now - timedelta(days=2), now, actor, grades={"light": "E"})
    assert under_way(session, [asset.id]) == {}


def test_what_was_repaired_begins_its_wear_anew(session: Session, now: datetime, actor: Actor) -> None:
    asset = failing(session, now, actor)
    seen(session, asset, now - timedelta(days=2), now, actor, grades={"light": "E", "housing": "B"})
    reassess(session, now=now)
    session.refresh(asset)
    before = asset.index
    (order,) = under_way(session, [asset.id]).values()
    complete_work(session, work_id=order.id, done=WorkDone(done_at=now), now=now, by=actor)
    reassess(session, now=now)
    session.refresh(asset)
    assert before is not None
    assert asset.index is not None
    assert asset.index > before + 30


def test_photos_that_come_later_reach_the_order(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    found = seen(session, asset, now - timedelta(days=3), now, actor)
    order = open_work_for_failures(session, [failure(asset, found)], now=now, by=actor)[0]
    keep_photos(session, inspection_id=found.id, photos=[OTHER], now=now, by=actor)
    assert order.photos == [PHOTO, OTHER]


def test_a_plan_changes_what_it_names_only(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    order = open_work(session, [work(asset, assignee="An", due_on=date(2026, 12, 1))], now=now, by=actor)[0]
    plan_work(session, work_id=order.id, plan=WorkPlan(assignee="Jo"), now=now, by=actor)
    assert (order.state, order.assignee, order.due_on) == (WorkState.PLANNED, "Jo", date(2026, 12, 1))
    plan_work(session, work_id=order.id, plan=WorkPlan(state=WorkState.IN_PROGRESS), now=now, by=actor)
    plan_work(session, work_id=order.id, plan=WorkPlan(state=WorkState.IN_PROGRESS), now=now, by=actor)
    assert order.revision == 2
    assert [step.kind for step in steps_of(session, work_id=order.id)] == ["opened", "planned", "started"]


def test_completion_is_written_into_the_history_and_starts_the_component_anew(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    order = open_work(session, [work(asset)], now=now - timedelta(days=1), by=actor)[0]
    done = WorkDone(
        done_at=now - timedelta(hours=2),
        grade="B",
        minutes=75,
        parts=[PartUsed(code="LASER", cost=Decimal(1400))],
        cost=Decimal("1472.50"),
        note="lamp replaced",
        photos=[OTHER],
    )
    complete_work(session, work_id=order.id, done=done, now=now, by=actor)

    told = {event.kind: event for event in history(session, asset_id=asset.id)}
    assert told["work_done"].facts["cost"] == "1472.50"
    assert told["work_done"].facts["renewed"] == ["light"]
    fresh = session.exec(select(InspectionRecord).where(InspectionRecord.asset_id == asset.id)).one()
    assert (fresh.source, fresh.grades) == (InspectionSource.REPAIR, {"light": "B"})
    assert fresh.inspected_at == now - timedelta(hours=2)
    assert session.exec(select(ReassessmentRecord.asset_id)).all() == [asset.id]
    assert (order.state, order.cost, order.photos) == (WorkState.DONE, Decimal("1472.50"), [OTHER])


def test_work_that_renews_nothing_leaves_the_condition_alone(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    order = open_work(session, [work(asset, kind=WorkKind.FETCH, component="overall")], now=now, by=actor)[0]
    complete_work(session, work_id=order.id, done=WorkDone(done_at=now), now=now, by=actor)
    assert session.exec(select(InspectionRecord)).all() == []


def wear_alert(session: Session, asset: AssetRecord, now: datetime) -> AlertRecord:
    alert = AlertRecord(
        tenant_id=asset.tenant_id,
        asset_id=asset.id,
        kind=AlertKind.WEAR,
        failure_mode="wear",
        raised_at=now,
        updated_at=now,
        action="plan_replacement",
        reasons=[],
        rule="wear/1",
    )
    session.add(alert)
    session.flush()
    return alert


def test_completion_clears_the_alert_behind_it(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    alert = wear_alert(session, asset, now)
    order = open_work(session, [work(asset, alert_id=alert.id)], now=now, by=actor)[0]
    assert order.cause is WorkCause.ALERT
    complete_work(session, work_id=order.id, done=WorkDone(done_at=now), now=now, by=actor)
    assert (alert.state, alert.cleared_at, alert.answered_by) == (AlertState.CLEARED, now, actor.name)


@pytest.mark.parametrize(
    ("kind", "finding", "verdicts"),
    [
        (WorkKind.REPAIR, None, [AlertVerdict.DONE]),
        (WorkKind.INSPECT, None, []),
        (WorkKind.INSPECT, WorkFinding.CONFIRMED, [AlertVerdict.DONE]),
        (WorkKind.REPAIR, WorkFinding.NOTHING_FOUND, [AlertVerdict.NOT_TRUE]),
    ],
)
def test_what_the_work_found_counts_for_the_rule_behind_the_alert(
    session: Session,
    asset: AssetRecord,
    now: datetime,
    actor: Actor,
    kind: WorkKind,
    finding: WorkFinding | None,
    verdicts: list[AlertVerdict],
) -> None:
    alert = wear_alert(session, asset, now)
    order = open_work(session, [work(asset, kind=kind, alert_id=alert.id)], now=now, by=actor)[0]

    ended = complete_work(session, work_id=order.id, done=WorkDone(done_at=now, finding=finding), now=now, by=actor)

    noted = session.exec(select(AlertOutcomeRecord)).all()
    assert [(one.alert_id, one.verdict) for one in noted] == [(alert.id, verdict) for verdict in verdicts]
    score = next(one.score for one in score_alert_rules(session, now=now) if one.rule.code is RuleCode.WEAR)
    assert (score.true, score.false) == (verdicts.count(AlertVerdict.DONE), verdicts.count(AlertVerdict.NOT_TRUE))
    assert bool(ended.renewed) == (kind is WorkKind.REPAIR and finding is None)


def test_where_nothing_was_found_nothing_was_renewed(now: datetime) -> None:
    with pytest.raises(ValidationError, match="nothing is `repaired`"):
        WorkDone(done_at=now, finding=WorkFinding.NOTHING_FOUND, repaired=["light"])


def test_what_has_ended_is_not_changed(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    order = open_work(session, [work(asset)], now=now, by=actor)[0]
    with pytest.raises(ImpossibleMoment):
        complete_work(session, work_id=order.id, done=WorkDone(done_at=now + timedelta(days=1)), now=now, by=actor)
    cancel_work(session, work_id=order.id, cancelled=WorkCancelled(reason="sold"), now=now, by=actor)
    for deed in (
        lambda: complete_work(session, work_id=order.id, done=WorkDone(done_at=now), now=now, by=actor),
        lambda: cancel_work(session, work_id=order.id, cancelled=WorkCancelled(reason="x"), now=now, by=actor),
        lambda: plan_work(session, work_id=order.id, plan=WorkPlan(), now=now, by=actor),
    ):
        with pytest.raises(WorkStepNotAllowed):
            deed()
    assert (order.state, order.outcome) == (WorkState.CANCELLED, "sold")


@settings(deadline=None, max_examples=50)
@given(steps=st.lists(st.sampled_from(sorted(WorkState)), max_size=8))
def test_nothing_leaves_a_state_that_has_ended(steps: list[WorkState]) -> None:
    state = WorkState.OPEN
    for to in steps:
        try:
            refuse_step(state, to)
        except WorkStepNotAllowed:
            assert to not in STEPS[state]
            continue
        assert state not in ENDED
        state = to


@settings(deadline=None, max_examples=50)
@given(kind=st.sampled_from(sorted(WorkKind)), named=st.none() | st.lists(st.sampled_from(["a", "b", "c"]), max_size=5))
def test_what_is_renewed_is_named_once_or_follows_from_the_kind(kind: WorkKind, named: list[str] | None) -> None:
    order = NewWork(id=UUID(int=1), asset_id=UUID(int=2), kind=kind, component="lens")
    found = renewed(order, WorkDone(done_at=datetime(2026, 1, 1, tzinfo=UTC), repaired=named))
    if named is None:
        assert found in ([], ["lens"])
    else:
        assert sorted(set(found)) == sorted(found) == sorted(set(named))


def test_every_word_of_work_is_spoken_in_every_language() -> None:
    kinds = {"work": WorkKind, "work_state": WorkState, "work_priority": WorkPriority, "work_cause": WorkCause}
    for kind, choices in kinds.items():
        for choice in choices:
            assert set(catalogue()[f"{kind}.{choice}"]) == set(LANGUAGES)


def test_a_second_order_is_refused_by_the_database_too(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    indexes = {index.name: index.unique for index in WorkOrderRecord.__table__.indexes}  # type: ignore[attr-defined]
    assert indexes["work_order_once"]
