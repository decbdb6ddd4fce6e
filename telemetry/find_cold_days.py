"""Find the days whose readings are due to leave the database, and the files that hold those that left."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Join, and_, false, func, join, or_, select
from sqlmodel import Session, col

from telemetry.held import Held
from telemetry.moment import day_of
from telemetry.shard import SHARDS
from telemetry.tables import ArchiveFileRecord, MetricRecord, ReadingBatchRecord, SeriesDayRecord, SeriesRecord


class Waiting(NamedTuple):
    """How much is due."""

    days: int
    series_days: int
    readings: int


def cold_days(session: Session, *, before: date) -> list[date]:
    """Give the days before a date of which some readings are still in the database, in order."""
    query = select(col(SeriesDayRecord.day)).where(*_cold(before)).distinct()
    return sorted(session.scalars(query))


def waiting(session: Session, *, before: date) -> Waiting:
    """Count what is due."""
    one = SeriesDayRecord
    counts = (func.count(func.distinct(one.day)), func.count(), func.coalesce(func.sum(one.count), 0))
    days, series_days, readings = session.execute(select(*counts).where(*_cold(before))).one()
    return Waiting(days, series_days, int(readings))


def days_to_forget(session: Session) -> dict[date, set[str]]:
    """Give the days of which single readings are still kept that were to be forgotten, and of which metrics."""
    found: dict[date, set[str]] = {}
    query = select(col(SeriesDayRecord.day), col(SeriesRecord.metric)).where(_behind(_decided(session))).distinct()
    for day, metric in session.execute(query.select_from(_with_series())).all():
        found.setdefault(day, set()).add(metric)
    return dict(sorted(found.items()))


def to_forget(session: Session, before: Mapping[str, date]) -> Waiting:
    """Count what would be forgotten, given from which day on each metric's readings are kept."""
    one = SeriesDayRecord
    counts = (func.count(func.distinct(one.day)), func.count(), func.coalesce(func.sum(one.count), 0))
    query = select(*counts).select_from(_with_series()).where(_behind(before))
    days, series_days, readings = session.execute(query).one()
    return Waiting(days, series_days, int(readings))


def first_open_day(session: Session) -> date | None:
    """Give the earliest day of a reading that does not lie in its series-day yet."""
    one = ReadingBatchRecord
    first = session.scalar(select(func.min(one.first_at)).where(col(one.is_open)))
    return None if first is None else day_of(first)


def _decided(session: Session) -> dict[str, date]:
    one = MetricRecord
    query = select(col(one.code), col(one.forgotten_before)).where(col(one.forgotten_before).is_not(None))
    return {code: before for code, before in session.execute(query)}  # noqa: C416 - rows are no pairs


def _with_series() -> Join:
    one, series = SeriesDayRecord, SeriesRecord
    return join(one, series, (col(series.tenant_id) == one.tenant_id) & (col(series.number) == one.series))


def _behind(before: Mapping[str, date]) -> ColumnElement[bool]:
    one = SeriesDayRecord
    due = (and_(col(SeriesRecord.metric) == code, col(one.day) < day) for code, day in before.items())
    return and_(col(one.shard).in_(range(SHARDS)), col(one.held) != Held.FORGOTTEN, or_(false(), *due))


def manifest(session: Session, *, day: date | None = None) -> frozenset[str]:
    """Name the files that hold the archive, or one day of it."""
    query = select(col(ArchiveFileRecord.path))
    return frozenset(session.scalars(query if day is None else query.where(col(ArchiveFileRecord.day) == day)))


def _cold(before: date) -> tuple[ColumnElement[bool], ...]:
    one = SeriesDayRecord
    return col(one.shard).in_(range(SHARDS)), col(one.held) == Held.HERE, col(one.day) < before
