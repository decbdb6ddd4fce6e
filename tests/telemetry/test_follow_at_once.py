"""Several workers follow at once: each batch once, and the alarms are those of one worker alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pandas as pd
from sqlmodel import col, select

from lifecycle.actor import Actor
from lifecycle.follow_readings import follow_readings
from lifecycle.tables import ReassessmentRecord
from pas.db import Database
from telemetry.alarm_rule import AlarmKind, AlarmTerms
from telemetry.alarm_tables import AlarmRecord
from telemetry.ingest import ingest
from telemetry.keep_alarm_rules import keep_alarm_rule
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import NOW
from tests.lifecycle.sample_fleet import store_assets, store_product

WARM = AlarmTerms(name="Warm", metric="ambient_temperature", kind=AlarmKind.ABOVE, limit=21.5, most_per_hour=8)
BATCHES = 12


def _prepared(database: Database, tenant: int, actor: Actor) -> list[UUID]:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        keep_alarm_rule(session, code="warm", terms=WARM, since=NOW - timedelta(days=9), now=NOW)
        made = store_assets(session, store_product(session), now=NOW, by=actor, count=4)
        session.flush()
        return [one.id for one in made]


def _send(database: Database, tenant: int, assets: list[UUID], turn: int) -> None:
    rows = [
        (str(asset), "ambient_temperature", NOW - timedelta(hours=100 - 2 * turn - part), 23.0 - 3 * part)
        for asset in assets
        for part in (0, 1)
    ]
    frame = pd.DataFrame(rows, columns=["asset_id", "metric", "at", "value"])
    with database.writing(tenant) as session:
        ingest(session, frame=frame, key=str(turn), source="test", now=NOW)


def _follow(database: Database, tenant: int) -> int:
    followed = 0
    while True:
        with database.writing(tenant) as session:
            done = follow_readings(session, now=NOW)
        if not done.batches:
            return followed
        followed += done.batches


def test_workers_at_once_follow_each_batch_once(database: Database, tenant: int, actor: Actor) -> None:
    assets = _prepared(database, tenant, actor)
    with ThreadPoolExecutor(4) as threads:
        sent = [threads.submit(_send, database, tenant, assets, turn) for turn in range(BATCHES)]
        early = [threads.submit(_follow, database, tenant) for _ in range(3)]
        followed = sum(one.result() for one in early)
        assert [one.result() for one in sent] == [None] * BATCHES
    followed += _follow(database, tenant)

    with database.reading(tenant) as session:
        alarms = session.exec(select(AlarmRecord).where(col(AlarmRecord.withdrawn_at).is_(None))).all()
        queued = set(session.exec(select(ReassessmentRecord.asset_id)))
    assert followed == BATCHES
    assert len(alarms) == BATCHES * len(assets)
    assert all(alarm.cleared_at == alarm.raised_at + timedelta(hours=1) for alarm in alarms)
    assert queued == set(assets)
