"""What was accepted lately, in the order in which it was: whoever follows the readings asks for all beyond a number."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlmodel import Session, col, func

from telemetry.codec import unpack_track
from telemetry.find_series_days import Pair
from telemetry.lots import KEYS, lots
from telemetry.queries import metrics
from telemetry.tables import ReadingBatchRecord, SeriesRecord, tenant_of
from telemetry.track import EMPTY, Track, join

_BATCHES, _READINGS = 200, 50_000
"""So much is told at once."""


class Measured(NamedTuple):
    """Which metric of which asset a series is, and in which unit."""

    asset_id: UUID
    metric: str
    unit: str


class Settled(NamedTuple):
    """From when to when there are readings of batches that lie in their series-days by now, in microseconds."""

    first_at: int
    last_at: int


class News(NamedTuple):
    """What batches brought, up to and including the one numbered `upto`; `origin` of the track is a batch's number."""

    upto: int
    track: Track
    series: dict[int, Measured]
    settled: Settled | None
    """Of the batches whose readings are not in the journal any more; None: of none."""


def head(session: Session) -> int:
    """Give the number of the batch accepted last, 0 before the first."""
    query = select(func.max(ReadingBatchRecord.number)).where(col(ReadingBatchRecord.tenant_id) == tenant_of(session))
    return int(session.execute(query).scalar_one() or 0)


def news(session: Session, *, after: int) -> News:
    """Give what was accepted after a batch, at most some batches of it."""
    upto, tracks, settled = after, [EMPTY], list[Settled]()
    for number, count, first_at, last_at, codec, body in _batches(session, after):
        if body:
            track = unpack_track(body, codec=codec)
            tracks.append(Track(track.series, track.at, track.value, np.full(len(track), number)))
        elif count:
            settled.append(Settled(first_at, last_at))
        upto = number
        if sum(map(len, tracks)) >= _READINGS:
            break
    whole = join(tracks)
    span = Settled(min(one.first_at for one in settled), max(one.last_at for one in settled)) if settled else None
    return News(upto, whole, measured(session, np.unique(whole.series).tolist()), span)


def _batches(session: Session, after: int) -> Iterator[tuple[Any, ...]]:
    one = ReadingBatchRecord
    columns = (one.number, one.count, one.first_at, one.last_at, one.codec, one.body)
    query = select(*map(col, columns)).where(col(one.number) > after).order_by(col(one.number)).limit(_BATCHES)
    with session.execute(query.execution_options(yield_per=20)) as found:
        for row in found:
            yield tuple(row)


def measured(session: Session, numbers: Sequence[int]) -> dict[int, Measured]:
    """Tell what series are."""
    units = {code: one.unit for code, one in metrics(session).items()}
    one, found = SeriesRecord, dict[int, Measured]()
    for some in lots(numbers, KEYS):
        query = select(col(one.number), col(one.asset_id), col(one.metric)).where(col(one.number).in_(some))
        for number, asset_id, code in session.execute(query):
            found[number] = Measured(asset_id, code, units[code])
    return found


def of_assets(session: Session, asset_ids: Sequence[UUID]) -> list[Pair]:
    """Give every metric of some assets that was ever measured."""
    one, found = SeriesRecord, list[Pair]()
    for some in lots(asset_ids, KEYS):
        query = select(col(one.asset_id), col(one.metric)).where(col(one.asset_id).in_(some))
        found += [(asset_id, code) for asset_id, code in session.execute(query)]
    return sorted(found)
