"""Tell which readings are new: most lie after all that is known of their series, the others are looked up."""

from typing import NamedTuple

import numpy as np
from sqlmodel import Session

from telemetry.find_series_days import Place, packed_days
from telemetry.known_series import KnownSeries
from telemetry.moment import DAY, day_of
from telemetry.open_readings import in_order, open_at
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
    late = arrived.take(arrived.at <= known.last_at[arrived.series])
    waiting = open_at(session, late)
    stored = join([waiting, _packed(session, _others(late, waiting), known)])
    settled = settle(Track(stored.series, stored.at, stored.value, np.full(len(stored), STORED)), arrived)
    return New(settled.track.take(settled.track.origin != STORED), settled.conflicting)


def _others(late: Track, waiting: Track) -> Track:
    """Give the late readings at whose moment none is open."""
    taken = set(zip(waiting.series.tolist(), waiting.at.tolist(), strict=True))
    pairs = zip(late.series.tolist(), late.at.tolist(), strict=True)
    return late.take(np.array([pair not in taken for pair in pairs], dtype=bool)) if taken else late


def _packed(session: Session, late: Track, known: KnownSeries) -> Track:
    """Load the packed days into which readings fall."""
    if not len(late):
        return EMPTY
    codes = np.unique(late.series * _DAYS + late.at // DAY)
    pairs = zip((codes // _DAYS).tolist(), (codes % _DAYS).tolist(), strict=True)
    places: list[Place] = [(shard_of(known.pairs[number][0]), number, day_of(day * DAY)) for number, day in pairs]
    return unpacked(list(packed_days(session, places)))
