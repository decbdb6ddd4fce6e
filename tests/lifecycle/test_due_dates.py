"""Due dates: the earlier of calendar and meter, worked out where something changed, and reset by an inspection."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, StatusChange
from lifecycle.change_status import change_status
from lifecycle.due_date import Due, DueBy, DueStanding, by_what, due_dates, standing, why
from lifecycle.due_queries import due_inspections, is_anything_outdated
from lifecycle.due_tables import InspectionDueRecord
from lifecycle.inspection import InspectionSource
from lifecycle.log_inspections import log_inspections
from lifecycle.tables import AssetRecord, ProductRecord
from lifecycle.work_out_due_dates import work_out_due_dates
from pas.db import Database
from pas.words import LANGUAGES, Words, catalogue
from pas.worker import listen_to_all
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product

Floats = np.ndarray
DAYS = st.floats(min_value=1, max_value=4000)


def one(**told: float) -> tuple[float, float, float]:
    facts = {"since": 1000.0, "every_days": np.nan, "every_use": np.nan, "used": np.nan, "pace": np.nan} | told
    columns = {name: np.array([value]) for name, value in facts.items() if name != "today"}
    found = due_dates(**columns, today=facts.get("today", 1100.0))
    return float(found.calendar[0]), float(found.meter[0]), float(found.on[0])


@settings(deadline=None, max_examples=100)
@given(days=DAYS, use=DAYS, used=DAYS, pace=st.floats(min_value=0, max_value=50))
def test_what_comes_first_counts(days: float, use: float, used: float, pace: float) -> None:
    calendar, meter, on = one(every_days=days, every_use=use, used=used, pace=pace)
    assert on == np.nanmin([calendar, meter])
    assert not meter < 1000


@settings(deadline=None, max_examples=100)
@given(use=DAYS, used=DAYS, more=DAYS, pace=st.floats(min_value=0.1, max_value=50))
def test_more_use_is_never_due_later(use: float, used: float, more: float, pace: float) -> None:
    _, early, _ = one(every_use=use, used=used + more, pace=pace)
    _, late, _ = one(every_use=use, used=used, pace=pace)
    assert np.isnan(late) or early <= late


def test_a_thing_that_is_not_used_is_due_by_the_calendar_alone() -> None:
    assert one(every_days=365, every_use=500, used=10, pace=0)[1:] == (pytest.approx(np.nan, nan_ok=True), 1365)
    assert one(every_use=500, used=600, pace=0)[1] == 1100
    assert np.isnan(one(every_use=500)[2])


def test_standing_follows_the_lead_time() -> None:
    today = date(2026, 11, 1)
    told = [standing(today + timedelta(days=days), 14, today=today) for days in (-1, 0, 14, 15)]
    assert told == [DueStanding.OVERDUE, DueStanding.DUE, DueStanding.DUE, DueStanding.LATER]


def test_every_reason_is_told_in_every_language() -> None:
    full = Due(
        since=date(2026, 1, 1), every_days=90, every_use=500, used=20, pace=2.5, calendar_on=date(2026, 4, 1),
        meter_on=date(2026, 3, 1), due_on=date(2026, 3, 1),
    )  # fmt: skip
    silent = full.model_copy(update={"used": None})
    assert by_what(full) is DueBy.METER
    for language in LANGUAGES:
        told = [Words(language).reason(reason) for due in (full, silent) for reason in why(due, "lamp_hours")]
        assert len(told) == 4
        assert not [sentence for sentence in told if "–" in sentence or "{" in sentence]
    wanted = {f"due.{one}" for one in DueStanding} | {f"due_by.{one}" for one in DueBy}
    assert wanted <= set(catalogue())


@pytest.fixture
def product(session: Session) -> ProductRecord:
    return store_product(session, inspect_every_days=180, inspect_every_use=500, inspect_lead_days=20)


@pytest.fixture
def asset(session: Session, product: ProductRecord, now: datetime, actor: Actor) -> AssetRecord:
    return store_assets(session, product, now=now, by=actor, in_service_on=date(2026, 9, 1))[0]


def worked_out(session: Session, asset: AssetRecord, now: datetime) -> InspectionDueRecord:
    while work_out_due_dates(session, now=now):
        pass
    assert not is_anything_outdated(session, now=now)
    found = session.get(InspectionDueRecord, (asset.tenant_id, asset.id))
    assert found is not None
    return found


def seen(session: Session, asset: AssetRecord, at: datetime, now: datetime, by: Actor, **told: Any) -> None:
    sight = inspection(asset.id, at, **({"grades": {"light": "B"}} | told))
    log_inspections(session, [sight], now=now, by=by)


def test_a_thing_never_inspected_is_due_from_the_beginning_of_its_service(
    session: Session, asset: AssetRecord, now: datetime
) -> None:
    due = worked_out(session, asset, now)
    assert (due.since, due.due_on, due.told_from) == (date(2026, 9, 1), date(2027, 2, 28), date(2027, 2, 8))


def test_the_meter_counts_where_it_comes_first(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    """Sixty days at 8 hours a day: the 500 hours are over in less than three days."""
    keep_metrics(session, CATALOGUE)
    rows = [
        (str(asset.id), "lamp_hours", datetime(2026, 9, 1, 12, tzinfo=UTC) + timedelta(days=day), day * 8.0, "hour")
        for day in range(61)
    ]
    frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value", "unit"])
    absorb_readings(session, frame=frame, key=None, source="test", now=now, by=actor)
    due = worked_out(session, asset, now)
    assert due.used == pytest.approx(480, abs=9)
    assert due.pace == pytest.approx(8, abs=0.3)
    assert due.due_on is not None
    assert abs((due.due_on - (now + timedelta(days=2.5)).date()).days) <= 2
    assert by_what(Due.model_validate(due.model_dump(include=set(Due.model_fields)))) is DueBy.METER

    seen(session, asset, now - timedelta(hours=1), now, actor)
    again = worked_out(session, asset, now)
    assert (again.since, again.revision) == (now.date(), 2)
    assert again.used == pytest.approx(0, abs=9)
    assert again.due_on is not None
    assert again.due_on >= now.date() + timedelta(days=55)


def test_a_full_inspection_starts_the_interval_anew_and_a_report_by_anybody_does_not(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    first = worked_out(session, asset, now).due_on
    seen(session, asset, now - timedelta(days=2), now, actor, source=InspectionSource.QR)
    assert worked_out(session, asset, now).due_on == first
    seen(session, asset, now - timedelta(days=9), now, actor)
    assert worked_out(session, asset, now).calendar_on == (now + timedelta(days=171)).date()


def test_what_leaves_service_is_cancelled_and_comes_back_with_it(
    session: Session, asset: AssetRecord, now: datetime, actor: Actor
) -> None:
    worked_out(session, asset, now)
    for status, cancelled in ((AssetStatus.IN_WORKSHOP, True), (AssetStatus.IN_SERVICE, False)):
        step = StatusChange(asset_id=asset.id, at=now, status=status)
        change_status(session, [step], now=now, by=actor)
        assert (worked_out(session, asset, now).cancelled_at is not None) is cancelled


def test_another_interval_moves_the_day(
    session: Session, product: ProductRecord, asset: AssetRecord, now: datetime
) -> None:
    worked_out(session, asset, now)
    product.inspect_every_days, product.inspect_every_use = 30, None
    session.add(product)
    session.flush()
    due = worked_out(session, asset, now)
    assert (due.due_on, due.revision) == (date(2026, 10, 1), 2)
    product.inspect_every_days = None
    session.flush()
    assert worked_out(session, asset, now).cancelled_at == now


def test_what_is_due_is_asked_for_by_standing(session: Session, asset: AssetRecord, now: datetime) -> None:
    due = worked_out(session, asset, now)
    assert due.due_on is not None
    for days, expected in ((1, DueStanding.OVERDUE), (-5, DueStanding.DUE), (-60, DueStanding.LATER)):
        today = due.due_on + timedelta(days=days)
        found = {
            one
            for one in DueStanding
            if session.exec(due_inspections(holder_id=None, today=today, standing=one)).first() is not None
        }
        assert found == {expected}


def test_the_worker_works_out_what_is_due(database: Database, tenant: int, now: datetime, actor: Actor) -> None:
    with database.writing(tenant) as session:
        made = store_product(session, inspect_every_days=180)
        asset = store_assets(session, made, now=now, by=actor, in_service_on=date(2026, 9, 1))[0]
    listen_to_all(database, now=lambda: now)
    with database.reading(tenant) as session:
        found = session.exec(due_inspections(holder_id=None, today=now.date())).one()
        assert (found.asset_id, found.due_on) == (asset.id, date(2027, 2, 28))
