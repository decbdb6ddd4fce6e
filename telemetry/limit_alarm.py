"""A first-line alarm says from when to when a series was where it should not be, and how far it went."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from telemetry.alarm_rule import AlarmKind, Watch
from telemetry.alarm_state import RING, STILL, States
from telemetry.moment import HOUR, Moments
from telemetry.track import Marks, Numbers, Places, Track, starts


class Alarms(NamedTuple):
    """Alarms in columns, sorted by series and moment; `cleared` is `STILL` where the last reading is not well yet.

    `began` is the first of the readings that caused it, `raised` the one that made it certain. `times` is how often
    it went on and off where it chatters, else 1. An alarm of the state goes on under its old moment.
    """

    series: Places
    began: Moments
    raised: Moments
    cleared: Moments
    extreme: Numbers
    times: Places
    chatters: Marks


class Judged(NamedTuple):
    """The alarms that are new or went on, and what is to be remembered."""

    alarms: Alarms
    after: States


class _Rows(NamedTuple):
    """Readings, and before those of each series one row that stands for all earlier ones: its state."""

    series: Places
    at: Moments
    value: Numbers
    earlier: Marks
    """Marks the rows that stand for a state."""
    of: Places
    """For each row the place of its series among the states."""
    last: Places
    """The last row of each series."""


class _Signs(NamedTuple):
    """What each row says for itself."""

    side: npt.NDArray[np.int8]
    """1 beyond the limit, -1 back where it should be, 0 in between: as the row before."""
    worth: Numbers
    """How bad it is; more is worse."""
    since: Moments | None = None
    """Since when it is so, where that is not when the row's side began."""


class _Runs(NamedTuple):
    """Rows that stand on one side without a break."""

    on: Marks
    of_row: Places
    begin: Places
    since: Moments


def judge(watch: Watch, track: Track, before: States) -> Judged:
    """Hold the readings of many series against one rule.

    `track` is sorted, one reading a moment, all later than what `before` remembers; `before` has every series of it
    and no other. The alarms depend on the readings alone: judged in pieces they are those of all at once.
    """
    begin = starts(track.series)
    busy = _busy(watch, track, begin, before)
    if busy.all():
        return _judge(watch, track, before) if len(track) else Judged(_empty(), before)
    some = np.repeat(busy, np.diff(np.append(begin, len(track))))
    alarms, judged = judge(watch, track.take(some), before[busy])
    after, last = before.copy(), np.append(begin[1:], len(track)) - 1
    after["last_at"], after["last_value"] = track.at[last], track.value[last]
    after[busy] = judged
    return Judged(alarms, after)


def _busy(watch: Watch, track: Track, begin: Places, before: States) -> Marks:
    """Mark the series of which more is to be known than the last reading: the others never crossed the limit."""
    if watch.kind not in {AlarmKind.ABOVE, AlarmKind.BELOW} or not len(track):
        return np.ones(len(begin), dtype=bool)
    beyond = np.maximum.reduceat(track.value * watch.sign, begin) > watch.limit * watch.sign
    busy: Marks = beyond | before["on"] | before["open"]
    return busy


def _judge(watch: Watch, track: Track, before: States) -> Judged:
    rows = _behind_states(track, before)
    signs = _SIGNS[watch.kind](watch, rows, before)
    runs = _runs(rows, signs.side, before)
    is_open = _opened(watch, rows, runs, before)

    worth = np.append(np.where(rows.earlier, before["peak"][rows.of], signs.worth), -np.inf)
    stretches, known = _stretches(rows, runs, signs, is_open, worth, before)
    folded = _fold(watch, stretches, known, before)
    after = _remember(rows, runs, is_open, worth, folded, before)
    if watch.kind is AlarmKind.STUCK:
        _remember_sameness(rows, before, after)
    return Judged(_signed(watch, folded.alarms), after)


def _behind_states(track: Track, before: States) -> _Rows:
    place = np.searchsorted(track.series, before["series"])
    mark = np.insert(np.zeros(len(track), dtype=bool), place, [True] * len(before))
    first = np.flatnonzero(mark)
    return _Rows(
        series=np.insert(track.series, place, before["series"]),
        at=np.insert(track.at, place, before["last_at"]),
        value=np.insert(track.value, place, before["last_value"]),
        earlier=mark,
        of=np.cumsum(mark) - 1,
        last=np.append(first[1:], len(mark)) - 1,
    )


def _limit_signs(watch: Watch, rows: _Rows, _before: States) -> _Signs:
    """Beyond the limit counts; back is only what passed the deadband too."""
    worth, limit = rows.value * watch.sign, watch.limit * watch.sign
    back = np.where(worth <= limit - watch.deadband, -1, 0)
    return _Signs(np.where(worth > limit, 1, back).astype(np.int8), worth)


def _stuck_signs(watch: Watch, rows: _Rows, before: States) -> _Signs:
    """Find the same value again and again, for too long and often enough."""
    again = np.append(False, rows.value[1:] == rows.value[:-1]) & ~rows.earlier
    begin = np.flatnonzero(~again)
    of_row = np.cumsum(~again) - 1
    goes_on = rows.earlier[begin]
    state = rows.of[begin]
    since = np.where(goes_on, before["same_since"][state], rows.at[begin])[of_row]
    nth = np.arange(len(again)) - begin[of_row] + np.where(goes_on, before["same_count"][state], 1)[of_row]
    stuck = (rows.at - since >= watch.longest) & (nth >= watch.least)
    return _Signs(np.where(stuck, 1, -1).astype(np.int8), rows.value, since)


def _impossible_signs(watch: Watch, rows: _Rows, _before: States) -> _Signs:
    """Faster than the thing can change; what the sensor cannot tell apart is no change, a counter's fall a reset."""
    step = np.diff(rows.value, prepend=np.nan)
    step = np.maximum(step, 0.0) if watch.counts else np.abs(step)
    hours = np.diff(rows.at, prepend=0) / HOUR
    with np.errstate(all="ignore"):
        pace = np.nan_to_num(np.maximum(step - watch.resolution, 0.0) / hours, nan=0.0)
    return _Signs(np.where(pace > watch.fastest, 1, -1).astype(np.int8), pace)


_SIGNS = {
    AlarmKind.ABOVE: _limit_signs,
    AlarmKind.BELOW: _limit_signs,
    AlarmKind.STUCK: _stuck_signs,
    AlarmKind.IMPOSSIBLE: _impossible_signs,
}


def _runs(rows: _Rows, side: npt.NDArray[np.int8], before: States) -> _Runs:
    said = np.where(rows.earlier, np.where(before["on"][rows.of], 1, -1), side)
    on = _held(said) > 0
    begin = starts(rows.series, on.astype(np.int64))
    of_row = np.zeros(len(on), dtype=np.int64)
    of_row[begin[1:]] = 1
    since = np.where(rows.earlier[begin], before["run_since"][rows.of[begin]], rows.at[begin])
    return _Runs(on, np.cumsum(of_row), begin, since)


def _held(said: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Let each row without a word repeat the last one; the first row of each series has one."""
    return said[np.maximum.accumulate(np.where(said != 0, np.arange(len(said)), 0))]


def _opened(watch: Watch, rows: _Rows, runs: _Runs, before: States) -> Marks:
    """Mark the rows at which the alarm stands: it is raised, and cleared, by what lasted as long as its delay."""
    lasted = rows.at - runs.since[runs.of_row] >= np.where(runs.on, watch.on_delay, watch.off_delay)
    said = np.where(lasted, np.where(runs.on, 1, -1), 0)
    said = np.where(rows.earlier, np.where(before["open"][rows.of], 1, -1), said)
    return _held(said) > 0


def _stretches(
    rows: _Rows, runs: _Runs, signs: _Signs, is_open: Marks, worth: Numbers, before: States
) -> tuple[Alarms, Marks]:
    """Cut the open rows into alarms; mark those that the states knew already."""
    edge = starts(rows.series, is_open.astype(np.int64))
    first, end = edge[is_open[edge]], np.append(edge[1:], len(is_open))[is_open[edge]]
    known, state = rows.earlier[first], rows.of[first]
    since = runs.since[runs.of_row] if signs.since is None else signs.since
    over = rows.series[first] != np.append(rows.series, -1)[end]
    found = Alarms(
        series=rows.series[first],
        began=np.where(known, before["began"][state], since[first]),
        raised=np.where(known, before["raised"][state], rows.at[first]),
        cleared=np.where(over, STILL, np.append(rows.at, STILL)[end]),
        extreme=_worst(worth, np.where(known, first, runs.begin[runs.of_row[first]]), end),
        times=(~known).astype(np.int64),
        chatters=known & before["chatters"][state],
    )
    return found, known


def _worst(worth: Numbers, first: Places, end: Places) -> Numbers:
    """Give the greatest number of each stretch; `worth` has one row more than there are readings."""
    if not len(first):
        return np.empty(0)
    found: Numbers = np.maximum.reduceat(worth, np.column_stack([first, end]).ravel())[::2]
    return found


class _Folded(NamedTuple):
    alarms: Alarms
    recent: npt.NDArray[np.int64]


def _fold(watch: Watch, found: Alarms, known: Marks, before: States) -> _Folded:
    """Let the alarms of one hour beyond the most that are told be one alarm that chatters."""
    chatters, recent = _too_many(watch, found, known, before)
    state = np.searchsorted(before["series"], found.series)
    first_here = np.append(True, found.series[1:] != found.series[:-1])[: len(found.series)]
    chattered = np.where(first_here, before["chatters"][state], np.append(False, chatters[:-1])[: len(found.series)])
    joins = known | (chatters & chattered)
    begin = np.flatnonzero(~joins | first_here)
    if not len(begin):
        return _Folded(found, recent)
    goes_on, own = joins[begin], state[begin]
    last = np.append(begin[1:], len(found.series)) - 1
    alarms = Alarms(
        series=found.series[begin],
        began=np.where(goes_on, before["began"][own], found.began[begin]),
        raised=np.where(goes_on, before["raised"][own], found.raised[begin]),
        cleared=found.cleared[last],
        extreme=np.maximum(
            np.maximum.reduceat(found.extreme, begin), np.where(goes_on, before["extreme"][own], -np.inf)
        ),
        times=np.add.reduceat(found.times, begin) + np.where(goes_on, before["times"][own], 0),
        chatters=chatters[last],
    )
    return _Folded(alarms, recent)


def _too_many(watch: Watch, found: Alarms, known: Marks, before: States) -> tuple[Marks, npt.NDArray[np.int64]]:
    """Mark each alarm before which the most of one hour were raised; and give the latest moments of each series."""
    new = ~known
    count = len(before)
    place = np.repeat(np.searchsorted(found.series[new], before["series"]), RING)
    raised = np.insert(found.raised[new], place, before["recent"].ravel())
    is_new = np.insert(np.ones(int(new.sum()), dtype=bool), place, [False] * (RING * count))
    within = np.zeros(len(raised), dtype=bool)
    within[RING:] = raised[RING:] - raised[RING - watch.most : -watch.most] < HOUR
    chatters = found.chatters.copy()
    chatters[new] = within[is_new]
    end = np.append(np.flatnonzero(~is_new)[::RING][1:], len(raised))
    return chatters, raised[end[:, None] - RING + np.arange(RING)]


def _remember(rows: _Rows, runs: _Runs, is_open: Marks, worth: Numbers, folded: _Folded, before: States) -> States:
    after, last = before.copy(), rows.last
    run = runs.of_row[last]
    after["last_at"], after["last_value"] = rows.at[last], rows.value[last]
    after["on"], after["run_since"], after["open"] = runs.on[last], runs.since[run], is_open[last]
    edge = starts(rows.series, is_open.astype(np.int64))
    opened = edge[np.searchsorted(edge, last, side="right") - 1]
    since = np.where(is_open[last] & rows.earlier[opened], opened, runs.begin[run])
    since = np.where(is_open[last] & ~rows.earlier[opened], runs.begin[runs.of_row[opened]], since)
    after["peak"] = np.where(after["on"] | after["open"], _worst(worth, since, last + 1), -np.inf)
    after["recent"] = folded.recent
    alarms = folded.alarms
    final = np.flatnonzero(np.append(alarms.series[1:] != alarms.series[:-1], [True] * bool(len(alarms.series))))
    own = np.searchsorted(after["series"], alarms.series[final])
    for name in ("began", "raised", "cleared", "extreme", "times", "chatters"):
        after[name][own] = getattr(alarms, name)[final]
    return after


def _remember_sameness(rows: _Rows, before: States, after: States) -> None:
    again = np.append(False, rows.value[1:] == rows.value[:-1]) & ~rows.earlier
    begin = np.flatnonzero(~again)
    own = begin[np.searchsorted(begin, rows.last, side="right") - 1]
    goes_on = rows.earlier[own]
    after["same_since"] = np.where(goes_on, before["same_since"], rows.at[own])
    after["same_count"] = rows.last - own + np.where(goes_on, before["same_count"], 1)


def _signed(watch: Watch, alarms: Alarms) -> Alarms:
    """Give the extremes as they were measured; below a limit the least is the worst."""
    return alarms._replace(extreme=alarms.extreme * watch.sign)


def _empty() -> Alarms:
    none, number = np.empty(0, np.int64), np.empty(0)
    return Alarms(none, none, none, none, number, none, np.empty(0, bool))
