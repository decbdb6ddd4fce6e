"""Tell how many alarms a rule would have raised of late, so that nobody switches one on that nobody can hear."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np
from sqlmodel import Session

from telemetry.alarm_rule import AlarmKind, AlarmTerms, watch
from telemetry.alarm_state import blank
from telemetry.find_alarm_rules import Products, Watched, products_needed, series_of_metric, under
from telemetry.find_tracks import tracks_between
from telemetry.limit_alarm import Alarms, judge
from telemetry.metric import Metric
from telemetry.moment import micros
from telemetry.queries import metric
from telemetry.series_key import series_key
from telemetry.silence import silences
from telemetry.track import Track

MOST = 1000
"""So many series are tried at the most, those that were opened first."""


class Tried(NamedTuple):
    """What a rule would have told of one asset: so many alarms, and crossings without deadband, delay and folding."""

    asset_id: UUID
    alarms: int
    crossings: int


class Trial(NamedTuple):
    """A rule tried on `looked_at` of the `series` that it would watch, over `readings` readings."""

    series: int
    looked_at: int
    readings: int
    assets: list[Tried]
    """Only those with an alarm, the loudest first."""


def try_alarm_rule(session: Session, *, terms: AlarmTerms, days: int, products: Products, now: datetime) -> Trial:
    """Hold a rule against the readings of the last days; nothing is written.

    Raises UnknownMetric, IncompleteRule and RuleForTwo.
    """
    measured = metric(session, terms.metric)
    watch(terms, measured)
    series = series_of_metric(session, terms.metric)
    own = under(terms, series, products_needed([terms], series, products))
    some = own[:MOST]

    keys = [series_key(one.shard, one.number, measured) for one in some]
    counted: defaultdict[UUID, list[int]] = defaultdict(lambda: [0, 0])
    readings = 0
    for track in tracks_between(session, keys, micros(now - timedelta(days=days)), micros(now)):
        readings += len(track)
        _count(counted, some, _judged(terms, measured, track, now))
    told = [Tried(asset_id, *both) for asset_id, both in counted.items()]
    return Trial(len(own), len(some), readings, sorted(told, key=lambda one: (-one.alarms, one.asset_id)))


def _judged(terms: AlarmTerms, measured: Metric, track: Track, now: datetime) -> list[Alarms]:
    """Give the alarms as they would be told, and those of the bare limit."""
    if not len(track):
        return []
    asked = watch(terms, measured)
    if terms.kind is AlarmKind.SILENCE:
        return [silences(asked.longest, track, now=micros(now))] * 2
    states = blank(np.unique(track.series))
    bare = asked._replace(deadband=0.0, on_delay=0, off_delay=0)
    return [judge(each, track, states).alarms for each in (asked, bare)]


def _count(counted: defaultdict[UUID, list[int]], series: Sequence[Watched], judged: Sequence[Alarms]) -> None:
    owner = {one.number: one.asset_id for one in series}
    for place, alarms in enumerate(judged):
        times = np.ones(len(alarms.series), dtype=np.int64) if place == 0 else alarms.times
        for number, each in zip(alarms.series.tolist(), times.tolist(), strict=True):
            counted[owner[number]][place] += each
