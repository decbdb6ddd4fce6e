"""Inspectors, answers and workers at the same assets at once: nobody is refused for it, and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.alert import AlertAnswer
from lifecycle.answer_alert import answer_alert
from lifecycle.log_inspections import log_inspections
from lifecycle.reassess import reassess
from lifecycle.tables import AlertRecord, AssetRecord, InspectionRecord, ReassessmentRecord
from lifecycle.verify_history import verify_chains
from pas.db import Database
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product

ASSETS = 6
ROUNDS = 4


@pytest.fixture
def assets(database: Database, tenant: int, now: datetime, actor: Actor) -> list[AssetRecord]:
    with database.writing(tenant) as session:
        assets = store_assets(session, store_product(session), now=now, by=actor, count=ASSETS)
        log_inspections(
            session, [inspection(one.id, now, grades={"overall": "D"}) for one in assets], now=now, by=actor
        )
        reassess(session, now=now)
        return assets


def test_all_of_them_at_once(
    database: Database, tenant: int, assets: list[AssetRecord], now: datetime, actor: Actor
) -> None:
    def look(turn: int) -> None:
        at = now + timedelta(minutes=1)
        order = assets[turn % ASSETS :] + assets[: turn % ASSETS]
        sights = [inspection(asset.id, at, grades={"overall": "DE"[turn % 2]}) for asset in order]
        with database.writing(tenant) as session:
            log_inspections(session, sights, now=at, by=actor)

    def work(turn: int) -> None:
        with database.writing(tenant) as session:
            reassess(session, now=now + timedelta(minutes=turn), limit=4)

    def answer(turn: int) -> None:
        said = AlertAnswer(verdict="acknowledged", reason=str(turn))
        with database.writing(tenant) as session:
            alert = session.exec(select(AlertRecord).order_by(AlertRecord.id).offset(turn % ASSETS)).first()
            assert alert is not None
            answer_alert(session, alert_id=alert.id, answer=said, holder_id=None, now=now, by=actor)

    with ThreadPoolExecutor(max_workers=12) as pool:
        done = [pool.submit(deed, turn) for turn in range(ROUNDS) for deed in (look, work, answer)]
        for one in done:
            one.result(timeout=60)

    with database.writing(tenant) as session:
        reassess(session, now=now + timedelta(days=1))
        assert session.exec(select(ReassessmentRecord)).all() == []
        assert len(session.exec(select(InspectionRecord)).all()) == ASSETS * (ROUNDS + 1)
        assert verify_chains(session).broken is None
