"""Move the readings of one day from the database into a file of the archive; rollups stay.

Two steps, and a kill between them loses nothing: `draw_up_day` writes the file aside and reads it back;
`seal_day` empties the rows in the transaction that names the file in the manifest.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import accumulate, groupby
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import select, tuple_, update
from sqlmodel import Session, col

from telemetry.archive_folder import make_room, name_of, sync
from telemetry.find_series_days import Place, at_places, packed_days
from telemetry.held import Held
from telemetry.lock_journal import lock_journal
from telemetry.lots import KEYS, lots
from telemetry.parquet_gateway import AT_ONCE, Chunk, Content, Name, read_day, sha256_of, unreadable, write_day
from telemetry.read_archive import archive_of, tenant_name
from telemetry.series_day import PackedDay, unpacked
from telemetry.shard import SHARDS
from telemetry.tables import ArchiveFileRecord, MetricRecord, SeriesDayRecord, SeriesRecord, tenant_of

_ALL_SHARDS = 0
"""One file holds the readings of every shard."""


class Row(NamedTuple):
    """One series-day, without its readings."""

    shard: int
    series: int
    day: date
    held: int
    length: int
    asset_id: UUID
    metric: str
    unit: str

    @property
    def place(self) -> Place:
        """Tell under which key it is kept."""
        return self.shard, self.series, self.day

    @property
    def name(self) -> Name:
        """Tell under which name it stands in the file."""
        return str(self.asset_id), self.metric


class NewFile(NamedTuple):
    """A file written aside, and found equal to the database."""

    path: str
    content: Content
    size: int
    sha256: str


class Draft(NamedTuple):
    """A day's new file, and the rows to be emptied once it is named."""

    day: date
    generation: int
    """Of the file that it follows; 0 where there was none."""
    file: NewFile
    moved: dict[Place, bytes]
    """Rows that go into the file, with the digests of what they held."""


class Sealed(NamedTuple):
    """What moved: series-days and readings, and how large the file is that holds the day's."""

    day: date
    series_days: int
    readings: int
    size: int


def draw_up_day(session: Session, *, day: date) -> Draft | None:
    """Write all that is archived of a day, and what is to be, to a new file aside; None where nothing waits.

    Changes no row. Raises NoArchive, and ArchiveUnreadable if the file does not read back as it was written.
    """
    rows = rows_of(session, day)
    if not any(row.held == Held.HERE for row in rows):
        return None
    moved: dict[Place, bytes] = {}
    generation = generation_of(session, day)
    file = write_file(session, day, generation, [row for row in rows if row.held != Held.FORGOTTEN], moved)
    return Draft(day, generation, file, moved)


def seal_day(session: Session, draft: Draft, *, now: datetime) -> Sealed | None:
    """Name a drawn-up file as the day's and empty the rows that went into it, if they still hold what went in.

    None where a row or the file changed meanwhile: then nothing is done, and the day is drawn up anew the next time.
    """
    lock_journal(session)
    same_file = generation_of(session, draft.day) == draft.generation
    if not same_file or digests(session, list(draft.moved)) != draft.moved:
        return None

    _empty(session, list(draft.moved))
    name_file(session, draft.day, draft.generation, draft.file, now=now)
    return Sealed(draft.day, len(draft.moved), draft.file.content.readings, draft.file.size)


def generation_of(session: Session, day: date) -> int:
    """Give how often a day's file was written; 0 where it has none."""
    named = session.get(ArchiveFileRecord, (tenant_of(session), _ALL_SHARDS, day), populate_existing=True)
    return named.generation if named else 0


def name_file(session: Session, day: date, generation: int, file: NewFile | None, *, now: datetime) -> None:
    """Name a file as the one that follows the day's of a generation; with None the day has no file any more."""
    before = session.get(ArchiveFileRecord, (tenant_of(session), _ALL_SHARDS, day))
    if file is not None:
        named = _manifest(session, day, generation + 1, file, now)
        session.merge(named) if before else session.add(named)
    elif before is not None:
        session.delete(before)
    session.flush()


def rows_of(session: Session, day: date) -> list[Row]:
    """Find a day's series in the order in which they stand in the file."""
    one, series, metric = SeriesDayRecord, SeriesRecord, MetricRecord
    query = (
        select(one.shard, one.series, one.day, one.held, one.count, series.asset_id, series.metric, metric.unit)  # type: ignore[call-overload]
        .join(series, (col(series.tenant_id) == one.tenant_id) & (col(series.number) == one.series))
        .join(metric, (col(metric.tenant_id) == series.tenant_id) & (col(metric.code) == series.metric))
        .where(col(one.shard).in_(range(SHARDS)), col(one.day) == day)
    )
    return sorted((Row(*row) for row in session.execute(query)), key=lambda row: row.name)


def write_file(session: Session, day: date, generation: int, rows: Sequence[Row], moved: dict[Place, bytes]) -> NewFile:
    """Write the file that follows a day's of a generation; `moved` gets the digests of what was in the database.

    Raises NoArchive, and ArchiveUnreadable if the file does not read back as it was written.
    """
    path = name_of(tenant_name(session), day, generation + 1)
    place = make_room(archive_of(session) / path)

    wrote = write_day(place, _chunks(session, rows, moved))
    sync(place.parent)
    if read_day(place) != wrote or wrote.readings != sum(row.length for row in rows):
        raise unreadable(place, "it does not read back as it was written")
    return NewFile(path, wrote, place.stat().st_size, sha256_of(place))


def _chunks(session: Session, rows: Sequence[Row], moved: dict[Place, bytes]) -> Iterator[Chunk]:
    """Load some series at a time, and keep the digest of each row that is read from the database."""
    ends = accumulate(row.length for row in rows)
    for _, some in groupby(zip(rows, ends, strict=True), key=lambda pair: (pair[1] - 1) // AT_ONCE):
        own = [row for row, _ in some]
        packed = {(one.series, one.day): one for one in packed_days(session, [row.place for row in own])}
        here = [packed[row.series, row.day] for row in own]
        moved |= {row.place: digest(one) for row, one in zip(own, here, strict=True) if one.held == Held.HERE}
        yield _chunk(own, here)


def _chunk(rows: Sequence[Row], packed: Sequence[PackedDay]) -> Chunk:
    tracks = [unpacked([one]) for one in packed]
    return Chunk(
        name=[row.name for row in rows],
        unit=[row.unit for row in rows],
        length=np.array([len(track) for track in tracks]),
        at=np.concatenate([track.at for track in tracks]),
        value=np.concatenate([track.value for track in tracks]),
    )


def digest(one: PackedDay) -> bytes:
    """Tell one state of a row's readings from another."""
    return hashlib.sha256(b"%d " % one.codec + one.readings).digest()


def digests(session: Session, places: Collection[Place]) -> dict[Place, bytes]:
    """Take the digests of rows as they are now, held until the transaction ends."""
    one, found = SeriesDayRecord, {}
    for some in lots(places, KEYS):
        asked = at_places(session, some)
        query = select(one.shard, one.series, one.day, one.codec, one.readings).where(  # type: ignore[call-overload]
            col(one.tenant_id) == tenant_of(session),
            col(one.held) == Held.HERE,
            *(getattr(one, name) == asked.c[name] for name in ("shard", "series", "day")),
        )
        for shard, series, day, codec, readings in session.execute(query.with_for_update(of=one)):
            found[shard, series, day] = digest(PackedDay(series, day, codec, readings))
    return found


def _empty(session: Session, places: Iterable[Place]) -> None:
    one = SeriesDayRecord
    for some in lots(places, KEYS):
        chosen = tuple_(col(one.shard), col(one.series), col(one.day)).in_(select(*at_places(session, some).c))
        values: dict[str, Any] = {"held": int(Held.ARCHIVED), "readings": b""}
        session.execute(update(one).where(chosen).values(values).execution_options(synchronize_session=False))


def _manifest(session: Session, day: date, generation: int, file: NewFile, now: datetime) -> ArchiveFileRecord:
    return ArchiveFileRecord(
        tenant_id=tenant_of(session),
        shard=_ALL_SHARDS,
        day=day,
        generation=generation,
        path=file.path,
        size=file.size,
        sha256=file.sha256,
        verified_at=now,
        series=file.content.series,
        count=file.content.readings,
        first_at=file.content.first_at,
        last_at=file.content.last_at,
        checksum=file.content.checksum,
    )
