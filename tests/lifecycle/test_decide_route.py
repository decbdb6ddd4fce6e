"""Decisions on routes: recorded with what they rest on, held by the assessment, and carried out at the bench."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, StatusChange
from lifecycle.await_reassessment import await_reassessment
from lifecycle.change_status import StepNotAllowed, change_status
from lifecycle.complete_work import complete_work
from lifecycle.decide_route import LifeEnded, NothingDecided, VerdictExists, decide_route, lift_route
from lifecycle.inspection import InspectionSource
from lifecycle.log_inspections import log_inspections
from lifecycle.open_next_life import NoTestRecord
from lifecycle.open_route_work import (
    NewRouteWork,
    RouteWithoutWork,
    WorkWithoutPlan,
    open_route_work,
    read_bench_work,
    tick_step,
)
from lifecycle.open_work import open_work
from lifecycle.queries import history
from lifecycle.read_case import NothingToChoose
from lifecycle.read_passport import read_passport
from lifecycle.read_route_plan import read_route_plan
from lifecycle.reassess import reassess
from lifecycle.route.bench import LessThanNew, PerformanceTest, StepDone, StepsOpen
from lifecycle.route.choice import choose_costed
from lifecycle.route.costing import thawed
from lifecycle.route.verdict import NewVerdict, OverrideWithoutReason, RouteNotOpen, VerdictKind, VerdictLifted
from lifecycle.route_queries import standing_verdicts, verdicts_of
from lifecycle.route_tables import RouteVerdictRecord
from lifecycle.tables import (
    AssetRecord,
    InspectionRecord,
    PartRecord,
    ProductRecord,
    RouteDecisionRecord,
)
from lifecycle.verify_history import verify_chains
from lifecycle.work_order import NewWork, WorkDone, WorkFinding, WorkKind, WorkState
from telemetry.identity import new_id
from tests.lifecycle.sample_fleet import ROUTES, inspection, store_assets, store_product

BENCH: dict[str, Any] = {"inspect_minutes": 10, "test_minutes": 5, "replaces": [{"part": "frame"}]}
REMANUFACTURE = {"route": "remanufacture", "price_fraction": 0.5, "worst_grade": "D"} | BENCH
AS_NEW = PerformanceTest(what="lumen", measured=8100, original=8000, warranty_months=24, warranty_months_new=24)


@pytest.fixture
def asset(session: Session, now: datetime, actor: Actor) -> AssetRecord:
    """A projector of grade C in the workshop, whose frame is what wears."""
    routes = [one | BENCH if one["route"] == "refurbish" else one for one in ROUTES]
    model = store_product(session, routes=[*routes, REMANUFACTURE])
    frame = session.exec(select(PartRecord).where(PartRecord.product_id == model.id)).one()
    frame.component, frame.removal_minutes = "housing", 20
    made = store_assets(session, model, now=now, by=actor)[0]
    see(session, made, "C", now, actor)
    into_workshop(session, made, now, actor)
    return made


def see(session: Session, asset: AssetRecord, grade: str, now: datetime, by: Actor) -> None:
    log_inspections(session, [inspection(asset.id, now, grades={"overall": grade})], now=now, by=by)
    reassess(session, now=now)


def into_workshop(session: Session, asset: AssetRecord, now: datetime, by: Actor) -> None:
    if asset.status is not AssetStatus.IN_WORKSHOP:
        change = StatusChange(asset_id=asset.id, at=now - timedelta(hours=1), status=AssetStatus.IN_WORKSHOP)
        change_status(session, [change], now=now, by=by)


def decide(
    session: Session, asset: AssetRecord, now: datetime, by: Actor, route: str | None = None, why: str = "asked for"
) -> RouteVerdictRecord:
    verdict = NewVerdict(id=new_id(), route=route, why=why)
    return decide_route(session, asset_id=asset.id, verdict=verdict, now=now, by=by)


def proposals(session: Session, asset: AssetRecord) -> list[RouteDecisionRecord]:
    rows = session.exec(select(RouteDecisionRecord).where(RouteDecisionRecord.asset_id == asset.id)).all()
    return sorted(rows, key=lambda row: (row.decided_at, row.id))


def codes(rows: list[dict[str, Any]]) -> list[str]:
    return [row["code"] for row in rows]


def test_a_decision_keeps_what_it_rests_on_and_stands_in_the_history(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    made = decide(session, asset, now, actor, why="")

    again = choose_costed(*thawed(made.inputs))
    assert again is not None
    assert (made.route, made.proposed, made.actor) == (again.route, again.route, actor.name)
    assert [option.model_dump(mode="json") for option in again.options] == made.options
    event = history(session, asset_id=asset.id)[-1]
    assert (event.kind, event.facts["inputs"]) == ("route_decided", made.input_hash)
    assert asset.route == made.route
    assert verify_chains(session).broken is None


def test_another_route_needs_its_reason_and_must_be_open(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    with pytest.raises(OverrideWithoutReason, match="nets most"):
        decide(session, asset, now, actor, "recycle", why="")
    with pytest.raises(RouteNotOpen, match="open are"):
        decide(session, asset, now, actor, "reuse")
    with pytest.raises(RouteNotOpen):
        decide(session, asset, now, actor, "renew")
    assert decide(session, asset, now, actor, "recycle").route == "recycle"


def test_the_same_decision_again_changes_nothing(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    verdict = NewVerdict(id=new_id(), route="recycle", why="no room")
    first = decide_route(session, asset_id=asset.id, verdict=verdict, now=now, by=actor)
    again = decide_route(session, asset_id=asset.id, verdict=verdict, now=now + timedelta(hours=1), by=actor)
    assert again.decided_at == first.decided_at
    with pytest.raises(VerdictExists):
        other = verdict.model_copy(update={"route": "dispose"})
        decide_route(session, asset_id=asset.id, verdict=other, now=now, by=actor)


def test_an_assessment_lets_a_decision_hold_and_says_so(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    decide(session, asset, now, actor, "recycle", why="no room on the shelf")

    see(session, asset, "C", now + timedelta(days=1), actor)

    assert asset.route == "recycle"
    shown = proposals(session, asset)[-1]
    assert shown.route == "recycle"
    assert codes(shown.reasons) == ["route.decided_otherwise", "route.would_net_more"]
    assert shown.reasons[0]["inputs"]["why"] == "no room on the shelf"


def test_a_decision_lapses_for_good_when_the_grade_is_another(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    decide(session, asset, now, actor, "recycle")

    see(session, asset, "A", now + timedelta(days=1), actor)
    assert asset.route != "recycle"
    assert "route.decision_lapsed_by_grade" in codes(proposals(session, asset)[-1].reasons)
    see(session, asset, "C", now + timedelta(days=2), actor)

    assert asset.route != "recycle"
    kinds = [one.kind for one in session.exec(verdicts_of(asset.id)).all()]
    assert sorted(kinds) == [VerdictKind.DECIDED, VerdictKind.LAPSED]


def test_a_decision_lapses_when_its_route_is_barred(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    decide(session, asset, now, actor, "refurbish")
    model = session.exec(select(ProductRecord).where(ProductRecord.id == asset.product_id)).one()
    model.routes = [one | {"worst_grade": "A"} if one["route"] == "refurbish" else one for one in model.routes]
    session.flush()

    await_reassessment(session, [asset.id], cause="product", now=now)
    reassess(session, now=now + timedelta(days=1))

    assert asset.route != "refurbish"
    assert standing_verdicts(session, [asset.id]) == {}


def test_a_decision_that_is_taken_back_holds_no_longer(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    with pytest.raises(NothingDecided):
        lift_route(session, asset_id=asset.id, lifted=VerdictLifted(why="?"), now=now, by=actor)
    best = asset.route
    decide(session, asset, now, actor, "recycle")
    lift_route(session, asset_id=asset.id, lifted=VerdictLifted(why="room again"), now=now, by=actor)
    reassess(session, now=now + timedelta(minutes=1))
    assert asset.route == best
    assert [event.kind for event in history(session, asset_id=asset.id)][-2:] == ["route_decided", "route_lifted"]


def test_nothing_is_decided_of_what_was_never_assessed_or_is_retired(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    model = store_product(session, code="LP-9")
    unseen = store_assets(session, model, now=now, by=actor, in_service_on=None)[0]
    with pytest.raises(NothingToChoose):
        decide(session, unseen, now, actor)
    gone = StatusChange(asset_id=asset.id, at=now, status=AssetStatus.RETIRED)
    change_status(session, [gone], now=now, by=actor)
    with pytest.raises(LifeEnded):
        decide(session, asset, now, actor)


def begin(session: Session, asset: AssetRecord, route: str, now: datetime, by: Actor) -> UUID:
    decide(session, asset, now, by, route)
    work = NewRouteWork(id=new_id(), assignee="An", due_on=date(2026, 12, 1))
    return open_route_work(session, asset_id=asset.id, new=work, now=now, by=by).id


def tick_all(session: Session, work_id: UUID, now: datetime, by: Actor, **told: Any) -> None:
    for step in read_bench_work(session, work_id=work_id, holder_id=None).steps:
        done = StepDone.model_validate(told)
        tick_step(session, work_id=work_id, position=step.position, done=done, now=now, by=by)


def test_refurbishing_follows_its_plan_to_the_end(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    work_id = begin(session, asset, "refurbish", now, actor)
    bench = tick_step(session, work_id=work_id, position=1, done=StepDone(minutes=14), now=now, by=actor)
    assert (bench.open_steps, bench.minutes, bench.plan.minutes) == (3, 14, 10 + 2 * 20 + 2 * 20 + 5)
    with pytest.raises(StepsOpen, match="take_out frame"):
        complete_work(session, work_id=work_id, done=WorkDone(done_at=now), now=now, by=actor)
    for position in (2, 3, 4):
        tick_step(session, work_id=work_id, position=position, done=StepDone(), now=now, by=actor)

    order = complete_work(session, work_id=work_id, done=WorkDone(done_at=now), now=now, by=actor)

    assert (order.state, order.minutes, order.renewed) == (WorkState.DONE, 14 + 40 + 40 + 5, ["housing"])
    assert order.parts == [{"code": "frame", "quantity": 2, "cost": None}]
    assert order.cost == Decimal("74.25") + Decimal(60)
    assert standing_verdicts(session, [asset.id]) == {}, "what was decided is done"
    later = now + timedelta(minutes=1)
    realised = read_route_plan(session, asset_id=asset.id, route="refurbish", now=later).realised
    assert (realised.orders, realised.minutes, realised.cost) == (1, 99, 134.25)
    before = asset.index or 0
    reassess(session, now=later)
    assert (asset.index or 0) > before


def test_work_needs_a_decision_that_asks_for_it(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    new = NewRouteWork(id=new_id())
    with pytest.raises(NothingDecided):
        open_route_work(session, asset_id=asset.id, new=new, now=now, by=actor)
    decide(session, asset, now, actor, "recycle")
    with pytest.raises(RouteWithoutWork):
        open_route_work(session, asset_id=asset.id, new=new, now=now, by=actor)
    decide(session, asset, now + timedelta(seconds=1), actor, "refurbish")
    first = open_route_work(session, asset_id=asset.id, new=new, now=now, by=actor)
    assert open_route_work(session, asset_id=asset.id, new=new, now=now, by=actor).id == first.id
    plain = open_work(session, [NewWork(id=new_id(), asset_id=asset.id, kind=WorkKind.INSPECT)], now=now, by=actor)[0]
    with pytest.raises(WorkWithoutPlan):
        read_bench_work(session, work_id=plain.id, holder_id=None)


def reborn(session: Session, asset: AssetRecord, now: datetime, by: Actor, **told: Any) -> AssetRecord:
    work_id = begin(session, asset, "remanufacture", now, by)
    tick_all(session, work_id, now, by)
    done = WorkDone.model_validate({"done_at": now, "test": AS_NEW} | told)
    complete_work(session, work_id=work_id, done=done, now=now, by=by)
    return session.exec(select(AssetRecord).where(AssetRecord.previous_life_id == asset.id)).one()


def test_remanufacture_ends_one_life_and_opens_the_next(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    new = reborn(session, asset, now, actor)

    assert (asset.status, new.status, new.serial) == (AssetStatus.RETIRED, AssetStatus.IN_STOCK, f"{asset.serial}-L2")
    assert (new.product_id, new.holder_id, new.made_on) == (asset.product_id, None, now.date())
    old_passport = read_passport(session, asset_id=asset.id, as_of=now)
    new_passport = read_passport(session, asset_id=new.id, as_of=now)
    assert (old_passport.life, new_passport.life) == (1, 2)
    assert old_passport.next_life is not None
    assert (old_passport.next_life.serial, new_passport.previous_lives[0].serial) == (new.serial, asset.serial)
    assert history(session, asset_id=asset.id)[-1].facts["next_life"] == str(new.id)
    opened = next(one for one in history(session, asset_id=new.id) if one.kind == "life_opened")
    assert opened.facts["previous_life"] == str(asset.id)
    assert opened.facts["test"]["measured"] == 8100
    reassess(session, now=now + timedelta(minutes=1))
    assert new.grade == "A"


def test_remanufactured_without_a_test_or_in_service_is_refused(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    work_id = begin(session, asset, "remanufacture", now, actor)
    tick_all(session, work_id, now, actor)
    for test, refusal in ((None, NoTestRecord), (AS_NEW.model_copy(update={"measured": 1.0}), LessThanNew)):
        with pytest.raises(refusal):
            complete_work(session, work_id=work_id, done=WorkDone(done_at=now, test=test), now=now, by=actor)
    back = StatusChange(asset_id=asset.id, at=now, status=AssetStatus.IN_SERVICE)
    change_status(session, [back], now=now, by=actor)
    with pytest.raises(StepNotAllowed, match="workshop"):
        complete_work(session, work_id=work_id, done=WorkDone(done_at=now, test=AS_NEW), now=now, by=actor)
    nothing = WorkDone(done_at=now, finding=WorkFinding.NOTHING_FOUND)
    assert complete_work(session, work_id=work_id, done=nothing, now=now, by=actor).renewed == []


@settings(deadline=None, max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives=st.integers(1, 3), looks=st.integers(0, 2))
def test_nothing_of_a_former_life_is_lost_or_counted_in_the_next(
    session: Session, now: datetime, actor: Actor, lives: int, looks: int
) -> None:
    begin_at = now - timedelta(days=60)
    model = store_product(session, code=f"LP-{new_id().hex[-8:]}", routes=[*ROUTES, REMANUFACTURE])
    one = store_assets(session, model, now=begin_at, by=actor)[0]
    kept: dict[UUID, tuple[list[str], list[UUID]]] = {}
    for life in range(lives):
        at = begin_at + timedelta(days=10 * life)
        for look in range(looks):
            see(session, one, "C", at + timedelta(hours=look), actor)
        see(session, one, "C", at + timedelta(hours=looks), actor)
        into_workshop(session, one, at + timedelta(days=1), actor)
        new = reborn(session, one, at + timedelta(days=2), actor)
        kept[one.id] = _told(session, one)
        reassess(session, now=at + timedelta(days=3))
        assert new.grade == "A"
        assert [seen.source for seen in _looks(session, new)] == [InspectionSource.REPAIR]
        one = new
    for asset_id, told in kept.items():
        old = session.exec(select(AssetRecord).where(AssetRecord.id == asset_id)).one()
        assert _told(session, old) == told
    passport = read_passport(session, asset_id=one.id, as_of=now)
    assert (passport.life, len(passport.previous_lives)) == (lives + 1, lives)
    assert verify_chains(session).broken is None


def _told(session: Session, asset: AssetRecord) -> tuple[list[str], list[UUID]]:
    hashes = [event.hash for event in history(session, asset_id=asset.id)]
    return hashes, [seen.id for seen in _looks(session, asset)]


def _looks(session: Session, asset: AssetRecord) -> list[InspectionRecord]:
    mine = select(InspectionRecord).where(InspectionRecord.asset_id == asset.id)
    return sorted(session.exec(mine).all(), key=lambda seen: (seen.inspected_at, seen.id))
