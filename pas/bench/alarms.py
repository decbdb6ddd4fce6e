"""How fast readings are held against an alarm rule: by column, beside a loop over them, and from the journal on.

The baseline is the plain loop: one reading after the other through the same deadband and delay, in Python, in memory;
it counts alarms, and knows neither extremes nor chattering nor what to remember. The journal's figure is all that
follows from a batch, on SQLite: unpacking, state, alarms, account, the commit.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import NamedTuple
from uuid import UUID

import numpy as np
from sqlmodel import Session

from pas import clock, schema
from pas.db import Database
from pas.found_tenant import found_tenant
from telemetry.alarm_rule import AlarmKind, AlarmTerms, Watch, watch
from telemetry.alarm_state import blank
from telemetry.delivery import Delivery
from telemetry.follow_batches import follow_batches
from telemetry.ingest import ingest_all
from telemetry.keep_alarm_rules import keep_alarm_rule
from telemetry.keep_metrics import keep_metrics
from telemetry.limit_alarm import judge
from telemetry.metric import CATALOGUE
from telemetry.moment import micros
from telemetry.reading import Arrived, Stamps, Words
from telemetry.track import Track
from telemetry.watch_limits import watch_limits

_METRIC = next(one for one in CATALOGUE if one.code == "ambient_temperature")
_WARM = AlarmTerms(
    name="Warm", metric=_METRIC.code, kind=AlarmKind.ABOVE, limit=21.5, deadband=0.5, on_delay_seconds=900
)
_BATCHES = 10
_MINUTE = timedelta(minutes=1)


class AlarmSpeed(NamedTuple):
    """Medians over the rounds, in readings a second of CPU; every way finds the same alarms."""

    readings: int
    series: int
    rounds: int
    alarms: int
    loop_per_second: float
    judged_per_second: float
    ratio: float
    followed_per_second: float


class DifferentAlarms(RuntimeError):
    """The ways disagree: a figure would say nothing."""


def bench_alarms(*, readings: int, series: int, rounds: int, tick: Callable[[int], None]) -> AlarmSpeed:
    """Measure on readings a minute apart that wander about the limit."""
    each, now = max(readings // series // _BATCHES, 1) * _BATCHES, clock.now()
    track = _walk(series, each, now)
    rates: list[tuple[float, ...]] = []
    found: set[int] = set()
    for _ in range(rounds):
        ways = (_loop(track), _columns(track), _followed(track, now))
        found |= {count for count, _ in ways}
        rates.append(tuple(len(track) / seconds for _, seconds in ways))
        tick(1)
    if len(found) > 1:
        msg = f"alarms found: {sorted(found)}"
        raise DifferentAlarms(msg)
    loop, columns, journal = (median(column) for column in zip(*rates, strict=True))
    return AlarmSpeed(len(track), series, rounds, found.pop(), loop, columns, columns / loop, journal)


def _walk(series: int, each: int, now: datetime) -> Track:
    chance = np.random.default_rng(2026)
    value = 20.0 + np.cumsum(chance.normal(0.0, 0.05, (series, each)), axis=1)
    at = micros(now - each * _MINUTE) + np.arange(each) * (_MINUTE // timedelta(microseconds=1))
    number = np.repeat(np.arange(1, series + 1), each)
    return Track(number, np.tile(at, series), value.ravel(), np.zeros(series * each, dtype=np.int64))


def _loop(track: Track) -> tuple[int, float]:
    """Count the alarms one reading after the other."""
    began, asked = process_time(), watch(_WARM, _METRIC)
    rows = list(zip(*(column.tolist() for column in track[:3]), strict=True))
    return sum(1 for _ in _one_by_one(rows, asked)), process_time() - began


def _one_by_one(rows: list[tuple[int, int, float]], asked: Watch) -> Iterator[int]:
    current, on, since, is_open = -1, False, 0, False
    for series, at, value in rows:
        if series != current:
            current, on, since, is_open = series, False, at, False
        if value > asked.limit if not on else value <= asked.limit - asked.deadband:
            on, since = not on, at
        if on and not is_open and at - since >= asked.on_delay:
            is_open = True
            yield series
        elif not on:
            is_open = False


def _columns(track: Track) -> tuple[int, float]:
    began = process_time()
    alarms = judge(watch(_WARM, _METRIC), track, blank(np.unique(track.series))).alarms
    return int(alarms.times.sum()), process_time() - began


def _followed(track: Track, now: datetime) -> tuple[int, float]:
    """Take the readings in, in ten batches, and follow each; only the following is timed."""
    spent, raised = 0.0, 0
    with TemporaryDirectory() as folder, Database(f"sqlite:///{folder}/pas.db") as database:
        schema.ensure(database)
        tenant_id = found_tenant(database, slug="bench", name="Bench", now=now)
        with database.writing(tenant_id) as session:
            _prepare(session, now)
        for batch in _batches(track):
            with database.writing(tenant_id) as session:
                ingest_all(session, deliveries=[Delivery(batch, None, "bench")], now=now)
            began = process_time()
            with database.writing(tenant_id) as session:
                fresh = follow_batches(session).fresh
                raised += watch_limits(session, fresh=fresh, products=_no_products, now=now).raised
            spent += process_time() - began
    return raised, spent


def _no_products(_assets: Collection[UUID]) -> dict[UUID, str]:
    return {}


def _prepare(session: Session, now: datetime) -> None:
    keep_metrics(session, CATALOGUE)
    keep_alarm_rule(session, code="warm", terms=_WARM, since=now - timedelta(days=3650), now=now)


def _batches(track: Track) -> Iterator[Arrived]:
    count = int(track.series[-1])
    names = [*(str(UUID(int=number)) for number in range(1, count + 1)), ""]
    place = np.arange(len(track)) % (len(track) // count) * _BATCHES // (len(track) // count)
    for turn in range(_BATCHES):
        own = track.take(place == turn)
        same, none = np.zeros(len(own), dtype=np.int64), np.zeros(len(own), dtype=bool)
        yield Arrived(
            Words(own.series - 1, names),
            Words(same, [_METRIC.code, ""]),
            Words(same, [_METRIC.unit, ""]),
            Stamps(own.at, none, none),
            own.value,
        )
