"""Take the batches from which nothing has followed yet, so that each is followed once."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select, tuple_, update
from sqlmodel import Session, col

from telemetry.codec import unpack_track
from telemetry.find_alarm_rules import Watched, series_by_number
from telemetry.lots import KEYS, lots
from telemetry.open_readings import in_order
from telemetry.tables import ReadingBatchRecord
from telemetry.track import EMPTY, Track, join, starts

_BATCHES = 1000
_READINGS = 1_000_000
"""So much is followed in one transaction."""


class Taken(NamedTuple):
    """The new readings of some batches, sorted, and their series."""

    batches: int
    fresh: Track
    series: Sequence[Watched]


def follow_batches(session: Session) -> Taken:
    """Take the oldest batches that wait, and mark them followed; those that another worker holds are passed over.

    What follows from them is the caller's, in the same transaction.
    """
    one = ReadingBatchRecord
    columns = (one.shard, one.key, one.codec, one.body)
    query = select(*map(col, columns)).where(~col(one.followed)).order_by(col(one.number)).limit(_BATCHES)
    tracks, places, held = [EMPTY], [], 0
    for shard, key, codec, body in session.execute(query.with_for_update(skip_locked=True)):
        if held >= _READINGS:
            break
        tracks.append(unpack_track(body, codec=codec) if body else EMPTY)
        places.append((shard, key))
        held += len(tracks[-1])

    for some in lots(places, KEYS):
        chosen = tuple_(col(one.shard), col(one.key)).in_(some)
        session.execute(update(one).where(chosen).values(followed=True).execution_options(synchronize_session=False))
    fresh = in_order(join(tracks))
    return Taken(len(places), fresh, series_by_number(session, fresh.series[starts(fresh.series)].tolist()))
