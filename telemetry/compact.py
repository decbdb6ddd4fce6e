"""Turn accepted batches into series-days with their rollups, and leave of the batches only the receipts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlmodel import Session, col

from telemetry.find_series_days import Place, packed_days
from telemetry.find_swaps import counter_swaps
from telemetry.known_series import NEVER
from telemetry.lock_journal import lock_journal, try_lock_days
from telemetry.lots import KEYS, ROWS, lots
from telemetry.moment import DAY, day_of, micros, moment
from telemetry.open_readings import Entry, bodies, entries, in_order
from telemetry.replace_days import replace_days
from telemetry.series_day import unpacked
from telemetry.series_key import series_key
from telemetry.tables import MetricRecord, ReadingBatchRecord, SeriesRecord, tenant_of
from telemetry.track import EMPTY, STORED, Track, days_of, join, settle

MOST = 2_000_000
"""So many readings are compacted in one transaction, or one batch: some 300 MB of memory."""
_WAITING_READINGS = 200_000
_WAITING_BATCHES = 500
_WAITING_TIME = timedelta(minutes=5)


class Compacted(NamedTuple):
    """How many batches, and readings in them, went into how many series-days."""

    batches: int = 0
    readings: int = 0
    days: int = 0


def is_due(session: Session, *, now: datetime) -> bool:
    """Tell whether so much is open, or for so long, that reading it each time costs more than compacting it."""
    one = ReadingBatchRecord
    query = select(func.count(), func.sum(one.count), func.min(one.received_at)).where(_ripe())
    batches, readings, since = session.execute(query).one()
    return bool(batches) and (
        batches >= _WAITING_BATCHES or readings >= _WAITING_READINGS or since <= now - _WAITING_TIME
    )


def compact(session: Session, *, most: int = MOST) -> Compacted:
    """Compact the oldest batches of which all that follows was done; killed at any point, nothing was done.

    Give what was done: nothing where nothing is open, or where a writing transaction reads. Whole batches only, so at
    least one.
    """
    lock_journal(session)
    waiting = _oldest(entries(session, _ripe()), most)
    if not waiting or not try_lock_days(session):
        return Compacted()
    arrived = in_order(join([EMPTY, *bodies(session, waiting)]))
    series = _series(session, np.unique(arrived.series).tolist())
    metrics = {record.code: record for record in session.scalars(select(MetricRecord))}
    swaps = counter_swaps(session)
    keys = {
        number: series_key(one.shard, number, metrics[one.metric], swaps.get((one.asset_id, one.metric), ()))
        for number, one in series.items()
    }

    old = _old_places(arrived, series)
    changed = _changed_days(settle(unpacked(list(packed_days(session, old))), arrived).track)

    replace_days(session, changed, old, keys)
    _advance(session, changed, series)
    _close(session, waiting)
    return Compacted(len(waiting), sum(entry.readings for entry in waiting), len(days_of(changed)[1]))


def _ripe() -> ColumnElement[bool]:
    """Narrow to what is open and was followed; what is not yet needs its readings in the journal."""
    return col(ReadingBatchRecord.is_open) & col(ReadingBatchRecord.followed)


def _oldest(ripe: Sequence[Entry], most: int) -> list[Entry]:
    sums = accumulate(entry.readings for entry in ripe)
    return [entry for entry, up_to in zip(ripe, sums, strict=True) if up_to <= most] or list(ripe[:1])


class _Series(NamedTuple):
    """A series as it stands: where, what, and its newest packed reading."""

    number: int
    shard: int
    asset_id: UUID
    metric: str
    last_at: datetime | None


def _series(session: Session, numbers: Sequence[int]) -> dict[int, _Series]:
    one = SeriesRecord
    found: dict[int, _Series] = {}
    for some in lots(numbers, KEYS):
        query = select(col(one.number), col(one.shard), col(one.asset_id), col(one.metric), col(one.last_at))
        found |= {row[0]: _Series(*row) for row in session.execute(query.where(col(one.number).in_(some)))}
    return found


def _old_places(arrived: Track, series: Mapping[int, _Series]) -> list[Place]:
    """Give the days that may hold readings already: none after the newest packed reading of its series."""
    begin, days = days_of(arrived)
    pairs = zip(arrived.series[begin[:-1]].tolist(), days.tolist(), strict=True)
    latest = {number: NEVER if one.last_at is None else micros(one.last_at) // DAY for number, one in series.items()}
    return [(series[number].shard, number, day_of(day * DAY)) for number, day in pairs if day <= latest[number]]


def _changed_days(track: Track) -> Track:
    """Keep the days that have at least one reading more than before."""
    begin, _ = days_of(track)
    if not len(track):
        return EMPTY
    fresh = np.add.reduceat(track.origin != STORED, begin[:-1]) > 0
    return track.take(np.repeat(fresh, np.diff(begin)))


def _advance(session: Session, changed: Track, series: Mapping[int, _Series]) -> None:
    """Move each series' newest packed reading on."""
    last = np.flatnonzero(np.append(changed.series[1:] != changed.series[:-1], [True] * bool(len(changed))))
    columns = (column[last].tolist() for column in changed[:3])
    newest = [
        {"number": number, "last_at": moment(at), "last_value": value}
        for number, at, value in zip(*columns, strict=True)
        if series[number].last_at is None or micros(series[number].last_at or moment(0)) < at
    ]
    for some in lots(newest, ROWS):
        session.execute(update(SeriesRecord), [{"tenant_id": tenant_of(session), **one} for one in some])


def _close(session: Session, done: Sequence[Entry]) -> None:
    """Leave of the batches only the receipts."""
    place = tuple_(col(ReadingBatchRecord.shard), col(ReadingBatchRecord.key))
    for some in lots(done, KEYS):
        closed = update(ReadingBatchRecord).where(place.in_([(entry.shard, entry.key) for entry in some]))
        session.execute(closed.values(is_open=False, body=b""), execution_options={"synchronize_session": False})
