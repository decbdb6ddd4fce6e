"""Read what many counters did over a span: whole days from rollups, ragged ends from the readings."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from sqlmodel import Session

from telemetry.counter import PLAIN, Counting, limit, lost, slips
from telemetry.days_of_series import Days, days_between, open_days, tracks_at
from telemetry.days_of_series import whole as in_one
from telemetry.find_counter_days import Around, Whole, days_from, packed_around, whole_days
from telemetry.lots import KEYS, lots
from telemetry.moment import DAY, Moments, moment, start_of
from telemetry.read_rising import risen
from telemetry.series_day import enough_to_count, refuse_within_forgotten
from telemetry.series_key import SeriesKey
from telemetry.span import Span
from telemetry.track import EMPTY, Numbers, Track, join
from telemetry.usage import Stretch, Usage, stretch, used

_DAY = timedelta(days=1)


def usages(session: Session, keys: Sequence[SeriesKey], asked: Span) -> dict[SeriesKey, Usage]:
    """Give the use of many counters over one span: those that only rose all at once, the others one by one."""
    found = risen(session, keys, asked)
    rows = zip(keys, *(column.tolist() for column in found), strict=True)
    plain = {
        key: Usage() if silent else Usage(opening, moment(at), closing, moment(until), closing - opening, readings)
        for key, opening, at, closing, until, readings, silent, odd in rows
        if not odd
    }
    return plain | usages_one_by_one(session, [key for key in keys if key not in plain], asked)


def usages_one_by_one(session: Session, keys: Sequence[SeriesKey], asked: Span) -> dict[SeriesKey, Usage]:
    """Give the use of counters over one span: those that never fell from rollups, the others reading by reading.

    Whether a reading is a slip is told by its neighbours, so the days around the span are looked at too.
    """
    found: dict[SeriesKey, Usage] = {}
    for some in lots(keys, KEYS):
        waiting = open_days(session, some)
        around = _days_around(session, some, asked.first_day, asked.last_day, waiting)
        whole = whole_days(session, _cuts(some, asked, waiting), asked.first_day)
        days = {key: _needed(asked, around[key.number], whole.get(key.number), waiting[key.number]) for key in some}
        single = {key: cut for key in some if (cut := _cut_day(asked, waiting[key.number]))}
        late = days_from(session, single, asked.last_day)
        places = [(key.shard, key.number, day) for key in some for day in days[key] | late.get(key.number, set())]
        tracks = tracks_at(session, places, waiting, enough_to_count)
        for key in some:
            own = sorted(days[key] | late.get(key.number, set()))
            known = {day: tracks[key.number, day] for day in own if (key.number, day) in tracks}
            if key.counting.swapped_at or _fell(known, whole.get(key.number)):
                track = _without_slips(session, key, asked.first_day, asked.last_day, waiting[key.number])
                found[key] = _used_by_readings(track, asked, key.counting)
            else:
                found[key] = _used(asked, known, whole.get(key.number), waiting[key.number])
    return found


def rises(session: Session, key: SeriesKey, *, first: date, last: date, waiting: Days) -> tuple[Moments, Numbers]:
    """Give by how much a counter rose with each reading of some days since the one before; slips are passed over."""
    track = _without_slips(session, key, first, last, waiting)
    before, counting = np.append(track.value[:1], track.value[:-1]), key.counting
    swapped, rolls_over_at = np.isin(track.at, counting.swapped_at), limit(counting.rolls_over_at)
    rise = track.value - before + lost(before, track.value, swapped=swapped, rolls_over_at=rolls_over_at)
    inside = (track.at >= start_of(first)) & (track.at < start_of(last) + DAY)
    return track.at[inside], rise[inside]


def _without_slips(session: Session, key: SeriesKey, first: date, last: date, waiting: Days) -> Track:
    """Load the readings of some days of one counter, and of the days next to them, and drop the slips."""
    around = _days_around(session, [key], first, last, {key.number: waiting})[key.number]
    start, end = around.earlier or around.before or first, around.after or last
    track = in_one(days_between(session, key, first=start, last=end, waiting=waiting), enough_to_count)
    begins = (np.arange(len(track)) == 0) | np.isin(track.at, key.counting.swapped_at)
    return track.take(~slips(track, begins, limit(key.counting.fastest)))


def _cut_day(asked: Span, waiting: Days) -> date | None:
    """Give the first day inside a span with open readings: from it on, days are looked at one by one."""
    return min((day for day in waiting if asked.first_day < day < asked.last_day), default=None)


def _days_around(
    session: Session, keys: Sequence[SeriesKey], first: date, last: date, waiting: Mapping[int, Days]
) -> dict[int, Around]:
    """Find for each series the days with readings next to some days."""
    packed = packed_around(session, keys, first, last)
    return {key.number: _with_open(packed[key.number], waiting[key.number], first, last) for key in keys}


def _cuts(keys: Sequence[SeriesKey], asked: Span, waiting: Mapping[int, Days]) -> dict[SeriesKey, date]:
    """Give for each series where the days end whose rollups are added up."""
    return {key: _cut_day(asked, waiting[key.number]) or asked.last_day for key in keys}


def _with_open(packed: Around, waiting: Days, first: date, last: date) -> Around:
    """Reckon with the days that have open readings only."""
    earlier = sorted({day for day in (packed.earlier, packed.before, *waiting) if day is not None and day < first})
    later = sorted({day for day in (packed.after, *waiting) if day is not None and day > last})
    return Around(*[None, None, *earlier][-2:], *[*later, None][:1])


def _needed(asked: Span, around: Around, whole: Whole | None, waiting: Days) -> set[date]:
    """Give the days whose readings are looked at: the ends of the span and of the days inside it, and those around."""
    inside = (whole.first_day, whole.last_day) if whole is not None else ()
    fresh = (day for day in waiting if asked.first_day <= day <= asked.last_day)
    return {day for day in (asked.first_day, asked.last_day, *around, *inside, *fresh) if day is not None}


def _fell(known: Mapping[date, Track], whole: Whole | None) -> bool:
    """Tell whether a counter was ever lower than before."""
    value = join([EMPTY, *known.values()]).value
    return bool((value[1:] < value[:-1]).any()) or (whole is not None and whole.lost != 0)


def _used_by_readings(track: Track, asked: Span, counting: Counting) -> Usage:
    during = _cut(track, asked.start, asked.end, counting)
    return used(_cut(track, None, asked.start), [during] if during else [], counting)


def _used(asked: Span, known: Mapping[date, Track], whole: Whole | None, waiting: Days) -> Usage:
    """Put a counter's days together, in the order of time."""
    earlier = [_cut(track, None, asked.start) for day, track in known.items() if day <= asked.first_day]
    first = _cut(known.get(asked.first_day), asked.start, asked.end)
    single = _cut_day(asked, waiting) or asked.last_day
    later = [
        _cut(track, asked.start, asked.end)
        for day, track in known.items()
        if max(single, asked.first_day + _DAY) <= day <= asked.last_day
    ]
    opening = [one for one in earlier if one is not None]
    during = [one for one in (first, _middle(whole, known), *later) if one is not None]
    return used(opening[-1] if opening else None, during)


def _middle(whole: Whole | None, known: Mapping[date, Track]) -> Stretch | None:
    if whole is None:
        return None
    first, last = known[whole.first_day], known[whole.last_day]
    return Stretch(
        float(first.value[0]), int(first.at[0]), float(last.value[-1]), int(last.at[-1]), whole.lost, whole.readings
    )


def _cut(track: Track | None, after: int | None, until: int, counting: Counting = PLAIN) -> Stretch | None:
    """Take the readings after a moment, up to and including another.

    Raises ReadingsForgotten where one of them lies within a forgotten day.
    """
    if track is None:
        return None
    for at in (until, *([] if after is None else [after])):
        refuse_within_forgotten(track, at)
    inside = track.at <= until
    return stretch(track.take(inside if after is None else inside & (track.at > after)), counting)
