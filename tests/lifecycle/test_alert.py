"""The rules of alerts: raised with evidence only, once, with a gap between raising and clearing; answered by people."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.alert import AlertAnswer, AlertKind, AlertState
from lifecycle.alert_rules import Recent, findings
from lifecycle.answer_alert import AlertIsCleared, ImpossibleShelving, answer_alert
from lifecycle.asset import AssetStatus, StatusChange
from lifecycle.change_status import change_status
from lifecycle.condition_queries import UnknownAlert
from lifecycle.log_inspections import log_inspections
from lifecycle.reassess import reassess
from lifecycle.tables import AlertRecord, AssetEventRecord, AssetRecord
from tests.lifecycle.sample_fleet import inspection, product, store_assets, store_customer, store_product

PROJECTOR = product()
plain = settings(deadline=None, max_examples=60)


@plain
@given(st.floats(-50, 100), st.floats(0, 100), st.floats(0, 1000))
def test_no_rule_raises_and_clears_at_once(mean: float, shocks: float, use: float) -> None:
    found = findings(PROJECTOR, None, Recent({"ambient_temperature": mean}, use, shocks))

    assert not any(finding.raises and finding.clears for finding in found)


def test_without_evidence_no_rule_speaks() -> None:
    assert findings(PROJECTOR, None, Recent()) == []


@pytest.mark.parametrize(("mean", "raises", "clears"), [(25.1, True, False), (24.5, False, False), (24.0, False, True)])
def test_a_room_must_cool_by_the_deadband_before_the_alert_ends(mean: float, *, raises: bool, clears: bool) -> None:
    (finding,) = findings(PROJECTOR, None, Recent({"ambient_temperature": mean}))

    assert (finding.failure_mode, finding.raises, finding.clears) == (
        "environment:ambient_temperature",
        raises,
        clears,
    )


def test_what_ignoring_misuse_costs_is_told_as_money() -> None:
    (rough,) = findings(PROJECTOR, None, Recent({}, use=100, shocks=2))
    (gentle,) = findings(PROJECTOR, None, Recent({}, use=1000, shocks=2))

    told = rough.reasons[-1]
    a_month = Decimal(PROJECTOR.price_new) / Decimal(str(PROJECTOR.rated_years)) / 12
    assert told.code == "alert.cost_shocks"
    assert (
        rough.cost
        == Decimal(told.inputs["amount"])
        == (a_month * Decimal(str(told.inputs["factor"] - 1))).quantize(Decimal("0.01"))
    )
    assert rough.cost > 0
    assert gentle.cost is None


def test_shocks_count_for_the_use_they_came_with() -> None:
    (rough,) = findings(PROJECTOR, None, Recent({}, use=100, shocks=2))
    (gentle,) = findings(PROJECTOR, None, Recent({}, use=1000, shocks=2))

    assert (rough.raises, gentle.raises, gentle.clears) == (True, False, True)
    assert findings(PROJECTOR, None, Recent({}, use=9, shocks=2)) == []


@pytest.mark.parametrize(
    ("days_ago", "grade", "code"),
    [(3, "A", "condition.repair_not_logged"), (60, "A", None), (3, "E", None), (3, "D", None)],
)
def test_a_rise_that_nobody_explained_is_asked_about_once_while_people_remember(
    session: Session, now: datetime, actor: Actor, days_ago: int, grade: str, code: str | None
) -> None:
    asset = store_assets(session, store_product(session), now=now, by=actor)[0]
    sights = [
        inspection(asset.id, now - timedelta(days=90), grades={"light": "E", "housing": "E"}),
        inspection(asset.id, now - timedelta(days=days_ago), grades={"light": grade, "housing": grade}),
    ]
    log_inspections(session, sights, now=now, by=actor)
    reassess(session, now=now)
    reassess(session, now=now, asset_ids=[asset.id])

    asked = session.exec(select(AlertRecord).where(AlertRecord.kind == AlertKind.UNEXPLAINED)).all()
    assert [one.reasons[0]["code"] for one in asked] == ([code] * len(asked) if code else [])
    assert len(asked) == (1 if code else 0)
    if asked:
        assert (asked[0].action, asked[0].owner) == ("explain_change", "technician")
        log_inspections(
            session,
            [inspection(asset.id, now - timedelta(days=1), grades={"light": "A", "housing": "A"})],
            now=now,
            by=actor,
        )
        reassess(session, now=now)
        assert asked[0].state is AlertState.CLEARED


@pytest.fixture
def asset(session: Session, now: datetime, actor: Actor) -> AssetRecord:
    holder = store_customer(session)
    return store_assets(session, store_product(session), now=now, by=actor, holder_id=holder.id)[0]


@pytest.fixture
def alert(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> AlertRecord:
    log_inspections(session, [inspection(asset.id, now, grades={"overall": "D"})], now=now, by=actor)
    reassess(session, now=now)
    return session.exec(select(AlertRecord)).one()


def test_an_answer_is_kept_with_who_and_why(session: Session, alert: AlertRecord, now: datetime, actor: Actor) -> None:
    said = AlertAnswer(verdict="acknowledged", reason="new lamp ordered")

    answered = answer_alert(session, alert_id=alert.id, answer=said, holder_id=None, now=now, by=actor)

    assert answered.state == "acknowledged"
    assert (answered.answered_by, answered.answer) == (actor.name, "acknowledged: new lamp ordered")
    told = session.exec(select(AssetEventRecord).where(AssetEventRecord.kind == "alert_answered")).one()
    assert told.facts["verdict"] == "acknowledged"


def test_a_shelved_alert_speaks_again_after_its_date(
    session: Session, alert: AlertRecord, now: datetime, actor: Actor
) -> None:
    said = AlertAnswer(verdict="shelved", reason="holidays", until=now + timedelta(days=10))
    answer_alert(session, alert_id=alert.id, answer=said, holder_id=None, now=now, by=actor)

    reassess(session, now=now + timedelta(days=9), asset_ids=[alert.asset_id])
    assert alert.state is AlertState.SHELVED

    reassess(session, now=now + timedelta(days=10), asset_ids=[alert.asset_id])
    assert alert.state is AlertState.RAISED


def test_an_untrue_alert_stays_silent(session: Session, alert: AlertRecord, now: datetime, actor: Actor) -> None:
    said = AlertAnswer(verdict="not_true", reason="looked at the wrong one")

    answer_alert(session, alert_id=alert.id, answer=said, holder_id=None, now=now, by=actor)
    done = reassess(session, now=now + timedelta(days=30), asset_ids=[alert.asset_id])

    assert (alert.state, done.alerts_raised) == (AlertState.SHELVED, 0)


def test_a_cleared_alert_takes_no_answer(session: Session, alert: AlertRecord, now: datetime, actor: Actor) -> None:
    later = now + timedelta(days=1)
    log_inspections(session, [inspection(alert.asset_id, later, index=95.0)], now=later, by=actor)
    reassess(session, now=later)

    with pytest.raises(AlertIsCleared):
        answer_alert(
            session,
            alert_id=alert.id,
            answer=AlertAnswer(verdict="acknowledged"),
            holder_id=None,
            now=later,
            by=actor,
        )


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_nothing_is_shelved_for_ever_or_into_the_past(
    session: Session, alert: AlertRecord, now: datetime, actor: Actor, days: int
) -> None:
    said = AlertAnswer(verdict="shelved", reason="later", until=now + timedelta(days=days))

    with pytest.raises(ImpossibleShelving):
        answer_alert(session, alert_id=alert.id, answer=said, holder_id=None, now=now, by=actor)


def test_an_alert_of_others_is_as_unknown_as_none(
    session: Session, alert: AlertRecord, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    said, sentences = AlertAnswer(verdict="acknowledged"), set()
    for alert_id, holder_id in ((alert.id, UUID(int=3)), (UUID(int=4), asset.holder_id)):
        with pytest.raises(UnknownAlert) as refused:
            answer_alert(session, alert_id=alert_id, answer=said, holder_id=holder_id, now=now, by=actor)
        sentences.add(refused.value.sentence)

    assert len(sentences) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"verdict": "shelved", "reason": "later"},
        {"verdict": "not_true"},
        {"verdict": "acknowledged", "until": "2026-12-01T00:00:00Z"},
    ],
)
def test_an_answer_cannot_exist_by_halves(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        AlertAnswer.model_validate(said)


def test_what_is_retired_needs_nobody_any_more(
    session: Session, alert: AlertRecord, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    later = now + timedelta(hours=1)
    step = StatusChange(asset_id=asset.id, status=AssetStatus.RETIRED, at=later)

    change_status(session, [step], now=later, by=actor)

    assert reassess(session, now=later).alerts_cleared == 1
    assert alert.state is AlertState.CLEARED
