"""Read from the archive the readings whose series-days say that they are there."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, Integer, and_, select
from sqlmodel import Session, col

from telemetry.archive_folder import NoArchive, found
from telemetry.asked_rows import asked_rows
from telemetry.lots import KEYS, lots
from telemetry.moment import Moments
from telemetry.tables import ArchiveFileRecord, SeriesDayRecord, SeriesRecord, TenantRecord, tenant_of
from telemetry.track import Numbers

Place = tuple[int, int, date]
"""The shard, series and day under which a series-day is kept."""


class _Wanted(NamedTuple):
    """One archived series-day: its place, how many readings it must have, and the file they are in."""

    shard: int
    series: int
    day: date
    length: int
    asset_id: UUID
    metric: str
    path: str | None

    @property
    def name(self) -> tuple[str, str]:
        return str(self.asset_id), self.metric


def archived_readings(session: Session, places: Sequence[Place]) -> dict[Place, tuple[Moments, Numbers]]:
    """Give moments and values of archived series-days: each file is opened once, and only in part.

    Raises NoArchive and ArchiveUnreadable; a file with fewer readings than there were is unreadable as well.
    """
    given: dict[Place, tuple[Moments, Numbers]] = {}
    for some in lots(places, KEYS):
        rows = sorted((_Wanted(*row) for row in session.execute(_query(session, some))), key=attrgetter("day"))
        for day, own in groupby(rows, key=attrgetter("day")):
            given |= _of_one_day(session, day, list(own))
    return given


def archive_of(session: Session) -> Path:
    """Give the archive's folder; `pas.db` bound it when the session began.

    Raises NoArchive.
    """
    folder = session.info.get("archive")
    if not isinstance(folder, Path):
        sentence = "these readings lie in the archive, and this process was not told where that is; set PAS_HOME"
        raise NoArchive(sentence, field="archive")
    return folder


def tenant_name(session: Session) -> str:
    """Give the tenant's slug, which names its part of the archive."""
    return session.exec(select(TenantRecord.slug).where(col(TenantRecord.id) == tenant_of(session))).scalar_one()  # type: ignore[call-overload]


def _query(session: Session, places: Sequence[Place]) -> Any:
    asked = asked_rows(session, places, shard=Integer(), series=Integer(), day=Date())
    one, series, file = SeriesDayRecord, SeriesRecord, ArchiveFileRecord
    own = col(one.tenant_id) == tenant_of(session)
    in_file = and_(col(file.tenant_id) == col(one.tenant_id), col(file.day) == col(one.day))
    named = and_(col(series.tenant_id) == col(one.tenant_id), col(series.number) == col(one.series))
    return (
        select(
            col(one.shard), col(one.series), col(one.day), col(one.count),
            col(series.asset_id), col(series.metric), col(file.path),
        )
        .select_from(one)
        .join(asked, and_(asked.c.shard == one.shard, asked.c.series == one.series, asked.c.day == one.day))
        .join(series, named)
        .outerjoin(file, in_file)
        .where(own)
    )  # fmt: skip


def _of_one_day(session: Session, day: date, rows: list[_Wanted]) -> dict[Place, tuple[Moments, Numbers]]:
    from telemetry.parquet_gateway import ArchiveUnreadable, read_series, unreadable  # noqa: PLC0415 - heavy, seldom

    file = archive_of(session) / (rows[0].path or f"day={day}/none.parquet")
    wanted = {row.name for row in rows}
    try:
        read = read_series(found(file), wanted)
    except ArchiveUnreadable:
        read = read_series(found(file), wanted)  # it was just put in its place by the run that wrote it
    for row in rows:
        if row.name not in read or len(read[row.name][0]) != row.length:
            has = len(read[row.name][0]) if row.name in read else 0
            raise unreadable(file, f"it has {has} readings of {row.metric} of {row.asset_id} instead of {row.length}")
    return {(row.shard, row.series, row.day): read[row.name] for row in rows}
