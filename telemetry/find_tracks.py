"""Load the readings of many series over a span, few series at a time, whether packed by day or still in the journal."""

from collections.abc import Iterator, Sequence

from sqlalchemy import func, select
from sqlmodel import Session, col

from telemetry.find_series_days import of_series, packed_of
from telemetry.held import Held
from telemetry.lots import KEYS, lots
from telemetry.moment import DAY, day_of, start_of
from telemetry.open_readings import open_track
from telemetry.series_day import unpacked
from telemetry.series_key import SeriesKey
from telemetry.tables import SeriesDayRecord
from telemetry.track import Track, settle

_READINGS_AT_ONCE = 500_000
_A_DAY = 1_440
"""So many readings a series and day are reckoned with; more only need more memory."""
_MOST = 250


def tracks_between(session: Session, keys: Sequence[SeriesKey], start: int, end: int) -> Iterator[Track]:
    """Give the readings from `start` up to and including `end`, as tracks of several whole series each."""
    at_once = max(1, _READINGS_AT_ONCE // (_A_DAY * ((end - start) // DAY + 2)))
    for some in lots(sorted(set(keys)), min(at_once, _MOST)):
        track = _track(session, some, start, end)
        yield track.take((track.at >= start) & (track.at <= end))


def measured_between(session: Session, keys: Sequence[SeriesKey], start: int, end: int) -> tuple[int, int]:
    """Narrow a span to the days on which some series have readings; of no length where they have none."""
    found: list[int] = []
    for some in lots(keys, KEYS):
        fresh = open_track(session, [key.number for key in some])
        day = col(SeriesDayRecord.day)
        first, last = session.execute(select(func.min(day), func.max(day)).where(of_series(session, some))).one()
        found += [] if first is None else [start_of(first), start_of(last) + DAY]
        found += [int(fresh.at.min()), int(fresh.at.max()) + 1] if len(fresh) else []
    first_at, last_at = (min(found), max(found)) if found else (start, start)
    begin = min(max(start, first_at), end)
    return begin, max(begin, min(end, last_at))


def forgotten_days(session: Session, keys: Sequence[SeriesKey], start: int, end: int) -> dict[int, int]:
    """Count for each series the days of which readings are no longer kept."""
    found: dict[int, int] = {}
    one = SeriesDayRecord
    for some in lots(keys, KEYS):
        days = col(one.day).between(day_of(start), day_of(end - 1))
        query = select(col(one.series), func.count()).where(of_series(session, some), days)
        rows = session.execute(query.where(col(one.held) == Held.FORGOTTEN).group_by(col(one.series)))
        found |= {series: days for series, days in rows}  # noqa: C416 - rows are no pairs for the type checker
    return found


def _track(session: Session, keys: Sequence[SeriesKey], start: int, end: int) -> Track:
    """Put the readings of some series together; of two of one moment the one that was packed came first.

    The journal is asked first: what is packed meanwhile is found there and in its day, and nothing is missed. Of a
    forgotten day nothing is given: the few readings left of it fit a counter, but say nothing of a level.
    """
    fresh = open_track(session, [key.number for key in keys])
    days = packed_of(session, keys, first=day_of(start), last=day_of(end))
    packed = unpacked([one for one in days if one.held != Held.FORGOTTEN])
    return settle(packed, fresh).track if len(fresh) else packed
