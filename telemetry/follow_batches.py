"""Take the batches from which nothing has followed yet, so that each is followed once."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import select, tuple_, update
from sqlmodel import Session, col

from telemetry.find_alarm_rules import Watched, series_by_number
from telemetry.lots import KEYS, lots
from telemetry.open_readings import Entry, bodies, in_order
from telemetry.tables import ReadingBatchRecord
from telemetry.track import EMPTY, Track, join, starts

_BATCHES = 1000
_READINGS = 200_000
"""So much is followed in one transaction: so long, at most, does another writer on SQLite wait."""


class Taken(NamedTuple):
    """The new readings of some batches, sorted, and their series."""

    batches: int
    fresh: Track
    series: Sequence[Watched]


def follow_batches(session: Session) -> Taken:
    """Take the oldest batches that wait, and mark them followed; those that another worker holds are passed over.

    What follows from them is the caller's, in the same transaction.
    """
    waiting = _waiting(session)
    fresh = in_order(join([EMPTY, *bodies(session, waiting)]))

    one = ReadingBatchRecord
    for some in lots(waiting, KEYS):
        chosen = tuple_(col(one.shard), col(one.key)).in_([(entry.shard, entry.key) for entry in some])
        session.execute(update(one).where(chosen).values(followed=True).execution_options(synchronize_session=False))
    return Taken(len(waiting), fresh, series_by_number(session, fresh.series[starts(fresh.series)].tolist()))


def _waiting(session: Session) -> list[Entry]:
    """Hold the oldest batches that wait; of those beyond the measure one, so that a large one is followed as well."""
    one = ReadingBatchRecord
    columns = (one.number, one.content_hash, one.count, one.shard, one.key, one.is_open)
    query = select(*map(col, columns)).where(~col(one.followed))
    query = query.order_by(col(one.number)).limit(_BATCHES).with_for_update(skip_locked=True)
    found = [Entry(*row) for row in session.execute(query)]
    before = accumulate((entry.readings for entry in found), initial=0)
    return [entry for entry, held in zip(found, before, strict=False) if held < _READINGS]
