"""Move the readings of one day from the database into a file of the archive, or forget them; rollups stay.

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
from telemetry.lots import KEYS, lots
from telemetry.parquet_gateway import AT_ONCE, Chunk, Content, read_day, sha256_of, unreadable, write_day
from telemetry.read_archive import archive_of, tenant_name
from telemetry.series_day import PackedDay, unpacked
from telemetry.shard import SHARDS
from telemetry.tables import ArchiveFileRecord, MetricRecord, SeriesDayRecord, SeriesRecord, tenant_of

_ALL_SHARDS = 0
"""One file holds the readings of every shard."""


class _Row(NamedTuple):
    """One series-day, without its readings."""

    shard: int
    series: int
    day: date
    held: int
    count: int
    asset_id: UUID
    metric: str
    unit: str

    @property
    def place(self) -> Place:
        return self.shard, self.series, self.day

    @property
    def name(self) -> tuple[str, str]:
        return str(self.asset_id), self.metric


class Draft(NamedTuple):
    """A day's new file, written aside and found equal to the database, and the rows to be emptied once it is named."""

    day: date
    generation: int
    """Of the file that it follows; 0 where there was none."""
    path: str
    content: Content
    size: int
    sha256: str
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
    rows = _rows(session, day)
    into_file = [row for row in rows if row.held != Held.FORGOTTEN]
    if not any(row.held == Held.HERE for row in into_file):
        return None
    before = session.get(ArchiveFileRecord, (tenant_of(session), _ALL_SHARDS, day))
    generation = before.generation if before else 0
    return _written(session, day, generation, into_file)


def seal_day(session: Session, draft: Draft, *, now: datetime) -> Sealed | None:
    """Name a drawn-up file as the day's and empty the rows that went into it, if they still hold what went in.

    None where a row or the file changed meanwhile: then nothing is done, and the day is drawn up anew the next time.
    """
    before = session.get(ArchiveFileRecord, (tenant_of(session), _ALL_SHARDS, draft.day), with_for_update=True)
    same_file = (before.generation if before else 0) == draft.generation
    if not same_file or _digests(session, list(draft.moved)) != draft.moved:
        return None

    _empty(session, list(draft.moved))
    named = _manifest(session, draft, now)
    session.merge(named) if before else session.add(named)
    session.flush()
    return Sealed(draft.day, len(draft.moved), draft.content.count, draft.size)


def _rows(session: Session, day: date) -> list[_Row]:
    """Find a day's series in the order in which they stand in the file."""
    one, series, metric = SeriesDayRecord, SeriesRecord, MetricRecord
    query = (
        select(one.shard, one.series, one.day, one.held, one.count, series.asset_id, series.metric, metric.unit)  # type: ignore[call-overload]
        .join(series, (col(series.tenant_id) == one.tenant_id) & (col(series.number) == one.series))
        .join(metric, (col(metric.tenant_id) == series.tenant_id) & (col(metric.code) == series.metric))
        .where(col(one.shard).in_(range(SHARDS)), col(one.day) == day)
    )
    return sorted((_Row(*row) for row in session.execute(query)), key=lambda row: row.name)


def _written(session: Session, day: date, generation: int, rows: Sequence[_Row]) -> Draft:
    folder, moved = archive_of(session), {}
    path = name_of(tenant_name(session), day, generation + 1)
    place = make_room(folder / path)

    wrote = write_day(place, _chunks(session, rows, moved))
    sync(place.parent)
    if read_day(place) != wrote or wrote.count != sum(row.count for row in rows):
        raise unreadable(place, "it does not read back as it was written")
    return Draft(day, generation, path, wrote, place.stat().st_size, sha256_of(place), moved)


def _chunks(session: Session, rows: Sequence[_Row], moved: dict[Place, bytes]) -> Iterator[Chunk]:
    """Load some series at a time, and keep the digest of each row that is read from the database."""
    ends = accumulate(row.count for row in rows)
    for _, some in groupby(zip(rows, ends, strict=True), key=lambda pair: (pair[1] - 1) // AT_ONCE):
        own = [row for row, _ in some]
        packed = {(one.series, one.day): one for one in packed_days(session, [row.place for row in own])}
        here = [packed[row.series, row.day] for row in own]
        moved |= {row.place: _digest(one) for row, one in zip(own, here, strict=True) if one.held == Held.HERE}
        yield _chunk(own, here)


def _chunk(rows: Sequence[_Row], packed: Sequence[PackedDay]) -> Chunk:
    tracks = [unpacked([one]) for one in packed]
    return Chunk(
        name=[row.name for row in rows],
        unit=[row.unit for row in rows],
        count=np.array([len(track) for track in tracks]),
        at=np.concatenate([track.at for track in tracks]),
        value=np.concatenate([track.value for track in tracks]),
    )


def _digest(one: PackedDay) -> bytes:
    return hashlib.sha256(b"%d " % one.codec + one.readings).digest()


def _digests(session: Session, places: Collection[Place]) -> dict[Place, bytes]:
    """Take the digests of rows as they are now, held until the transaction ends."""
    one, found = SeriesDayRecord, {}
    for some in lots(places, KEYS):
        asked = at_places(some)
        query = select(one.shard, one.series, one.day, one.codec, one.readings).where(  # type: ignore[call-overload]
            col(one.tenant_id) == tenant_of(session),
            col(one.held) == Held.HERE,
            *(getattr(one, name) == asked.c[name] for name in ("shard", "series", "day")),
        )
        for shard, series, day, codec, readings in session.execute(query.with_for_update(of=one)):
            found[shard, series, day] = _digest(PackedDay(series, day, codec, readings))
    return found


def _empty(session: Session, places: Iterable[Place]) -> None:
    one = SeriesDayRecord
    for some in lots(places, KEYS):
        chosen = tuple_(col(one.shard), col(one.series), col(one.day)).in_(select(*at_places(some).c))
        values: dict[str, Any] = {"held": int(Held.ARCHIVED), "readings": b""}
        session.execute(update(one).where(chosen).values(values).execution_options(synchronize_session=False))


def _manifest(session: Session, draft: Draft, now: datetime) -> ArchiveFileRecord:
    return ArchiveFileRecord(
        tenant_id=tenant_of(session),
        shard=_ALL_SHARDS,
        day=draft.day,
        generation=draft.generation + 1,
        path=draft.path,
        size=draft.size,
        sha256=draft.sha256,
        verified_at=now,
        **draft.content._asdict(),
    )
