"""Find the days whose readings are due to leave the database, and the files that hold those that left."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from telemetry.held import Held
from telemetry.shard import SHARDS
from telemetry.tables import ArchiveFileRecord, SeriesDayRecord


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


def manifest(session: Session, *, day: date | None = None) -> frozenset[str]:
    """Name the files that hold the archive, or one day of it."""
    query = select(col(ArchiveFileRecord.path))
    return frozenset(session.scalars(query if day is None else query.where(col(ArchiveFileRecord.day) == day)))


def _cold(before: date) -> tuple[ColumnElement[bool], ...]:
    one = SeriesDayRecord
    return col(one.shard).in_(range(SHARDS)), col(one.held) == Held.HERE, col(one.day) < before
