"""Read meters by the day, of many things in one go: what each counted on each UTC day with readings."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from sqlmodel import Session

from telemetry.days_of_series import open_days
from telemetry.find_meters import meters
from telemetry.find_series_days import series_keys
from telemetry.holding import count_parts
from telemetry.meter import Part, Way, factor, parts
from telemetry.moment import DAY, day_of
from telemetry.queries import metrics, usage
from telemetry.read_days import ROLLUP, day_rollups
from telemetry.read_meters import Wanted, level_tracks, windows
from telemetry.read_usage import rises
from telemetry.series_key import SeriesKey
from telemetry.span import span
from telemetry.track import Numbers, Places

_DAY = timedelta(days=1)
_SHOWN = [ROLLUP.index(name) for name in ("increase", "first", "last")]


class MeterDayRow(NamedTuple):
    """What a meter counted of one thing on one day."""

    asset_id: UUID
    meter: str
    day: int
    """Its ordinal, as `date.toordinal` gives it."""
    increase: float
    """Since the reading before, however old that is."""
    shown: float
    """The first reading of a counter that day; 0 of a level."""
    opened: bool
    """Whether there was a reading before, so that the increase is known from that one on."""


def meter_days(session: Session, *, wanted: Sequence[Wanted], first: date, last: date) -> pd.DataFrame:
    """Give what meters counted from one day to another, sorted by day: the columns of `MeterDayRow`.

    Codes that are no meter and things never measured are left out. A day on which a meter changed is counted by the
    version with which it began.
    """
    known = meters(session)
    assets: defaultdict[str, list[UUID]] = defaultdict(list)
    for asset_id, code in dict.fromkeys(wanted):
        if code in known:
            assets[code].append(asset_id)
    found: list[MeterDayRow] = []
    for code, asset_ids in assets.items():
        for part in parts(known[code], _midnight(first), _midnight(last + _DAY)):
            read = _of_counters if part.meter.way is Way.COUNTER else _of_levels
            found.extend(read(session, _whole_days(part), asset_ids))
    return pd.DataFrame(found, columns=list(MeterDayRow._fields)).sort_values("day", kind="stable", ignore_index=True)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _whole_days(part: Part) -> Part:
    """Move both ends of a part to the midnight at or after them."""
    start, end = (_midnight((at + _DAY - timedelta.resolution).date()) for at in (part.start, part.end))
    return part._replace(start=start, end=end)


def _of_counters(session: Session, part: Part, asset_ids: Sequence[UUID]) -> Iterator[MeterDayRow]:
    """Read counters from their day rollups; those that fell, reading by reading, which tells a slip from a reset."""
    wanted = [(asset_id, part.meter.metric) for asset_id in asset_ids]
    keys = series_keys(session, wanted)
    before = usage(session, wanted=wanted, start=part.start, end=part.start)
    opening = {keys[pair].number: use.opening for pair, use in before.items() if pair in keys}
    first, last = part.start.date(), (part.end - _DAY).date()
    frame = _rolled(session, list(keys.values()), first, last, opening)
    by_series = frame.groupby("series").groups
    owner = {key.number: (asset_id, key) for (asset_id, _), key in keys.items()}
    for number, places in by_series.items():
        asset_id, key = owner[int(str(number))]
        own = frame.loc[places]
        rise = own["rise"].to_numpy(dtype=np.float64)
        if key.counting.swapped_at or own["fell"].any():
            rise = _risen_by_readings(session, key, own["day"].to_numpy(dtype=np.int64), first, last)
        opened = opening[key.number] is not None
        for place, (day, increase, shown) in enumerate(zip(own["day"], rise, own["first"], strict=True)):
            yield MeterDayRow(asset_id, part.meter.code, day, float(increase), float(shown), opened or place > 0)


def _rolled(
    session: Session, keys: Sequence[SeriesKey], first: date, last: date, opening: Mapping[int, float | None]
) -> pd.DataFrame:
    """Load day rollups, sorted by series and day, with what each counter rose since the reading before."""
    rows = [
        (series, day.toordinal(), *(row[place] for place in _SHOWN))
        for series, day, row in day_rollups(session, keys, first=first, last=last)
    ]
    frame = pd.DataFrame(rows, columns=["series", "day", "increase", "first", "last"])
    frame = frame.sort_values(["series", "day"], ignore_index=True)
    stood = frame.groupby("series")["last"].shift().fillna(frame["series"].map(opening).astype(float))
    over_night = frame["first"] - stood
    fell = (over_night < 0) | (frame["increase"] > frame["last"] - frame["first"])
    return frame.assign(rise=frame["increase"] + over_night.fillna(0.0), fell=fell)


def _risen_by_readings(session: Session, key: SeriesKey, days: Places, first: date, last: date) -> Numbers:
    waiting = open_days(session, [key])[key.number]
    at, rise = rises(session, key, first=first, last=last, waiting=waiting)
    place = np.searchsorted(days, [day_of(moment).toordinal() for moment in at])
    return np.bincount(place, weights=rise, minlength=len(days)).astype(np.float64)


def _of_levels(session: Session, part: Part, asset_ids: Sequence[UUID]) -> Iterator[MeterDayRow]:
    meter, asked = part.meter, span(part.start, part.end)
    keys = series_keys(session, [(asset_id, meter.metric) for asset_id in asset_ids])
    owner = {key.number: asset_id for (asset_id, _), key in keys.items()}
    scale = factor(meter, metrics(session)[meter.metric].unit)
    for start, end, speaks in windows(session, list(keys.values()), asked):
        cuts = np.array(sorted({start, *range(start - start % DAY + DAY, end, DAY), end}))
        for track in level_tracks(session, meter, list(keys.values()), start, end) if speaks else ():
            counts = count_parts(track, meter, cuts)
            for series, place, amount in zip(counts.series, counts.part, counts.amount, strict=True):
                day = day_of(cuts[place]).toordinal()
                yield MeterDayRow(owner[int(series)], meter.code, day, float(amount * scale), 0.0, opened=False)
