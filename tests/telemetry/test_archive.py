"""Cold readings lie in files that everybody can read; we answer from them as if they had never moved."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event

import pandas as pd
import pytest
from sqlalchemy import func
from sqlmodel import Session, col, select

from pas import keep_archive
from pas.db import Database
from pas.keep_archive import Archived, archive_months, what_is_due
from telemetry.archive_day import draw_up_day, seal_day
from telemetry.archive_folder import ArchiveBusy, NoArchive, alone
from telemetry.held import Held
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.parquet_gateway import ArchiveUnreadable
from telemetry.queries import days, every_reading, gauge_means, hours, series, usage
from telemetry.tables import ArchiveFileRecord, SeriesDayRecord
from tests.conftest import add_tenant
from tests.telemetry.archived_readings import THINGS, table, take_in

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2016, 11, 2, tzinfo=UTC)


@pytest.fixture
def kept(database: Database, tenant: int, tmp_path: Path) -> Database:
    """Readings of ten years ago and of last week, nothing archived yet."""
    database.archive = tmp_path / "archive"
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    take_in(database, tenant, table(LONG_AGO), now=NOW)
    take_in(database, tenant, table(NOW - timedelta(days=7)), now=NOW)
    return database


def asked(session: Session) -> list[object]:
    """All that can be asked of these readings, at odd moments."""
    answers: list[object] = [frame.to_csv(index=False) for frame in every_reading(session)]
    start, end = LONG_AGO + timedelta(hours=5, minutes=3), LONG_AGO + timedelta(days=1, hours=7)
    for thing in THINGS:
        answers.append(usage(session, wanted=[(thing, "energy")], start=start, end=end))
        answers.append(usage(session, wanted=[(thing, "energy")], start=LONG_AGO, end=NOW))
        answers.append(gauge_means(session, wanted=[(thing, "ambient_temperature")], start=start, end=end))
        for metric in ("energy", "ambient_temperature"):
            span = {"asset_id": thing, "metric": metric, "start": start, "end": NOW}
            answers.extend(question(session, **span).to_csv(index=False) for question in (series, hours, days))
    return answers


def all_answers(database: Database, tenant: int) -> list[object]:
    with database.reading(tenant) as session:
        return asked(session)


def files(database: Database) -> list[Path]:
    assert database.archive is not None
    return sorted(database.archive.rglob("*.parquet"))


def held(database: Database, tenant: int, day: date) -> set[int]:
    with database.reading(tenant) as session:
        return set(session.exec(select(SeriesDayRecord.held).where(col(SeriesDayRecord.day) == day)))


def run(database: Database, tenant: int, *, after_months: int = 3, now: datetime = NOW) -> Archived:
    return archive_months(database, tenant, after_months=after_months, now=now)


def test_every_answer_is_the_same_when_the_readings_have_moved(kept: Database, tenant: int) -> None:
    before = all_answers(kept, tenant)
    with kept.reading(tenant) as session:
        cold = session.exec(
            select(func.sum(SeriesDayRecord.count)).where(col(SeriesDayRecord.day) < date(2026, 1, 1))
        ).one()

    due = what_is_due(kept, tenant, after_months=3, now=NOW)
    done = run(kept, tenant)

    assert due._replace(bytes=done.bytes) == done == Archived(2, 12, cold, done.bytes)
    assert len(files(kept)) == 2
    assert held(kept, tenant, LONG_AGO.date()) == {Held.ARCHIVED}
    with kept.reading(tenant) as session:
        assert (
            session.exec(
                select(func.max(func.length(SeriesDayRecord.readings))).where(
                    col(SeriesDayRecord.held) == Held.ARCHIVED
                )
            ).one()
            == 0
        )
    assert all_answers(kept, tenant) == before


def test_a_reading_from_ten_years_ago_is_found(kept: Database, tenant: int) -> None:
    run(kept, tenant)

    with kept.reading(tenant) as session:
        found = series(
            session, asset_id=THINGS[1], metric="energy", start=LONG_AGO, end=LONG_AGO + timedelta(minutes=50)
        )

    assert found["value"].tolist() == [1.0, 2.0]
    assert found["at"].tolist() == [LONG_AGO, LONG_AGO + timedelta(minutes=40, milliseconds=1)]


def test_a_second_run_has_nothing_to_do(kept: Database, tenant: int) -> None:
    run(kept, tenant)
    before = {file: file.stat().st_mtime_ns for file in files(kept)}

    assert run(kept, tenant) == Archived()
    assert {file: file.stat().st_mtime_ns for file in files(kept)} == before


def test_the_worker_moves_a_few_days_at_a_time_and_outlives_a_tenant_whose_archive_is_harmed(
    kept: Database, tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep_archive, "DAYS_AT_ONCE", 1)
    before = all_answers(kept, tenant)

    def some(stop: Event) -> Archived:
        return keep_archive.archive_some_days(kept, after_months=3, now=NOW, stop=stop)

    assert [some(Event()).days for _ in range(3)] == [1, 1, 0]
    assert all_answers(kept, tenant) == before
    take_in(kept, tenant, table(LONG_AGO + timedelta(minutes=20), count=1).iloc[:1], now=NOW)
    min(files(kept)).unlink()
    assert some(Event()) == Archived()


def test_months_that_are_not_old_enough_stay(kept: Database, tenant: int) -> None:
    assert run(kept, tenant, after_months=0) == Archived()
    assert run(kept, tenant, after_months=121) == Archived()
    assert run(kept, tenant, after_months=119).days == 2
    assert held(kept, tenant, date(2026, 10, 25)) == {Held.HERE}


def test_a_late_reading_brings_its_series_back_and_the_next_run_writes_the_day_anew(
    kept: Database, tenant: int
) -> None:
    run(kept, tenant)
    old = files(kept)
    late = table(LONG_AGO + timedelta(minutes=20), count=3, metrics=("energy",)).iloc[:3]

    take_in(kept, tenant, late, now=NOW)
    take_in(kept, tenant, late.assign(source="again"), now=NOW)

    assert held(kept, tenant, LONG_AGO.date()) == {Held.HERE, Held.ARCHIVED}
    before = all_answers(kept, tenant)
    with kept.reading(tenant) as session:
        span = {"start": LONG_AGO, "end": LONG_AGO + timedelta(minutes=65)}
        assert len(series(session, asset_id=THINGS[0], metric="energy", **span)) == 4
        assert len(series(session, asset_id=THINGS[1], metric="energy", **span)) == 2
    assert run(kept, tenant).days == 1
    assert all_answers(kept, tenant) == before
    assert len(files(kept)) == 2
    assert set(old) - set(files(kept)) == {old[0]}
    assert pd.read_parquet(files(kept)[0]).shape[0] == 36 * 6 + 3


def test_a_run_that_was_killed_before_the_rows_were_emptied_leaves_nothing_to_be_seen(
    kept: Database, tenant: int
) -> None:
    before = all_answers(kept, tenant)
    with kept.reading(tenant) as session:
        assert draw_up_day(session, day=LONG_AGO.date()) is not None

    assert files(kept) == []
    assert all_answers(kept, tenant) == before
    assert run(kept, tenant).days == 2
    assert all_answers(kept, tenant) == before


def test_a_run_that_was_killed_before_the_file_was_in_its_place_is_completed_by_the_next(
    kept: Database, tenant: int
) -> None:
    before = all_answers(kept, tenant)
    with kept.reading(tenant) as session:
        draft = draw_up_day(session, day=LONG_AGO.date())
    assert draft is not None
    with kept.writing(tenant) as session:
        assert seal_day(session, draft, now=NOW) is not None

    assert files(kept) == []
    assert all_answers(kept, tenant) == before
    assert run(kept, tenant).days == 1
    assert len(files(kept)) == 2
    assert all_answers(kept, tenant) == before


def test_what_a_killed_run_left_is_removed_in_the_end(kept: Database, tenant: int) -> None:
    run(kept, tenant)
    [first, _] = files(kept)
    orphan, half = first.with_name("_9.parquet.aside"), first.with_name("_8.parquet.aside.unfinished")
    orphan.write_bytes(b"orphan")
    half.write_bytes(b"half")
    stray = first.with_name("7.parquet")
    stray.write_bytes(b"stray")

    run(kept, tenant)
    assert not half.exists()
    assert not stray.exists()
    os.utime(orphan, (NOW.timestamp(), NOW.timestamp()))
    run(kept, tenant, now=NOW + timedelta(hours=2))

    assert sorted(first.parent.iterdir()) == [first]


def test_a_day_that_changed_while_its_file_was_written_stays(kept: Database, tenant: int) -> None:
    with kept.reading(tenant) as session:
        draft = draw_up_day(session, day=LONG_AGO.date())
    assert draft is not None
    take_in(kept, tenant, table(LONG_AGO + timedelta(minutes=20), count=1), now=NOW)
    before = all_answers(kept, tenant)

    with kept.writing(tenant) as session:
        assert seal_day(session, draft, now=NOW) is None

    assert held(kept, tenant, LONG_AGO.date()) == {Held.HERE}
    run(kept, tenant)
    assert all_answers(kept, tenant) == before


@pytest.mark.parametrize("harm", ["missing", "cut off", "changed", "of another day"])
def test_a_missing_or_harmed_file_is_never_taken_for_no_readings(kept: Database, tenant: int, harm: str) -> None:
    run(kept, tenant)
    [first, second] = files(kept)
    held_bytes = bytearray(first.read_bytes())
    held_bytes[len(held_bytes) // 3] ^= 0xFF
    new = {"cut off": held_bytes[:-200], "changed": held_bytes, "of another day": second.read_bytes()}
    first.unlink() if harm == "missing" else first.write_bytes(new[harm])

    with kept.reading(tenant) as session, pytest.raises(ArchiveUnreadable) as refused:
        list(every_reading(session))

    assert str(LONG_AGO.date()) in refused.value.sentence
    assert str(first) in refused.value.sentence


def test_archived_readings_are_not_answered_without_the_archive(kept: Database, tenant: int) -> None:
    run(kept, tenant)
    kept.archive = None

    with kept.reading(tenant) as session, pytest.raises(NoArchive):
        list(every_reading(session))


def test_each_tenant_has_an_archive_of_its_own(kept: Database, tenant: int) -> None:
    other = add_tenant(kept, "other")
    with kept.writing(other) as session:
        keep_metrics(session, CATALOGUE)
    take_in(kept, other, table(LONG_AGO, count=3), now=NOW)
    before = all_answers(kept, tenant), all_answers(kept, other)

    run(kept, tenant)
    run(kept, other)

    assert (all_answers(kept, tenant), all_answers(kept, other)) == before
    assert {file.relative_to(kept.archive or Path()).parts[0] for file in files(kept)} == {
        "tenant=maker",
        "tenant=other",
    }


def test_one_process_at_a_time_works_in_the_archive(kept: Database, tenant: int) -> None:
    assert kept.archive is not None
    with alone(kept.archive, wait=False), pytest.raises(ArchiveBusy):
        run(kept, tenant)
    assert run(kept, tenant).days == 2


def test_the_manifest_says_what_is_in_a_file(kept: Database, tenant: int) -> None:
    run(kept, tenant)

    with kept.reading(tenant) as session:
        rows = session.exec(select(ArchiveFileRecord).order_by(col(ArchiveFileRecord.day))).all()

    assert [row.path for row in rows] == [file.relative_to(kept.archive or Path()).as_posix() for file in files(kept)]
    for row, file in zip(rows, files(kept), strict=True):
        frame = pd.read_parquet(file)
        at = frame["at"].astype("int64")
        assert (row.count, row.series, row.size) == (len(frame), 6, file.stat().st_size)
        assert (row.first_at, row.last_at) == (at.min(), at.max())
        assert frame.sort_values(["asset_id", "metric", "at"], kind="stable").index.tolist() == list(range(len(frame)))
