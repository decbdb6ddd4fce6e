"""Forget the single readings of some metrics on one day, in the database and in the archive; their rollups stay.

Of a counter those few readings stay that tell what it rose over the whole day, resets and slips included.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
from sqlmodel import Session, select, update

from telemetry.archive_day import NewFile, Row, digest, digests, generation_of, name_file, rows_of, write_file
from telemetry.codec import CODEC, pack_readings
from telemetry.find_series_days import Place, packed_days
from telemetry.find_swaps import counter_swaps
from telemetry.held import Held
from telemetry.lock_journal import lock_journal
from telemetry.lots import KEYS, ROWS, lots
from telemetry.metric import MetricKind
from telemetry.moment import DAY
from telemetry.remnant import remnant
from telemetry.series_day import PackedDay, unpacked
from telemetry.tables import MetricRecord, SeriesDayRecord, tenant_of
from telemetry.track import Track


class Oblivion(NamedTuple):
    """What is to be forgotten of a day: what stays of each row, and the file without them where they were in one."""

    day: date
    generation: int
    rewrites: bool
    """The day's file holds some of them, so another follows it, or none."""
    file: NewFile | None
    left: dict[Place, bytes]
    """What stays of each row's readings."""
    here: dict[Place, bytes]
    """Rows whose readings are in the database, with the digests of what they hold."""
    readings: int


class Forgotten(NamedTuple):
    """How many series-days and readings were forgotten, those that stay included."""

    day: date
    series_days: int
    readings: int


def draw_up_forgetting(session: Session, *, day: date, metrics: Collection[str]) -> Oblivion | None:
    """Work out what stays, and write the day's file anew aside; None where nothing is left to forget.

    Changes no row. Raises NoArchive and ArchiveUnreadable.
    """
    rows = [row for row in rows_of(session, day) if row.held != Held.FORGOTTEN]
    going = [row for row in rows if row.metric in metrics]
    if not going:
        return None
    staying = [row for row in rows if row.held == Held.ARCHIVED and row.metric not in metrics]
    rewrites = any(row.held == Held.ARCHIVED for row in going)
    left: dict[Place, bytes] = {}
    here: dict[Place, bytes] = {}
    generation = generation_of(session, day)
    for place, one, packed in _remnants(session, going):
        left[place] = packed
        here |= {place: digest(one)} if one.held == Held.HERE else {}
    file = write_file(session, day, generation, staying, {}) if rewrites and staying else None
    return Oblivion(day, generation, rewrites, file, left, here, sum(row.length for row in going))


def seal_forgetting(session: Session, drawn: Oblivion, *, now: datetime) -> Forgotten | None:
    """Leave of the rows what stays, and name the new file, if all is as it was drawn up; None where it is not."""
    lock_journal(session)
    same_file = generation_of(session, drawn.day) == drawn.generation
    if not same_file or digests(session, list(drawn.here)) != drawn.here:
        return None

    _leave(session, drawn.left)
    if drawn.rewrites:
        name_file(session, drawn.day, drawn.generation, drawn.file, now=now)
    return Forgotten(drawn.day, len(drawn.left), drawn.readings)


def _remnants(session: Session, going: Sequence[Row]) -> Iterator[tuple[Place, PackedDay, bytes]]:
    counters = set(session.exec(select(MetricRecord.code).where(MetricRecord.kind == MetricKind.COUNTER)))
    swaps = counter_swaps(session)
    for some in lots(going, KEYS):
        rows = {(row.series, row.day): row for row in some}
        for one in packed_days(session, [row.place for row in some]):
            row = rows[one.series, one.day]
            swapped_at = swaps.get((row.asset_id, row.metric), ())
            yield row.place, one, _packed(unpacked([one]), swapped_at) if row.metric in counters else b""


def _packed(track: Track, swapped_at: Sequence[int]) -> bytes:
    stays = track.take(remnant(track, swapped_at))
    return pack_readings(np.diff(stays.at, prepend=stays.at[0] - stays.at[0] % DAY), stays.value)


def _leave(session: Session, left: dict[Place, bytes]) -> None:
    fixed: dict[str, Any] = {"tenant_id": tenant_of(session), "held": int(Held.FORGOTTEN), "codec": CODEC, "hours": b""}
    rows = (
        {"shard": shard, "series": series, "day": day, "readings": packed, **fixed}
        for (shard, series, day), packed in left.items()
    )
    for some in lots(rows, ROWS):
        session.execute(update(SeriesDayRecord), some)
