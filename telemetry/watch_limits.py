"""Hold fresh readings against the alarm rules; late ones are judged again from where they land."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from sqlmodel import Session, select

from telemetry.alarm_rule import Watch, watch
from telemetry.alarm_state import States, blank
from telemetry.alarm_tables import AlarmRuleRecord
from telemetry.find_alarm_rules import (
    Products,
    Watched,
    products_needed,
    rules_at_work,
    series_by_number,
    series_of_metric,
    under,
)
from telemetry.find_tracks import tracks_between
from telemetry.limit_alarm import judge
from telemetry.lots import lots
from telemetry.metric import Metric
from telemetry.moment import Moments, micros, moment, start_of
from telemetry.remember_alarm_states import Memory, base_before, moved_back, moved_on, pick, recall, remember
from telemetry.series_key import SeriesKey, series_key
from telemetry.settle_alarms import AlarmNews, settle_alarms
from telemetry.tables import MetricRecord
from telemetry.track import EMPTY, Places, Track, join, starts

_AT_ONCE = 1000
"""So many series are judged again at once."""
_AHEAD = timedelta(days=1)
"""No reading lies further in the future."""


def watch_limits(session: Session, *, fresh: Track, products: Products, now: datetime) -> AlarmNews:
    """Judge fresh readings, sorted by series and moment and already stored, by every rule but those of silence.

    In whatever order and pieces readings come, the alarms are in the end those of one judgement of all of them.
    """
    rules = rules_at_work(session, silence=False)
    if not rules or not len(fresh):
        return AlarmNews()
    metrics = {one.code: one for one in session.exec(select(MetricRecord))}
    series = series_by_number(session, np.unique(fresh.series).tolist())
    known = products_needed(rules, series, products)

    news = AlarmNews()
    for rule in rules:
        own = under(rule, series, known)
        track = _within(rule, fresh.take(np.isin(fresh.series, [one.number for one in own])))
        if len(track):
            news += _judge(session, rule, metrics[rule.metric], own, track, now=now)
    return news


def catch_up(session: Session, *, products: Products, now: datetime) -> AlarmNews:
    """Judge what was measured before a rule was made, but after the moment from which it is to hold."""
    metrics = {one.code: one for one in session.exec(select(MetricRecord))}
    news = AlarmNews()
    for rule in rules_at_work(session, silence=False):
        if rule.caught_up:
            continue
        series = series_of_metric(session, rule.metric)
        own = under(rule, series, products_needed([rule], series, products))
        for some in lots(own, _AT_ONCE):
            memory = Memory(*(blank(np.array([one.number for one in some])) for _ in range(3)))
            news += _judge_again(session, rule, metrics[rule.metric], some, memory, _beginning(rule, some), now=now)
        rule.caught_up = True
        session.add(rule)
    return news


def _within(rule: AlarmRuleRecord, track: Track) -> Track:
    """Keep the readings that this version of a rule judges."""
    inside = track.at >= micros(rule.since)
    return track.take(inside if rule.until is None else inside & (track.at < micros(rule.until)))


def _judge(
    session: Session, rule: AlarmRuleRecord, metric: Metric, series: Sequence[Watched], track: Track, *, now: datetime
) -> AlarmNews:
    """Go on from the last state where the readings are newer than it, and else back to an earlier one."""
    begin = starts(track.series)
    numbers, first = track.series[begin], track.at[begin]
    own = _of(series, numbers)
    memory = recall(session, rule, own)
    late = first <= memory.latest["last_at"]

    in_order = track.take(~np.isin(track.series, numbers[late]))
    news = _go_on(session, rule, watch(rule, metric), _of(own, numbers[~late]), in_order, pick(memory, ~late), now=now)
    for some in lots(np.flatnonzero(late).tolist(), _AT_ONCE):
        again = _of(own, numbers[some])
        news += _judge_again(session, rule, metric, again, pick(memory, np.array(some)), first[some], now=now)
    return news


def _go_on(
    session: Session,
    rule: AlarmRuleRecord,
    watched: Watch,
    series: Sequence[Watched],
    track: Track,
    memory: Memory,
    *,
    now: datetime,
) -> AlarmNews:
    if not len(track):
        return AlarmNews()
    alarms, after = judge(watched, track, memory.latest)
    told = np.isin(memory.latest["series"], alarms.series)
    base = memory.latest[told]
    own = _of(series, base["series"])
    news = settle_alarms(session, rule, own, alarms=alarms, base=base, floor=rule.since, now=now)
    remember(session, rule, series, moved_on(memory, after))
    return news


def _judge_again(
    session: Session,
    rule: AlarmRuleRecord,
    metric: Metric,
    series: Sequence[Watched],
    memory: Memory,
    first: Moments,
    *,
    now: datetime,
) -> AlarmNews:
    """Judge some series from the newest state before `first`, by all readings stored since."""
    base = base_before(memory, first)
    keys = [series_key(one.shard, one.number, metric) for one in series]
    floor = _floor(rule, metric)
    track = _stored(session, rule, keys, base, floor, now)
    has = np.isin(base["series"], track.series)

    alarms, judged = judge(watch(rule, metric), track, base[has])
    after = base.copy()
    after[has] = judged
    news = settle_alarms(session, rule, series, alarms=alarms, base=base, floor=floor, now=now)
    remember(session, rule, series, moved_back(memory, base, after, first))
    return news


def _floor(rule: AlarmRuleRecord, metric: Metric) -> datetime:
    """Give the moment before which a rule has nothing to judge: it did not hold yet, or the readings were forgotten."""
    gone = metric.forgotten_before
    return rule.since if gone is None else max(rule.since, moment(start_of(gone)))


def _stored(
    session: Session, rule: AlarmRuleRecord, keys: Sequence[SeriesKey], base: States, floor: datetime, now: datetime
) -> Track:
    """Load what was measured after the states."""
    start = max(micros(floor), int(base["last_at"].min()) + 1)
    end = micros(rule.until or now + _AHEAD)
    found = [EMPTY]
    for track in tracks_between(session, keys, start, end):
        after = base["last_at"][np.searchsorted(base["series"], track.series)]
        found.append(_within(rule, track.take(track.at > after)))
    track = join(found)
    return track.take(np.argsort(track.series, kind="stable"))


def _beginning(rule: AlarmRuleRecord, series: Sequence[Watched]) -> Moments:
    return np.full(len(series), micros(rule.since))


def _of(series: Sequence[Watched], numbers: Places) -> list[Watched]:
    """Pick series by number."""
    wanted = set(numbers.tolist())
    return [one for one in series if one.number in wanted]
