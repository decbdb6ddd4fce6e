"""Readings wear a thing on its own clock, warm rooms age it faster, and rough users are found."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlmodel import Session, select

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.log_inspections import log_inspections
from lifecycle.reassess import reassess
from lifecycle.tables import AlertRecord, AssetRecord, ConditionRecord
from lifecycle.wear_readings import Since, measured
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product

HOURS = 40 * 24


@pytest.fixture
def asset(session: Session, now: datetime, actor: Actor) -> AssetRecord:
    keep_metrics(session, CATALOGUE)
    return store_assets(session, store_product(session), now=now, by=actor)[0]


def feed(session: Session, asset: AssetRecord, metric: str, values: object, *, now: datetime, by: Actor) -> None:
    """Feed hourly values that end at the last full hour."""
    column = np.asarray(values, dtype=float)
    at = [now - timedelta(hours=len(column) - hour) for hour in range(len(column))]
    frame = pd.DataFrame({"asset": str(asset.id), "metric": metric, "at": at, "value": column})
    taken = absorb_readings(session, frame=frame, key=None, source="test", now=now, by=by)
    assert taken.quarantined == 0, taken.reasons


def test_the_clock_is_the_counter_of_the_thing(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    seen_at = datetime(2026, 10, 2, 12, tzinfo=UTC)
    log_inspections(session, [inspection(asset.id, seen_at, index=90.0)], now=now, by=actor)
    feed(session, asset, "lamp_hours", np.arange(HOURS) * 0.5 + 100, now=now, by=actor)

    reassess(session, now=now)

    condition = session.exec(select(ConditionRecord)).one()
    from_next_day = (now - datetime(2026, 10, 3, tzinfo=UTC)) / timedelta(hours=1)
    assert condition.usage == pytest.approx(from_next_day * 0.5, abs=1)
    assert condition.index_p50 == pytest.approx(90 - 80 * condition.usage / 20000, abs=0.01)
    assert condition.remaining_days_p50 == pytest.approx(condition.remaining_use_p50 / 12, rel=0.02)


def test_a_counter_that_began_with_the_thing_tells_its_whole_life(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    feed(session, asset, "lamp_hours", np.arange(HOURS) * 0.5 + 4000, now=now, by=actor)

    reassess(session, now=now)

    assert session.exec(select(ConditionRecord.usage)).one() == pytest.approx(4000 + (HOURS - 1) * 0.5, abs=1)


def test_a_reset_counter_counts_on(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    whole = np.arange(HOURS, dtype=float)
    reset = np.where(whole < HOURS / 2, whole + 500, whole - HOURS / 2)
    feed(session, asset, "lamp_hours", reset, now=now, by=actor)
    since = {asset.id: Since((now - timedelta(days=60)).date(), False, "lamp_hours")}  # noqa: FBT003

    read = measured(session, wanted=since, today=now.date())[asset.id]

    assert read.use_per_day == pytest.approx(24, rel=0.03)
    assert read.use == pytest.approx(24 * 59, rel=0.05)


@pytest.mark.parametrize("every", [1, 24], ids=["hourly", "daily"])
def test_one_low_reading_wears_nothing(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor, every: int
) -> None:
    shown = np.arange(HOURS, dtype=float)[::every] + 5000
    slipped = shown.copy()
    slipped[[2, 24, 37]] = 3.0
    since = {asset.id: Since((now - timedelta(days=60)).date(), False, "lamp_hours")}  # noqa: FBT003
    at = [now - timedelta(hours=HOURS - hour) for hour in range(0, HOURS, every)]
    frame = pd.DataFrame({"asset": str(asset.id), "metric": "lamp_hours", "at": at, "value": slipped})
    absorb_readings(session, frame=frame, key=None, source="test", now=now, by=actor)

    read = measured(session, wanted=since, today=now.date())[asset.id]

    assert read.use_per_day == pytest.approx(24, rel=0.05)
    assert read.use == pytest.approx(24 * 59, rel=0.05)


def test_a_hot_room_ages_the_thing_and_raises_one_alert(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    feed(session, asset, "lamp_hours", np.arange(HOURS) * 0.5, now=now, by=actor)
    feed(session, asset, "ambient_temperature", np.full(HOURS, 31.0), now=now, by=actor)

    done = reassess(session, now=now)

    assert done.alerts_raised == 1
    assert session.exec(select(AlertRecord.failure_mode)).one() == "environment:ambient_temperature"
    codes = [reason["code"] for reason in session.exec(select(ConditionRecord.reasons)).one()]
    assert "condition.heat" in codes


def test_a_rough_user_is_found(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    feed(session, asset, "lamp_hours", np.arange(HOURS) * 0.5, now=now, by=actor)
    feed(session, asset, "shocks", np.arange(HOURS) // 24, now=now, by=actor)

    reassess(session, now=now)

    alert = session.exec(select(AlertRecord)).one()
    assert (alert.kind, alert.action) == ("misuse", "instruct_users")
    assert alert.reasons[0]["inputs"]["rate"] == pytest.approx(1000 / 12, rel=0.05)


def test_old_news_says_nothing_of_today(session: Session, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    feed(session, asset, "ambient_temperature", np.full(HOURS, 31.0), now=now - timedelta(days=60), by=actor)

    assert reassess(session, now=now).alerts_raised == 0
