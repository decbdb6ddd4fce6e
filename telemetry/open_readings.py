"""Readings that were accepted and do not lie in their series-days yet: found in the journal, remembered unpacked."""

from collections.abc import Collection, Iterable, Sequence
from itertools import count
from threading import Lock
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import ColumnExpressionArgument, select, tuple_
from sqlmodel import Session, col

from telemetry.codec import unpack_track
from telemetry.lock_journal import hold_days_still
from telemetry.lots import KEYS, lots
from telemetry.tables import ReadingBatchRecord, tenant_of
from telemetry.track import EMPTY, Places, Track, join

_MOST = 8_000_000
"""So many readings are remembered unpacked; beyond it, what is no longer open is forgotten."""


class Entry(NamedTuple):
    """A batch in the journal, without its readings."""

    number: int
    content_hash: str
    readings: int
    shard: int
    key: str
    is_open: bool


def entries(session: Session, *where: ColumnExpressionArgument[bool]) -> list[Entry]:
    """Give batches in the order in which they were accepted."""
    one = ReadingBatchRecord
    columns = (one.number, one.content_hash, one.count, one.shard, one.key, one.is_open)
    query = select(*map(col, columns)).where(*where).order_by(col(one.number))
    return [Entry(*row) for row in session.execute(query)]


def new_batches(session: Session, *, after: int, most: int = 1000) -> list[Entry]:
    """Give the batches accepted after a number, at most so many."""
    one = ReadingBatchRecord
    return entries(session, col(one.number) > after)[:most]


def bodies(session: Session, wanted: Sequence[Entry]) -> list[Track]:
    """Unpack batches, in the order asked; one that is not open any more has none here."""
    one, found = ReadingBatchRecord, dict[tuple[int, str], Track]()
    for some in lots(wanted, KEYS):
        places = [(entry.shard, entry.key) for entry in some]
        query = select(col(one.shard), col(one.key), col(one.codec), col(one.body))
        for shard, key, codec, body in session.execute(query.where(tuple_(col(one.shard), col(one.key)).in_(places))):
            if body:
                found[shard, key] = unpack_track(body, codec=codec)
    return [found.get((entry.shard, entry.key), EMPTY) for entry in wanted]


def open_track(session: Session, series: Collection[int]) -> Track:
    """Give the open readings of some series, sorted by series and moment, one a moment."""
    return _remembered_for(session).of(session, series)


class _Remembered:
    """Open batches unpacked, in few sorted runs; `origin` tells in which batch a reading came."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._runs: list[Track] = []
        self._place: dict[Entry, int] = {}
        self._next = count()

    def of(self, session: Session, series: Collection[int]) -> Track:
        """Pick the readings of some series that are open as this session sees it."""
        hold_days_still(session)
        seen = entries(session, col(ReadingBatchRecord.is_open)) if series else []
        if not seen:
            return EMPTY
        with self._lock:
            self._add(session, [entry for entry in seen if entry not in self._place])
            open_now = np.array([self._place[entry] for entry in seen])
            runs = list(self._runs)
            self._forget(open_now, seen)
        wanted = np.array(sorted(series), dtype=np.int64)
        picked = join([EMPTY, *(_of_series(run, wanted) for run in runs)])
        return in_order(picked.take(np.isin(picked.origin, open_now)))

    def _add(self, session: Session, fresh: Sequence[Entry]) -> None:
        for entry, track in zip(fresh, bodies(session, fresh), strict=True):
            self._place[entry] = place = next(self._next)
            self._runs.append(Track(track.series, track.at, track.value, np.full(len(track), place)))
        merge_runs(self._runs)

    def _forget(self, open_now: Places, seen: Iterable[Entry]) -> None:
        if sum(map(len, self._runs)) <= _MOST:
            return
        self._place = {entry: self._place[entry] for entry in seen}
        self._runs = [run.take(np.isin(run.origin, open_now)) for run in self._runs]


def merge_runs(runs: list[Track]) -> None:
    """Merge sorted runs, so that each is at least twice as long as the next: few to look through, seldom moved."""
    runs.sort(key=len, reverse=True)
    while len(runs) > 1 and len(runs[-2]) < 2 * len(runs[-1]):
        runs.append(in_order(join([runs.pop(), runs.pop()])))
        runs.sort(key=len, reverse=True)


def in_order(track: Track) -> Track:
    """Sort by series and moment."""
    return track.take(np.lexsort((track.at, track.series)))


def _of_series(run: Track, wanted: Places) -> Track:
    """Pick some series out of a sorted run."""
    first, last = (np.searchsorted(run.series, wanted, side) for side in ("left", "right"))
    lengths = last - first
    begin = np.repeat(first - np.append(0, np.cumsum(lengths)[:-1]), lengths)
    return run.take(begin + np.arange(lengths.sum()))


_lock = Lock()
_remembered: WeakKeyDictionary[Any, dict[int, _Remembered]] = WeakKeyDictionary()


def _remembered_for(session: Session) -> _Remembered:
    with _lock:
        return _remembered.setdefault(session.get_bind().engine.pool, {}).setdefault(tenant_of(session), _Remembered())
