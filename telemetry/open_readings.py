"""Readings that were accepted and do not lie in their series-days yet: found in the journal, remembered unpacked."""

from collections.abc import Collection, Iterable, Sequence
from itertools import count
from threading import Lock
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import ColumnExpressionArgument, func, select, tuple_
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
    return _remembered_for(session).of(session, np.array(sorted(series), dtype=np.int64))


def open_at(session: Session, wanted: Track) -> Track:
    """Give the open readings that stand at the very moments of others, in no order."""
    return _remembered_for(session).at(session, wanted)


class _Signature(NamedTuple):
    """Tells one set of open batches from another; the content, for an undone batch leaves its number to others."""

    batches: int = 0
    readings: int = 0
    last: int = 0
    content_hash: str = ""


class _Remembered:
    """Open batches unpacked, in few sorted runs; `origin` tells in which batch a reading came."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._runs: list[Track] = []
        self._place: dict[Entry, int] = {}
        self._next = count()
        self._signature = _Signature()
        self._open: list[int] = []

    def of(self, session: Session, wanted: Places) -> Track:
        """Pick the readings of some series that are open as this session sees it."""
        runs, open_now = self._seen_by(session) if len(wanted) else ([], EMPTY.series)
        picked = join([EMPTY, *(_of_series(run, wanted) for run in runs)])
        return in_order(picked.take(np.isin(picked.origin, open_now)))

    def at(self, session: Session, wanted: Track) -> Track:
        """Pick the readings at the moments of others."""
        runs, open_now = self._seen_by(session) if len(wanted) else ([], EMPTY.series)
        picked = join([EMPTY, *(_standing(run, wanted) for run in runs)])
        return picked.take(np.isin(picked.origin, open_now))

    def _seen_by(self, session: Session) -> tuple[list[Track], Places]:
        """Give what is remembered, and which of it is open as this session sees it."""
        hold_days_still(session)
        with self._lock:
            signature = _signature(session)
            if signature != self._signature:
                self._open = self._open_now(session, signature)
                self._signature = signature
            return list(self._runs), np.array(self._open, dtype=np.int64)

    def _open_now(self, session: Session, signature: _Signature) -> list[int]:
        """Find the places of the open batches; those that were added since the last look cost the least."""
        one = ReadingBatchRecord
        newer = entries(session, col(one.is_open), col(one.number) > self._signature.last)
        if self._signature.batches + len(newer) == signature.batches:
            return self._open + self._added(session, newer)
        seen = entries(session, col(one.is_open))
        if sum(map(len, self._runs)) > _MOST:
            self._forget(seen)
        self._added(session, [entry for entry in seen if entry not in self._place])
        return [self._place[entry] for entry in seen]

    def _added(self, session: Session, fresh: Sequence[Entry]) -> list[int]:
        for entry, track in zip(fresh, bodies(session, fresh), strict=True):
            self._place[entry] = place = next(self._next)
            self._runs.append(Track(track.series, track.at, track.value, np.full(len(track), place)))
            merge_runs(self._runs)
        return [self._place[entry] for entry in fresh]

    def _forget(self, seen: Iterable[Entry]) -> None:
        self._place = {entry: self._place[entry] for entry in seen if entry in self._place}
        places = np.array(list(self._place.values()), dtype=np.int64)
        self._runs = [run.take(np.isin(run.origin, places)) for run in self._runs]


def _signature(session: Session) -> _Signature:
    one = ReadingBatchRecord
    counted = select(func.count(col(one.number)), func.coalesce(func.sum(one.count), 0)).where(col(one.is_open))
    newest = select(col(one.number), col(one.content_hash)).where(col(one.is_open))
    last = session.execute(newest.order_by(col(one.number).desc()).limit(1)).first()
    batches, readings = session.execute(counted).one()
    return _Signature(batches, int(readings), *(last or (0, "")))


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


def _standing(run: Track, wanted: Track) -> Track:
    """Pick the readings of a sorted run at the moments of others: within each one's series, by halving."""
    low, end = (np.searchsorted(run.series, wanted.series, side) for side in ("left", "right"))
    high = end.copy()
    while (low < high).any():
        middle = (low + high) // 2
        before = (low < high) & (run.at[np.minimum(middle, len(run) - 1)] < wanted.at)
        low, high = np.where(before, middle + 1, low), np.where(before | (low >= high), high, middle)
    inside = low < end
    found = low[inside]
    return run.take(np.unique(found[run.at[found] == wanted.at[inside]]))


_lock = Lock()
_remembered: WeakKeyDictionary[Any, dict[int, _Remembered]] = WeakKeyDictionary()


def _remembered_for(session: Session) -> _Remembered:
    with _lock:
        return _remembered.setdefault(session.get_bind().engine.pool, {}).setdefault(tenant_of(session), _Remembered())
