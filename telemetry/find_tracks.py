"""Load the readings of many series over a span, few series at a time, whether packed by day or still in the journal."""

from collections.abc import Iterator, Sequence

from sqlmodel import Session

from telemetry.find_series_days import packed_of
from telemetry.lots import lots
from telemetry.moment import DAY, day_of
from telemetry.open_readings import open_track
from telemetry.series_day import unpacked
from telemetry.series_key import SeriesKey
from telemetry.track import Track, settle

_READINGS_AT_ONCE = 2_000_000
_A_DAY = 1_440
"""So many readings a series and day are reckoned with; more only need more memory."""
_MOST = 250


def tracks_between(session: Session, keys: Sequence[SeriesKey], start: int, end: int) -> Iterator[Track]:
    """Give the readings from `start` up to and including `end`, as tracks of several whole series each."""
    at_once = max(1, _READINGS_AT_ONCE // (_A_DAY * ((end - start) // DAY + 2)))
    for some in lots(sorted(set(keys)), min(at_once, _MOST)):
        track = _track(session, some, start, end)
        yield track.take((track.at >= start) & (track.at <= end))


def _track(session: Session, keys: Sequence[SeriesKey], start: int, end: int) -> Track:
    """Put the readings of some series together; of two of one moment the one that was packed came first."""
    packed = unpacked(packed_of(session, keys, first=day_of(start), last=day_of(end)))
    fresh = open_track(session, [key.number for key in keys])
    return settle(packed, fresh).track if len(fresh) else packed
