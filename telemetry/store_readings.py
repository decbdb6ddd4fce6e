"""Store readings that can be believed: merged into their series-days, each once, and rolled up again."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import select, tuple_
from sqlmodel import Session, col, delete, insert

from telemetry.find_series_days import Place, at_places, packed_days
from telemetry.lots import KEYS, ROWS, lots
from telemetry.metric import Metric, MetricKind
from telemetry.moment import DAY, day_of, micros, moment, start_of
from telemetry.series_day import EMPTY, rows, unpacked
from telemetry.tables import SeriesDayRecord, SeriesRecord, tenant_of
from telemetry.track import STORED, Marks, Places, Track, days_of, settle

_DAYS = 1 << 20
"""More days than will pass, to put a series and a day into one number."""


class Stored(NamedTuple):
    """What became of the readings beside those that were there."""

    duplicates: int
    conflicting: Places
    asset_ids: frozenset[UUID]
    """The assets that have a new reading."""


def store_readings(
    session: Session, arrived: Track, *, series: Sequence[SeriesRecord], metrics: Mapping[str, Metric]
) -> Stored:
    """Merge readings into the days of their series, which the caller holds locked (see `open_series`).

    Rolls up again only the days that changed. Does not check the readings.
    """
    by_number = {record.number: record for record in series}
    old = _old_places(arrived, by_number)
    settled = settle(unpacked(list(packed_days(session, old))), arrived)
    changed = _changed_days(settled.track)

    shards = {number: record.shard for number, record in by_number.items()}
    counters = _counters(by_number, metrics)
    _replace(session, changed, old, counters=counters, shards=shards)
    fresh = _advance(session, changed, by_number)
    return Stored(settled.duplicates, settled.conflicting, fresh)


def _old_places(arrived: Track, series: Mapping[int, SeriesRecord]) -> list[Place]:
    """Give the days of a batch that may already hold readings: none after the latest one of its series."""
    codes = np.unique(arrived.series * _DAYS + arrived.at // DAY)
    pairs = zip((codes // _DAYS).tolist(), (codes % _DAYS).tolist(), strict=True)
    latest = {number: micros(one.last_at) // DAY for number, one in series.items() if one.last_at is not None}
    return [
        (series[number].shard, number, day_of(day * DAY))
        for number, day in pairs
        if number in latest and day <= latest[number]
    ]


def _changed_days(track: Track) -> Track:
    """Keep the days to which the batch added at least one reading."""
    begin, _ = days_of(track)
    if not len(track):
        return EMPTY
    fresh = np.add.reduceat(track.origin != STORED, begin[:-1]) > 0
    return track.take(np.repeat(fresh, np.diff(begin)))


def _counters(series: Mapping[int, SeriesRecord], metrics: Mapping[str, Metric]) -> Marks:
    """Say of each series number whether it counts."""
    counts = np.zeros(max(series, default=0) + 1, dtype=bool)
    for number, record in series.items():
        counts[number] = metrics[record.metric].kind is MetricKind.COUNTER
    return counts


def _replace(
    session: Session,
    changed: Track,
    old: Sequence[Place],
    *,
    counters: Marks,
    shards: Mapping[int, int],
) -> None:
    """Put the changed days in the place of their old rows."""
    tenant_id, one = tenant_of(session), SeriesDayRecord
    begin, days = days_of(changed)
    touched = set(zip(changed.series[begin[:-1]].tolist(), days.tolist(), strict=True))
    gone = [place for place in old if (place[1], start_of(place[2]) // DAY) in touched]
    for some in lots(gone, KEYS):
        place = tuple_(col(one.shard), col(one.series), col(one.day))
        session.execute(delete(one).where(place.in_(select(*at_places(some).c))))
    made = ({"tenant_id": tenant_id, **row} for row in rows(changed, counters[changed.series], shards))
    for lot in lots(made, ROWS):
        session.execute(insert(one), lot)


def _advance(session: Session, changed: Track, series: Mapping[int, SeriesRecord]) -> frozenset[UUID]:
    """Move each series' latest reading on; give the assets of which something new is known."""
    last = np.flatnonzero(np.append(changed.series[1:] != changed.series[:-1], [True] * bool(len(changed))))
    for number, at, value in zip(*(column[last].tolist() for column in changed[:3]), strict=True):
        record = series[number]
        if record.last_at is None or micros(record.last_at) < at:
            record.last_at, record.last_value = moment(at), value
            session.add(record)
    session.flush()
    return frozenset(series[number].asset_id for number in changed.series[last].tolist())
