"""What a process remembers of a tenant's series, so that a reading that is new need not be looked for."""

from collections.abc import Iterable
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import select
from sqlmodel import Session, col

from telemetry.moment import micros
from telemetry.open_readings import Entry, bodies, entries
from telemetry.tables import ReadingBatchRecord, SeriesRecord, tenant_of
from telemetry.track import Track

Pair = tuple[UUID, str]
"""An asset and the code of a metric."""

NEVER = int(np.iinfo(np.int64).min)
_ROOM = 1024


class Head(NamedTuple):
    """The newest batch: its number, and its content, for one that was rolled back may leave its number to another."""

    number: int
    content_hash: str
    readings: int


class KnownSeries:
    """The numbers of all series and the moment of the newest reading of each, as of one batch."""

    def __init__(self) -> None:
        """Know nothing yet; series are numbered from one."""
        self.head: Head | None = None
        self.is_settled = False
        self.numbers: dict[Pair, int] = {}
        self.pairs: list[Pair] = [(UUID(int=0), "")]
        self.last_at = np.full(_ROOM, NEVER, dtype=np.int64)

    def add(self, pairs: Iterable[Pair]) -> None:
        """Remember series, in the order of their numbers; until a batch follows, nobody may rely on it."""
        self.is_settled = False
        for pair in pairs:
            self.numbers[pair] = len(self.pairs)
            self.pairs.append(pair)
        while len(self.last_at) < len(self.pairs):
            self.last_at = np.append(self.last_at, np.full(len(self.last_at), NEVER, dtype=np.int64))

    def asset_ids(self, track: Track) -> frozenset[UUID]:
        """Give the assets of which there are readings."""
        return frozenset(self.pairs[number][0] for number in np.unique(track.series).tolist())

    def advance(self, track: Track, head: Head) -> None:
        """Move the newest moments on."""
        np.maximum.at(self.last_at, track.series, track.at)
        self.head = head
        self.is_settled = True


_lock = Lock()
_remembered: WeakKeyDictionary[Any, dict[int, KnownSeries]] = WeakKeyDictionary()


def known_series(session: Session) -> KnownSeries:
    """Give what is known, brought up to what is stored; the caller is the only one who adds to the journal.

    Whoever changes it beyond what is committed later loses it again: the head then fits no batch.
    """
    pool, tenant_id = session.get_bind().engine.pool, tenant_of(session)
    with _lock:
        known = _remembered.setdefault(pool, {}).get(tenant_id)
    if known is None or not _caught_up(session, known):
        known = _loaded(session)
        with _lock:
            _remembered.setdefault(pool, {})[tenant_id] = known
    return known


def _caught_up(session: Session, known: KnownSeries) -> bool:
    """Follow what others stored since; tell whether memory fits the journal and all of it could be followed."""
    if known.head is None or not known.is_settled:
        return False
    newer = entries(session, col(ReadingBatchRecord.number) >= known.head.number)
    if (
        not newer
        or _head(newer[0]) != known.head
        or not all(entry.is_open or not entry.readings for entry in newer[1:])
    ):
        return False
    if newer[1:]:
        known.add(pair for pair, _ in _series(session, after=len(known.pairs) - 1))
        for entry, track in zip(newer[1:], bodies(session, newer[1:]), strict=True):
            known.advance(track, _head(entry))
    return True


def _loaded(session: Session) -> KnownSeries:
    """Learn everything from the database."""
    known, found = KnownSeries(), _series(session, after=0)
    known.add(pair for pair, _ in found)
    known.last_at[1 : len(found) + 1] = [at for _, at in found]
    waiting = entries(session, col(ReadingBatchRecord.is_open))
    for entry, track in zip(waiting, bodies(session, waiting), strict=True):
        known.advance(track, _head(entry))
    known.head = _newest(session)
    known.is_settled = True
    return known


def _series(session: Session, *, after: int) -> list[tuple[Pair, int]]:
    """Give the series in the order of their numbers, each with the moment of its newest packed reading."""
    one = SeriesRecord
    query = select(col(one.asset_id), col(one.metric), col(one.last_at)).where(col(one.number) > after)
    found = session.execute(query.order_by(col(one.number)))
    return [((asset_id, metric), NEVER if at is None else micros(at)) for asset_id, metric, at in found]


def _newest(session: Session) -> Head | None:
    one = ReadingBatchRecord
    query = select(col(one.number), col(one.content_hash), col(one.count)).order_by(col(one.number).desc()).limit(1)
    found = session.execute(query).first()
    return None if found is None else Head(*found)


def _head(entry: Entry) -> Head:
    return Head(entry.number, entry.content_hash, entry.readings)
