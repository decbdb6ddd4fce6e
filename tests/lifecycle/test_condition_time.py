"""Time alone makes things due: old conclusions, and alerts that were shelved until today."""

from datetime import datetime, timedelta

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.alert import AlertAnswer
from lifecycle.answer_alert import answer_alert
from lifecycle.asset import AssetStatus
from lifecycle.log_inspections import log_inspections
from lifecycle.notice_time_passing import notice_time_passing
from lifecycle.reassess import reassess
from lifecycle.tables import AlertRecord, ConditionRecord
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product


def test_an_old_conclusion_is_drawn_anew_and_a_fresh_one_is_left(session: Session, now: datetime, actor: Actor) -> None:
    store_assets(session, store_product(session), now=now, by=actor, count=3)
    reassess(session, now=now)

    assert notice_time_passing(session, now=now + timedelta(days=6)) == 0
    assert notice_time_passing(session, now=now + timedelta(days=8)) == 3
    assert notice_time_passing(session, now=now + timedelta(days=8)) == 0
    assert reassess(session, now=now + timedelta(days=8)).assessed == 3
    first, *_, last = session.exec(select(ConditionRecord.index_p50).order_by(ConditionRecord.assessed_at)).all()
    assert last < first


def test_what_nobody_saw_or_dated_and_what_is_retired_rests(session: Session, now: datetime, actor: Actor) -> None:
    product = store_product(session)
    store_assets(session, product, now=now, by=actor, in_service_on=None)
    (retired,) = store_assets(session, store_product(session, code="LP-2"), now=now, by=actor)
    reassess(session, now=now)
    retired.status = AssetStatus.RETIRED
    session.flush()

    assert notice_time_passing(session, now=now + timedelta(days=30)) == 0


def test_an_alert_shelved_until_today_is_due(session: Session, now: datetime, actor: Actor) -> None:
    (asset,) = store_assets(session, store_product(session), now=now, by=actor)
    log_inspections(session, [inspection(asset.id, now, grades={"overall": "D"})], now=now, by=actor)
    reassess(session, now=now)
    said = AlertAnswer(verdict="shelved", reason="later", until=now + timedelta(days=2))
    alert_id = session.exec(select(AlertRecord.id)).one()
    answer_alert(session, alert_id=alert_id, answer=said, holder_id=None, now=now, by=actor)

    assert notice_time_passing(session, now=now + timedelta(days=1)) == 0
    assert notice_time_passing(session, now=now + timedelta(days=2)) == 1
