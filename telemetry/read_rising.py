"""Read at once what many counters did over a span, as far as they only ever rose; the others are told, and left."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from sqlmodel import Session

from telemetry.codec import CODEC, unpack_days
from telemetry.days_of_series import together
from telemetry.find_counter_days import days_from, packed_around, whole_days
from telemetry.find_series_days import packed_days
from telemetry.held import Held
from telemetry.lots import lots
from telemetry.moment import DAY, Moments, day_of, start_of
from telemetry.open_readings import in_order, open_track
from telemetry.series_day import PackedDay, enough_to_count
from telemetry.series_key import SeriesKey
from telemetry.span import Span
from telemetry.track import EMPTY, STORED, Marks, Numbers, Places, Track, days_of, join

AT_ONCE = 5_000
"""Series that are looked at together."""


class Risen(NamedTuple):
    """What counters did, a row each: see `telemetry.usage.Usage`. A row that is `silent` or `odd` says nothing more."""

    opening: Numbers
    opening_at: Moments
    closing: Numbers
    closing_at: Moments
    readings: Places
    silent: Marks
    """Was never read until the end of the span."""
    odd: Marks
    """Fell somewhere, was swapped or forgotten in part: it must be reckoned reading by reading."""


def risen(session: Session, keys: Sequence[SeriesKey], asked: Span) -> Risen:
    """Give what counters did over one span, in the order of their keys."""
    parts = [_risen(session, some, asked) for some in lots(keys, AT_ONCE)]
    return Risen(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) if parts else _NONE


_NONE = Risen(EMPTY.value, EMPTY.at, EMPTY.value, EMPTY.at, EMPTY.series, np.empty(0, np.bool_), np.empty(0, np.bool_))


class _Known(NamedTuple):
    """The readings that are looked at, by the row of their series, and what the rollups tell of the days between."""

    track: Track
    cut: Moments
    """From here on days are looked at one by one; those between the first day and this one are added up."""
    between: Places
    """Readings of the days that were added up."""
    odd: Marks


def _risen(session: Session, keys: Sequence[SeriesKey], asked: Span) -> Risen:
    known = _known(session, keys, asked)
    track, count = known.track, len(keys)
    begin = np.searchsorted(track.series, np.arange(count))
    low, high = (begin + np.bincount(track.series[track.at <= at], minlength=count) for at in (asked.start, asked.end))
    silent = high == begin
    odd = known.odd | _fell(track, count)
    opening, closing = np.where(low > begin, low - 1, begin), high - 1
    opening, closing = (np.where(silent, 0, one) for one in (opening, closing))
    value, at = (np.append(column, 0) for column in (track.value, track.at))
    return Risen(value[opening], at[opening], value[closing], at[closing], _counted(known, asked, count), silent, odd)


def _fell(track: Track, count: int) -> Marks:
    """Tell which counters were ever lower than before."""
    falls = (track.value[1:] < track.value[:-1]) & (track.series[1:] == track.series[:-1])
    return np.bincount(track.series[1:][falls], minlength=count) > 0


def _counted(known: _Known, asked: Span, count: int) -> Places:
    """Count the readings after the start, up to and including the end."""
    track, day = known.track, known.track.at // DAY * DAY
    added_up = (day > start_of(asked.first_day)) & (day < known.cut[track.series])
    during = (track.at > asked.start) & (track.at <= asked.end) & ~added_up
    return np.bincount(track.series[during], minlength=count) + known.between


def _known(session: Session, keys: Sequence[SeriesKey], asked: Span) -> _Known:
    """Load what tells how counters rose: the days around the span and at its ends, and the sums between.

    What is open is asked first, as compaction may go on meanwhile.
    """
    row = {key.number: place for place, key in enumerate(keys)}
    waiting = _by_row(open_track(session, row), row)
    open_at = _open_days(waiting)
    cuts = _cuts(keys, open_at, asked)
    whole = whole_days(session, cuts, asked.first_day)
    single = {key: cut for key, cut in cuts.items() if cut < asked.last_day}
    late = days_from(session, single, asked.last_day)
    around = packed_around(session, keys, asked.first_day, asked.last_day)

    days = [{asked.first_day, asked.last_day, *around[key.number], *late.get(key.number, ())} for key in keys]
    between, lost = np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=bool)
    for number, sums in whole.items():
        place = row[number]
        days[place] |= {sums.first_day, sums.last_day}
        between[place], lost[place] = sums.readings, sums.lost != 0
    for place, of_open in open_at.items():
        days[place] |= of_open
    places = [(key.shard, key.number, day) for key, some in zip(keys, days, strict=True) for day in some if day]
    packed, gone = _unpacked(packed_days(session, places), row)
    lost |= np.array([bool(key.counting.swapped_at) for key in keys])
    lost[gone] = True
    cut = np.array([start_of(cuts[key]) for key in keys])
    return _Known(in_order(packed) if not len(waiting) else together(packed, waiting), cut, between, lost)


def _by_row(track: Track, row: dict[int, int]) -> Track:
    """Name the series of a track by their rows."""
    numbers, places = np.unique(track.series, return_inverse=True)
    rows = np.array([row[one] for one in numbers.tolist()], dtype=np.int64)
    return Track(rows[places], *track[1:])


def _open_days(waiting: Track) -> dict[int, set[date]]:
    """Give the days with open readings of each row."""
    begin, days = days_of(waiting)
    found: dict[int, set[date]] = {}
    for place, day in zip(waiting.series[begin[:-1]].tolist(), days.tolist(), strict=True):
        found.setdefault(place, set()).add(day_of(day * DAY))
    return found


def _cuts(keys: Sequence[SeriesKey], open_at: dict[int, set[date]], asked: Span) -> dict[SeriesKey, date]:
    """Give for each series where the days end whose rollups are added up: at the first that has open readings."""
    cuts = dict.fromkeys(keys, asked.last_day)
    for place, days in open_at.items():
        cuts[keys[place]] = min([asked.last_day, *(day for day in days if day > asked.first_day)])
    return cuts


def _unpacked(packed: Iterable[PackedDay], row: dict[int, int]) -> tuple[Track, list[int]]:
    """Give the readings of days by row, unsorted, and the rows of which some are forgotten."""
    here, tracks, gone = list[PackedDay](), [EMPTY], list[int]()
    for one in packed:
        if one.held == Held.FORGOTTEN:
            gone.append(row[one.series])
        elif one.held == Held.HERE and one.codec == CODEC:
            here.append(one)
        else:
            track = enough_to_count([one])
            tracks.append(Track(np.full(len(track), row[one.series]), *track[1:]))
    return join([*tracks, _at_once(here, row)]), gone


def _at_once(packed: Sequence[PackedDay], row: dict[int, int]) -> Track:
    if not packed:
        return EMPTY
    lengths, steps, values = unpack_days([one.readings for one in packed])
    rows = np.array([row[one.series] for one in packed])
    midnights = np.array([start_of(one.day) for one in packed])
    series, at = np.repeat(rows, lengths), np.repeat(midnights, lengths) + steps
    return Track(series, at, values, np.full(len(at), STORED))
