"""Say whether every file of the archive is there, and is what was verified when it was written."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlmodel import Session, col, select

from telemetry.archive_folder import found
from telemetry.held import Held
from telemetry.parquet_gateway import ArchiveUnreadable, sha256_of
from telemetry.read_archive import archive_of
from telemetry.tables import ArchiveFileRecord, SeriesDayRecord


class ArchivedFile(NamedTuple):
    """A file of the archive, its place within the folder, and what is wrong with it; empty where nothing is."""

    path: str
    sha256: str
    size: int
    fault: str


def archived_files(session: Session) -> Iterator[ArchivedFile]:
    """Read every byte of every file, in the order of the days.

    Raises NoArchive.
    """
    for one in session.exec(select(ArchiveFileRecord).order_by(col(ArchiveFileRecord.day))).all():
        file = found(archive_of(session) / one.path)
        try:
            fault = "" if sha256_of(file) == one.sha256 else f"{one.path} of {one.day} was changed after it was written"
        except ArchiveUnreadable as unreadable:
            fault = unreadable.sentence
        yield ArchivedFile(one.path, one.sha256, one.size, fault)


def days_without_file(session: Session) -> list[str]:
    """Name the days whose rows say that their readings are archived, while no file is named for them."""
    named = select(col(ArchiveFileRecord.day))
    query = select(col(SeriesDayRecord.day)).where(
        col(SeriesDayRecord.held) == Held.ARCHIVED, col(SeriesDayRecord.day).not_in(named)
    )
    return [f"no file is named for the archived readings of {day}" for day in sorted(session.exec(query.distinct()))]
