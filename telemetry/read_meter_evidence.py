"""Show what a meter's figure rests on: each day with its readings, and when the thing was on."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import numpy as np
from sqlmodel import Session

from telemetry.figure import Evidence, MeterDay
from telemetry.find_meters import meters
from telemetry.holding import Stretch, count_parts, stretches
from telemetry.meter import MeterVersion, Part, Way, factor, parts
from telemetry.moment import DAY, HOUR, day_of, micros, moment, start_of
from telemetry.queries import metric, usage
from telemetry.read_meters import level_track, meter_figures
from telemetry.span import span
from telemetry.track import Track

_SHOWS_ON = (Way.TIME_ON, Way.COUNT)


def meter_evidence(session: Session, *, asset_id: UUID, meter: str, start: datetime, end: datetime) -> Evidence:
    """Give a figure with its days and the times for which the thing was on; the days add up to the figure.

    A day in which the meter changed is shown once for each version. Raises UnknownMeter and EndsBeforeStart.
    """
    start, end = (moment(at) for at in span(start, end)[:2])
    figure = meter_figures(session, wanted=[(asset_id, meter)], start=start, end=end)[asset_id, meter]
    days: list[MeterDay] = []
    on: list[Stretch] = []
    for part in parts(meters(session)[meter], start, end):
        if part.meter.way is Way.COUNTER:
            days.extend(_days_of_counter(session, part, asset_id))
            continue
        asked = span(part.start, part.end)
        track = level_track(session, part.meter, asset_id, asked.start, asked.end)
        scale = factor(part.meter, metric(session, part.meter.metric).unit)
        days.extend(_days_of_level(track, part.meter, scale, asked.start, asked.end))
        on.extend(stretches(track, part.meter, asked.start, asked.end) if part.meter.way in _SHOWS_ON else [])
    return Evidence(figure, days, on)


def _days_of_counter(session: Session, part: Part, asset_id: UUID) -> Iterator[MeterDay]:
    pair = (asset_id, part.meter.metric)
    for start, end in _days(part.start, part.end):
        use = usage(session, wanted=[pair], start=start, end=end)[pair]
        shown = (use.opening_at, use.opening, use.closing_at, use.closing)
        yield MeterDay(start.date(), use.increase, use.readings, *shown, None)


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a span at each midnight in UTC."""
    while start < end:
        midnight = moment(start_of(day_of(micros(start))) + DAY)
        yield start, min(midnight, end)
        start = min(midnight, end)


def _days_of_level(track: Track, meter: MeterVersion, scale: float, start: int, end: int) -> Iterator[MeterDay]:
    cuts = np.array([start, *range(start - start % DAY + DAY, end, DAY), end])
    counts = count_parts(track, meter, cuts)
    for part, amount, covered, readings in zip(*(column.tolist() for column in counts[1:]), strict=True):
        own = slice(*np.searchsorted(track.at, cuts[part : part + 2]))
        yield MeterDay(day_of(cuts[part]), amount * scale, readings, *_ends(track.take(own)), covered / HOUR)


def _ends(track: Track) -> tuple[datetime | None, float | None, datetime | None, float | None]:
    if not len(track):
        return None, None, None, None
    first, last = int(track.at[0]), int(track.at[-1])
    return moment(first), float(track.value[0]), moment(last), float(track.value[-1])
