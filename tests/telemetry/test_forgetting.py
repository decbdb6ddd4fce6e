"""Single readings are forgotten when a metric says so; what is told of whole days stays exact, the rest is refused."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.tables import AuditRecord
from pas.db import Database
from pas.keep_archive import archive_months, forget_readings, what_may_be_forgotten
from pas.settings import settings as settings_of_pas
from telemetry.archive_folder import alone
from telemetry.codec import CODEC, pack_readings
from telemetry.counter import Counting, limit, slips
from telemetry.held import Held
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.keeping import KeptTooShort, kept_since
from telemetry.metric import CATALOGUE, Metric
from telemetry.moment import DAY, HOUR, day_of
from telemetry.queries import days, every_reading, gauge_means, hours, latest, metrics, series, usage
from telemetry.read_usage import _used_by_readings
from telemetry.remnant import remnant
from telemetry.series_day import PackedDay, ReadingsForgotten, enough_to_count
from telemetry.span import Span
from telemetry.tables import SeriesDayRecord
from telemetry.track import STORED, Track
from tests.conftest import Pas
from tests.telemetry.archived_readings import THINGS, table, take_in

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2024, 11, 2, tzinfo=UTC)
MIDNIGHT = LONG_AGO + timedelta(days=1)
BY = Actor(kind="command", name="test")
TWO_YEARS = {metric.code: metric for metric in CATALOGUE}


def keeping(database: Database, tenant: int, days_kept: int | None, *codes: str) -> None:
    """Keep the single readings of some metrics so long."""
    with database.writing(tenant) as session:
        known = metrics(session)
        keep_metrics(
            session,
            [
                Metric.model_validate(
                    {**known[code].model_dump(include=set(Metric.model_fields)), "keep_days": days_kept}
                )
                for code in codes
            ],
        )


def resetting(at: datetime) -> pd.DataFrame:
    """Readings of a counter that slips once and is reset once, and of a level, on two days."""
    value = [5, 7, 9, 2, 11, 12, 15, 18, 0, 1, 4, 6, 8, 9, 10, 12, 13, 14, 17, 20, 21, 30, 31, 32]
    frame = table(at, count=len(value))
    counts = frame["metric"] == "energy"
    frame.loc[counts, "value"] = [str(one) for one in value] * len(THINGS)
    return frame


@pytest.fixture(params=["in the database", "in the archive"])
def kept(request: pytest.FixtureRequest, database: Database, tenant: int, tmp_path: Path) -> Database:
    """Readings of two years ago, wherever they lie, and of last week."""
    database.archive = tmp_path / "archive"
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    take_in(database, tenant, resetting(LONG_AGO), now=NOW)
    take_in(database, tenant, table(MIDNIGHT + timedelta(hours=1)), now=NOW)
    take_in(database, tenant, table(NOW - timedelta(days=7)), now=NOW)
    if request.param == "in the archive":
        assert archive_months(database, tenant, after_months=3, now=NOW).days == 3
    return database


def forget(database: Database, tenant: int) -> Any:
    return forget_readings(database, tenant, now=NOW, by=BY)


def of_whole_days(session: Session) -> list[object]:
    answers: list[object] = [latest(session, asset_ids=THINGS)]
    for thing in THINGS:
        moments = [LONG_AGO - timedelta(days=1), LONG_AGO, MIDNIGHT, MIDNIGHT + timedelta(days=1), NOW]
        for start in moments:
            for end in (one for one in moments if one >= start):
                answers.append(usage(session, wanted=[(thing, "energy")], start=start, end=end))
                answers.append(gauge_means(session, wanted=[(thing, "ambient_temperature")], start=start, end=end))
        for metric in ("energy", "ambient_temperature"):
            found = days(session, asset_id=thing, metric=metric, start=LONG_AGO, end=NOW)
            answers.append(found.to_csv(index=False))
    return answers


def asked(database: Database, tenant: int) -> list[object]:
    with database.reading(tenant) as session:
        return of_whole_days(session)


def test_what_whole_days_tell_stays_the_same(kept: Database, tenant: int) -> None:
    before = asked(kept, tenant)
    keeping(kept, tenant, 400, "energy", "ambient_temperature")

    trial = what_may_be_forgotten(kept, tenant, now=NOW)
    assert asked(kept, tenant) == before
    done = forget(kept, tenant)

    assert trial == done
    assert (done.days, done.series_days) == (3, 18)
    assert asked(kept, tenant) == before
    with kept.reading(tenant) as session:
        rows = session.exec(select(SeriesDayRecord).where(col(SeriesDayRecord.day) < date(2025, 1, 1))).all()
        assert {row.held for row in rows} == {Held.FORGOTTEN}
        assert {row.hours for row in rows} == {b""}
    assert forget(kept, tenant).readings == 0
    assert kept.archive is not None
    assert list(kept.archive.rglob("*.parquet")) == []


def test_what_is_asked_within_a_forgotten_day_is_refused(kept: Database, tenant: int) -> None:
    keeping(kept, tenant, 400, "energy", "ambient_temperature")
    forget(kept, tenant)
    noon, thing = LONG_AGO + timedelta(hours=3), THINGS[0]

    with kept.reading(tenant) as session:
        for question in (
            lambda: usage(session, wanted=[(thing, "energy")], start=noon, end=NOW),
            lambda: usage(session, wanted=[(thing, "energy")], start=LONG_AGO - timedelta(days=9), end=noon),
            lambda: gauge_means(session, wanted=[(thing, "ambient_temperature")], start=noon, end=NOW),
            lambda: series(session, asset_id=thing, metric="energy", start=noon, end=NOW),
            lambda: hours(session, asset_id=thing, metric="ambient_temperature", start=LONG_AGO, end=NOW),
        ):
            with pytest.raises(ReadingsForgotten) as refused:
                question()
            assert "2024-11-0" in refused.value.sentence


def test_readings_that_are_kept_are_exported_and_no_others(kept: Database, tenant: int) -> None:
    keeping(kept, tenant, 400, "energy")
    forget(kept, tenant)

    with kept.reading(tenant) as session:
        counts = {(frame["metric"].iloc[0], len(frame)) for frame in every_reading(session)}

    assert counts == {("energy", 50), ("ambient_temperature", 124)}


def test_other_metrics_of_the_day_are_kept_where_they_lay(kept: Database, tenant: int) -> None:
    with kept.reading(tenant) as session:
        before = [
            frame.to_csv() for frame in every_reading(session) if frame["metric"].iloc[0] == "ambient_temperature"
        ]
    keeping(kept, tenant, 400, "energy")
    forget(kept, tenant)

    with kept.reading(tenant) as session:
        after = [frame.to_csv() for frame in every_reading(session) if frame["metric"].iloc[0] == "ambient_temperature"]
    assert after == before
    assert kept.archive is not None
    assert {pd.read_parquet(file)["metric"].unique().item() for file in kept.archive.rglob("*.parquet")} <= {
        "ambient_temperature"
    }
    assert archive_months(kept, tenant, after_months=3, now=NOW).series_days in {0, 9}
    with kept.reading(tenant) as session:
        again = [frame.to_csv() for frame in every_reading(session) if frame["metric"].iloc[0] == "ambient_temperature"]
    assert again == before


def test_a_reading_that_comes_late_for_a_forgotten_day_is_kept_apart(kept: Database, tenant: int) -> None:
    keeping(kept, tenant, 400, "energy")
    forget(kept, tenant)
    keeping(kept, tenant, None, "energy")
    before = asked(kept, tenant)

    with kept.writing(tenant) as session:
        late = table(LONG_AGO + timedelta(minutes=1), count=1)
        assert ingest(session, frame=late, key=None, source="late", now=NOW).reasons == {"forgotten": 3}

    with kept.reading(tenant) as session:
        assert metrics(session)["energy"].forgotten_before == date(2025, 9, 27)
    take_in(kept, tenant, table(NOW - timedelta(days=3), count=1), now=NOW)
    assert asked(kept, tenant)[1:3] == before[1:3]


def test_an_old_reading_of_a_metric_that_is_not_kept_so_long_is_kept_apart_at_once(kept: Database, tenant: int) -> None:
    keeping(kept, tenant, 400, "energy")

    with kept.writing(tenant) as session:
        late = table(LONG_AGO + timedelta(minutes=1), count=1)
        assert ingest(session, frame=late, key=None, source="late", now=NOW).reasons == {"forgotten": 3}


def test_what_is_forgotten_is_audited_once(kept: Database, tenant: int) -> None:
    keeping(kept, tenant, 400, "energy")
    what_may_be_forgotten(kept, tenant, now=NOW)
    forget(kept, tenant)
    forget(kept, tenant)

    with kept.reading(tenant) as session:
        links = session.exec(select(AuditRecord).where(col(AuditRecord.action) == "readings-forgotten")).all()
    assert [(link.subject, link.actor) for link in links] == [("metric energy", "test")]


def test_readings_that_bills_stand_on_are_kept_longer_than_a_year(kept: Database, tenant: int) -> None:
    for metered in ("energy", "illuminance"):
        with pytest.raises(KeptTooShort):
            keeping(kept, tenant, 399, metered)
    keeping(kept, tenant, 400, "energy", "illuminance")
    keeping(kept, tenant, 30, "ambient_temperature")


def test_a_day_with_a_reading_that_is_still_open_waits(kept: Database, tenant: int) -> None:
    with kept.writing(tenant) as session:
        ingest(session, frame=table(MIDNIGHT + timedelta(minutes=5), count=1), key="open", source="test", now=NOW)
    keeping(kept, tenant, 400, "energy")

    assert forget(kept, tenant).since == {"energy": "2024-11-03"}


def test_nothing_is_forgotten_while_the_archive_is_at_work(kept: Database, tenant: int) -> None:
    keeping(kept, tenant, 400, "energy")
    assert kept.archive is not None
    with alone(kept.archive, wait=False), pytest.raises(Exception, match="at work"):
        forget(kept, tenant)


def test_the_command_tells_first_and_then_forgets(
    pas: Pas, database: Database, tenant: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAS_HOME", str(tmp_path))
    settings_of_pas.cache_clear()
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    take_in(database, tenant, table(LONG_AGO), now=NOW)
    keeping(database, tenant, 400, "energy")

    trial = pas("readings", "retire", "--dry-run", "--json").json
    done = pas("readings", "retire", "--json").json

    assert trial == {**done, "dry_run": True}
    assert (done["days"], done["series_days"], done["readings"]) == (2, 6, 150)
    assert "energy" in pas("readings", "retire").stdout


def test_what_is_kept_is_counted_in_whole_utc_days() -> None:
    metric = next(one for one in CATALOGUE if one.code == "power")
    late = datetime(2026, 11, 1, 23, 59, tzinfo=UTC)

    assert kept_since(metric, now=late) is None
    assert kept_since(metric.model_copy(update={"keep_days": 1}), now=late) == date(2026, 10, 31)
    gone = {"keep_days": 10, "forgotten_before": date(2026, 10, 30)}
    assert kept_since(metric.model_copy(update=gone), now=late) == date(2026, 10, 30)


@settings(deadline=None, max_examples=200)
@given(
    values=st.lists(st.lists(st.integers(0, 9), max_size=9), min_size=1, max_size=4),
    first=st.integers(0, 4),
    second=st.integers(0, 4),
    rolls_over_at=st.sampled_from([None, 10.0]),
    fastest=st.sampled_from([None, 2.0]),
    swapped=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=2),
)
def test_what_stays_of_a_counters_days_tells_what_it_rose_whatever_it_did(
    *,
    values: list[list[int]],
    first: int,
    second: int,
    rolls_over_at: float | None,
    fastest: float | None,
    swapped: list[tuple[int, int]],
) -> None:
    own = [_day(number, readings) for number, readings in enumerate(values) if readings]
    swapped_at = tuple(sorted({day * DAY + hour * HOUR for day, hour in swapped}))
    counting = Counting(rolls_over_at, fastest, swapped_at)
    start, end = min(first, second) * DAY, max(first, second) * DAY
    asked = Span(start, end, day_of(start), day_of(end), day_of(start), day_of(end))

    def rose(tracks: list[Track]) -> object:
        track = Track(*(np.concatenate(columns) for columns in zip(*tracks, strict=True)))
        begins = (np.arange(len(track)) == 0) | np.isin(track.at, swapped_at)
        return _used_by_readings(track.take(~slips(track, begins, limit(fastest))), asked, counting)

    if own:
        assert rose([enough_to_count([_forgotten(track, swapped_at)]) for track in own]) == rose(own)


def _day(number: int, readings: list[int]) -> Track:
    size = len(readings)
    at = number * DAY + np.arange(1, size + 1) * HOUR
    return Track(np.ones(size, dtype=np.int64), at, np.array(readings, dtype=float), np.full(size, STORED))


def _forgotten(track: Track, swapped_at: tuple[int, ...]) -> PackedDay:
    _, moments, value, _ = track.take(remnant(track, swapped_at))
    packed = pack_readings(np.diff(moments, prepend=moments[0] - moments[0] % DAY), value)
    return PackedDay(1, day_of(int(moments[0])), CODEC, packed, held=Held.FORGOTTEN, length=len(track))
