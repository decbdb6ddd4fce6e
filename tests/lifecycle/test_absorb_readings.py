"""Readings reach the thing they are of by any of its names, and the thing is then assessed again."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest
from sqlmodel import Session, select

from lifecycle.absorb_readings import Absorbed, absorb_readings
from lifecycle.actor import Actor
from lifecycle.follow_readings import follow_readings
from lifecycle.tables import AssetRecord, ReassessmentRecord
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.reading import MissingColumn
from telemetry.tables import QuarantinedReadingRecord, SeriesRecord
from tests.lifecycle.sample_fleet import store_assets, store_product


@pytest.fixture
def assets(session: Session, now: datetime, actor: Actor) -> list[AssetRecord]:
    keep_metrics(session, CATALOGUE)
    stored = store_assets(session, store_product(session), now=now, by=actor, count=2)
    _forget_waiting(session)
    return stored


def _forget_waiting(session: Session) -> None:
    for waiting in session.exec(select(ReassessmentRecord)).all():
        session.delete(waiting)
    session.flush()


def _absorb(session: Session, rows: list[tuple[Any, ...]], now: datetime, by: Actor, **more: Any) -> Absorbed:
    frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value"], dtype=object)
    absorbed = absorb_readings(session, frame=frame, key=None, source="test", now=now, by=by, **more)
    follow_readings(session, now=now)
    return absorbed


def test_every_name_of_a_thing_reaches_the_same_series(
    session: Session, assets: list[AssetRecord], now: datetime, actor: Actor
) -> None:
    one, other = assets
    rows = [
        (name, "lamp_hours", f"2026-10-01T{hour:02}:00:00Z", hour)
        for hour, name in enumerate([str(one.id), one.id, str(one.id).upper(), one.public_id, f" {one.serial} "])
    ]

    found = _absorb(session, rows, now, actor)

    assert (found.taken, found.assets) == (5, 1)
    assert session.exec(select(SeriesRecord.asset_id)).all() == [one.id]
    assert session.exec(select(ReassessmentRecord.asset_id)).all() == [one.id]
    assert other.id != one.id


def test_an_unknown_thing_is_kept_apart_under_the_name_that_came(
    session: Session, assets: list[AssetRecord], now: datetime, actor: Actor
) -> None:
    stranger = str(uuid4())
    rows = [(name, "lamp_hours", "2026-10-01T00:00:00Z", 1) for name in (stranger, "007", None, "", "\0\ud800")]

    found = _absorb(session, rows, now, actor)

    assert (found.taken, found.reasons) == (0, {"unknown-asset": 5})
    kept = {one.as_received["asset"] for one in session.exec(select(QuarantinedReadingRecord))}
    assert {stranger, "007", ""} < kept
    assert not session.exec(select(ReassessmentRecord)).all()


def test_a_thing_registered_later_gets_its_readings_when_the_file_comes_again(
    session: Session, assets: list[AssetRecord], now: datetime, actor: Actor
) -> None:
    rows = [
        ("LATE", "lamp_hours", "2026-10-01T00:00:00Z", 1),
        (assets[0].serial, "lamp_hours", "2026-10-01T00:00:00Z", 1),
    ]
    before = _absorb(session, rows, now, actor)
    session.exec(select(AssetRecord).where(AssetRecord.id == assets[1].id)).one().serial = "LATE"
    session.flush()

    after = _absorb(session, rows, now, actor)

    assert (before.taken, before.quarantined) == (1, 1)
    assert (after.taken, after.duplicates, after.quarantined) == (1, 1, 0)


def test_a_sender_speaks_only_for_its_own_things(
    session: Session, assets: list[AssetRecord], now: datetime, actor: Actor
) -> None:
    rows = [(one.serial, "lamp_hours", "2026-10-01T00:00:00Z", 1) for one in assets]

    found = _absorb(session, rows, now, actor, only={assets[0].id})

    assert (found.taken, found.reasons) == (1, {"unknown-asset": 1})


def test_nothing_new_queues_nothing(session: Session, assets: list[AssetRecord], now: datetime, actor: Actor) -> None:
    rows = [(assets[0].serial, "lamp_hours", "2026-10-01T00:00:00Z", 1)]
    _absorb(session, rows, now, actor)
    _forget_waiting(session)

    assert _absorb(session, rows, now, actor).repeated
    assert _absorb(session, [*rows, *rows], now, actor).duplicates == 2
    assert not session.exec(select(ReassessmentRecord)).all()


def test_a_batch_without_asset_column_is_refused(session: Session, now: datetime, actor: Actor) -> None:
    with pytest.raises(MissingColumn):
        absorb_readings(session, frame=pd.DataFrame({"value": [1]}), key=None, source="test", now=now, by=actor)
