"""A thing wears by its meter, whatever that counts, and the same whoever is read with it."""

from datetime import datetime, timedelta
from uuid import UUID

import pandas as pd
import pytest
from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from lifecycle.wear_readings import Since, measured
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import usage
from telemetry.read_meter_days import meter_days
from tests.lifecycle.sample_fleet import store_assets, store_product


@pytest.fixture
def assets(session: Session, now: datetime, actor: Actor) -> list[AssetRecord]:
    keep_metrics(session, CATALOGUE)
    return store_assets(session, store_product(session), now=now, by=actor, count=2)


def _take(session: Session, asset_id: UUID, metric: str, rows: list[tuple[datetime, float]], now: datetime) -> None:
    frame = pd.DataFrame(rows, columns=["at", "value"]).assign(asset_id=str(asset_id), metric=metric)
    assert ingest(session, frame=frame, key=None, source="test", now=now).quarantined == 0


def test_a_lamp_wears_by_its_hours_of_light(session: Session, assets: list[AssetRecord], now: datetime) -> None:
    one = assets[0].id
    start = now - timedelta(days=12)
    lit = [(start + timedelta(minutes=minute), 400.0 if minute % 1440 < 360 else 0.0) for minute in range(1440 * 12)]
    _take(session, one, "illuminance", lit, now)

    read = measured(session, wanted={one: Since(start.date(), False, "light_hours")}, today=now.date())[one]  # noqa: FBT003

    assert read.use_per_day == pytest.approx(6, rel=0.02)
    assert read.use == pytest.approx(11 * 6, rel=0.1)


def test_use_is_the_same_whoever_is_read_with_it(session: Session, assets: list[AssetRecord], now: datetime) -> None:
    one, other = (asset.id for asset in assets)
    day = timedelta(days=1)
    _take(session, one, "lamp_hours", [(now - 40 * day, 100.0), (now - 20 * day, 120.0), (now - day, 150.0)], now)
    _take(session, other, "lamp_hours", [(now - 80 * day, 5.0), (now - day, 9.0)], now)
    since = {one: Since((now - 30 * day).date(), False, "lamp_hours")}  # noqa: FBT003
    both = since | {other: Since((now - 79 * day).date(), False, "lamp_hours")}  # noqa: FBT003

    alone = measured(session, wanted=since, today=now.date())[one]
    together = measured(session, wanted=both, today=now.date())[one]

    assert alone == together
    assert alone.use == 50.0


@pytest.mark.parametrize("fallen", [False, True], ids=["rising", "fallen"])
def test_the_days_of_a_counter_add_up_to_its_use(
    session: Session, assets: list[AssetRecord], now: datetime, *, fallen: bool
) -> None:
    one = assets[0].id
    rows = [(now - timedelta(hours=7 * place), 500.0 - 3 * place) for place in range(60)]
    if fallen:
        rows = [(at, value - 400 if value > 420 else value) for at, value in rows]
    _take(session, one, "lamp_hours", rows, now)
    first = (now - timedelta(days=10)).date()

    days = meter_days(session, wanted=[(one, "lamp_hours"), (one, "gone")], first=first, last=now.date())

    midnight = datetime.combine(first, datetime.min.time(), now.tzinfo)
    used = usage(session, wanted=[(one, "lamp_hours")], start=midnight, end=now)[one, "lamp_hours"]
    assert days["increase"].sum() == pytest.approx(used.increase)
    assert days["opened"].all()
    assert set(days["meter"]) == {"lamp_hours"}
