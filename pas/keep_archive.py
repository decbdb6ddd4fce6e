"""Keep the archive: move the readings of cold months to files, forget the oldest; each day wholly or not at all."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import NamedTuple

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.forget_readings import decide_to_forget, old_enough
from pas.db import Database
from pas.log import logger
from telemetry.archive_day import Sealed, draw_up_day, seal_day
from telemetry.archive_folder import NoArchive, alone, put_in_order
from telemetry.find_cold_days import cold_days, days_to_forget, manifest, to_forget, waiting
from telemetry.forget_day import Forgotten as ForgottenDay
from telemetry.forget_day import draw_up_forgetting, seal_forgetting
from telemetry.read_archive import tenant_name
from telemetry.refusal import Refusal
from telemetry.tables import TenantRecord

log = logger("archive")

DAYS_AT_ONCE = 3
"""So many days of a tenant are moved between two looks at other work."""

Tick = Callable[[int], None]


class Archived(NamedTuple):
    """What a run moved into files, or, of a trial, would move."""

    days: int = 0
    series_days: int = 0
    readings: int = 0
    bytes: int = 0


class Forgotten(NamedTuple):
    """What was forgotten, or of a trial would be, and from which day on each such metric's readings are kept."""

    days: int = 0
    series_days: int = 0
    readings: int = 0
    since: Mapping[str, str] = MappingProxyType({})


def archive_months(
    database: Database,
    tenant_id: int,
    *,
    after_months: int,
    now: datetime,
    most: int | None = None,
    stop: Event | None = None,
    tick: Tick = lambda _days: None,
) -> Archived:
    """Move the days of the months that ended so many months ago, and put the files in order; 0 months is never.

    At most so many days, all if none is said; ends early, between two days, when told to stop.
    Raises NoArchive, ArchiveBusy and ArchiveUnreadable.
    """
    done = Archived()
    if not after_months:
        return done
    with alone(_folder(database), wait=False):
        _in_order(database, tenant_id, now)
        for day in _cold(database, tenant_id, _first_kept(now, after_months))[:most]:
            if stop is not None and stop.is_set():
                break
            done = _added(done, _archive_day(database, tenant_id, day, now))
            tick(1)
    return done


def archive_some_days(database: Database, *, after_months: int, now: datetime, stop: Event) -> Archived:
    """Move a few days of every tenant, for the worker, which has other work too.

    What goes wrong with one tenant is logged and tried again the next time.
    """
    done = Archived()
    for tenant_id in _tenants(database):
        try:
            moved = archive_months(
                database, tenant_id, after_months=after_months, now=now, most=DAYS_AT_ONCE, stop=stop
            )
        except (Refusal, OSError):
            log.exception("the readings of a tenant were not archived", tenant=tenant_id)
            continue
        done = Archived(*(a + b for a, b in zip(done, moved, strict=True)))
    return done


def what_is_due(database: Database, tenant_id: int, *, after_months: int, now: datetime) -> Archived:
    """Tell what a run would move; the files' size is not known before."""
    if not after_months:
        return Archived()
    with database.reading(tenant_id) as session:
        return Archived(*waiting(session, before=_first_kept(now, after_months)))


def what_may_be_forgotten(database: Database, tenant_id: int, *, now: datetime) -> Forgotten:
    """Tell what `forget_readings` would forget. Raises KeptTooShort."""
    with database.reading(tenant_id) as session:
        since = old_enough(session, now=now)
        return Forgotten(*to_forget(session, since), _texts(since))


def forget_readings(
    database: Database, tenant_id: int, *, now: datetime, by: Actor, tick: Tick = lambda _days: None
) -> Forgotten:
    """Forget the single readings that are older than their metric is kept, day by day; rollups stay.

    What is to be forgotten is decided and audited first; a run that was killed is completed by the next.
    Raises KeptTooShort, NoArchive, ArchiveBusy and ArchiveUnreadable.
    """
    with alone(_folder(database), wait=False):
        with database.writing(tenant_id) as session:
            done = Forgotten(since=_texts(decide_to_forget(session, now=now, by=by)))
        with database.reading(tenant_id) as session:
            due = days_to_forget(session)
        for day, metrics in due.items():
            done = _and(done, _forget_day(database, tenant_id, day, metrics, now))
            tick(1)
    return done


def _forget_day(
    database: Database, tenant_id: int, day: date, metrics: Collection[str], now: datetime
) -> ForgottenDay | None:
    with _one_moment(database, tenant_id) as session:
        drawn = draw_up_forgetting(session, day=day, metrics=metrics)
    if drawn is None:
        return None
    with database.writing(tenant_id) as session:
        sealed = seal_forgetting(session, drawn, now=now)
    if drawn.rewrites:
        _in_order(database, tenant_id, now, day)
    return sealed


def _and(done: Forgotten, day: ForgottenDay | None) -> Forgotten:
    if day is None:
        return done
    return done._replace(
        days=done.days + 1, series_days=done.series_days + day.series_days, readings=done.readings + day.readings
    )


def _texts(since: Mapping[str, date]) -> dict[str, str]:
    return {code: day.isoformat() for code, day in since.items()}


def _first_kept(now: datetime, after_months: int) -> date:
    """Give the first day of the oldest month that stays.

    >>> from datetime import UTC
    >>> _first_kept(datetime(2026, 3, 15, tzinfo=UTC), 3)
    datetime.date(2025, 12, 1)
    """
    year, month = divmod(now.year * 12 + now.month - 1 - after_months, 12)
    return date(max(year, 1), month + 1, 1)


def _archive_day(database: Database, tenant_id: int, day: date, now: datetime) -> Sealed | None:
    """Write the file, name it in one transaction with the emptying of the rows, and let it take its place."""
    with _one_moment(database, tenant_id) as session:
        draft = draw_up_day(session, day=day)
    if draft is None:
        return None
    with database.writing(tenant_id) as session:
        sealed = seal_day(session, draft, now=now)
    _in_order(database, tenant_id, now, day)
    return sealed


@contextmanager
def _one_moment(database: Database, tenant_id: int) -> Iterator[Session]:
    """Read everything as it stood at one moment; SQLite's read transaction already does."""
    with database.reading(tenant_id) as session:
        if not database.is_sqlite:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def _in_order(database: Database, tenant_id: int, now: datetime, day: date | None = None) -> None:
    """Let the files stand as the manifest says, of one day or of all."""
    with database.reading(tenant_id) as session:
        named, tenant = manifest(session, day=day), tenant_name(session)
    put_in_order(_folder(database), tenant, named, day=day, now=now)


def _cold(database: Database, tenant_id: int, before: date) -> list[date]:
    with database.reading(tenant_id) as session:
        return cold_days(session, before=before)


def _tenants(database: Database) -> list[int]:
    with database.looking_in() as session:
        return list(session.scalars(select(col(TenantRecord.id)).order_by(col(TenantRecord.slug))))


def _folder(database: Database) -> Path:
    if database.archive is None:
        raise NoArchive("no folder is set for the archive; set PAS_HOME", field="archive")
    return database.archive


def _added(done: Archived, day: Sealed | None) -> Archived:
    if day is None:
        return done
    return Archived(
        done.days + 1, done.series_days + day.series_days, done.readings + day.readings, done.bytes + day.size
    )
