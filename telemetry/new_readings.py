"""Tell which readings are new: most lie after all that is known of their series, the others are looked up."""

from typing import NamedTuple

import numpy as np
from sqlmodel import Session

from telemetry.find_series_days import Place, packed_days
from telemetry.known_series import KnownSeries
from telemetry.moment import DAY, day_of
from telemetry.open_readings import in_order, open_track
from telemetry.series_day import unpacked
from telemetry.shard import shard_of
from telemetry.track import EMPTY, STORED, Places, Track, join, settle

_DAYS = 1 << 20
"""More days than will pass, to put a series and a day into one number."""


class New(NamedTuple):
    """The new readings, sorted by series and moment, and the rows that contradict one that came before them."""

    fresh: Track
    conflicting: Places


def new_readings(session: Session, arrived: Track, *, known: KnownSeries) -> New:
    """Hold readings against each other and against all there are; the first of a moment stays."""
    arrived = in_order(arrived)
    late = arrived.at <= known.last_at[arrived.series]
    stored = _stored(session, arrived.take(late), known)
    settled = settle(stored, arrived)
    return New(settled.track.take(settled.track.origin != STORED), settled.conflicting)


def _stored(session: Session, late: Track, known: KnownSeries) -> Track:
    """Load the days into which late readings fall, packed and open."""
    if not len(late):
        return EMPTY
    codes = np.unique(late.series * _DAYS + late.at // DAY)
    pairs = list(zip((codes // _DAYS).tolist(), (codes % _DAYS).tolist(), strict=True))
    places: list[Place] = [(shard_of(known.pairs[number][0]), number, day_of(day * DAY)) for number, day in pairs]
    waiting = open_track(session, {number for number, _ in pairs})
    packed = unpacked(list(packed_days(session, places)))
    both = join([waiting, packed])
    return Track(both.series, both.at, both.value, np.full(len(both), STORED))
