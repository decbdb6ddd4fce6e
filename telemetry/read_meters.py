"""Read meters: what each counted of each thing in a span."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

import numpy as np
from sqlmodel import Session

from telemetry.figure import Figure, of_counter, of_level, put_together
from telemetry.find_meters import meters, unknown
from telemetry.find_series_days import Pair, series_keys
from telemetry.find_tracks import forgotten_days, measured_between, tracks_between
from telemetry.holding import SECOND, Counted, count, silence
from telemetry.holding import put_together as total
from telemetry.meter import MeterVersion, Part, Way, factor, parts
from telemetry.moment import DAY
from telemetry.queries import metrics, usage
from telemetry.read_rising import Risen, risen
from telemetry.series_key import SeriesKey
from telemetry.span import Span, span
from telemetry.track import EMPTY, Track

Wanted = tuple[UUID, str]
"""An asset and the code of a meter."""

_WINDOW = 92 * DAY
"""So long a span of levels is counted at once."""


class Window(NamedTuple):
    """A part of a span; `speaks` says that there may be readings in it or shortly before."""

    start: int
    end: int
    speaks: bool = True


def meter_figures(
    session: Session, *, wanted: Sequence[Wanted], start: datetime, end: datetime
) -> dict[Wanted, Figure]:
    """Give what meters counted between two moments; every wanted one has an answer.

    The figures of the parts of a span add up to that of the whole. Where a meter changed within the span, each part
    is counted by the version that was valid in it. Raises UnknownMeter and EndsBeforeStart.
    """
    span(start, end)
    known, units = meters(session), {code: metric.unit for code, metric in metrics(session).items()}
    assets: defaultdict[str, list[UUID]] = defaultdict(list)
    for asset_id, code in dict.fromkeys(wanted):
        if code not in known:
            raise unknown(code, known, field="meter")
        assets[code].append(asset_id)
    figures: defaultdict[Wanted, list[Figure]] = defaultdict(list)
    for code, asset_ids in assets.items():
        for part in parts(known[code], start, end):
            for asset_id, figure in _figures(session, part, asset_ids, units).items():
                figures[asset_id, code].append(figure)
    return {pair: put_together(of_parts) for pair, of_parts in figures.items()}


def counter_columns(
    session: Session, *, meter: str, asset_ids: Sequence[UUID], start: datetime, end: datetime
) -> Risen | None:
    """Give what one meter counted between two moments of many things, by column and in their order.

    None where it is no counter, unknown, or changed within the span: then each thing is to be read by itself.
    """
    span(start, end)
    versions = meters(session).get(meter, [])
    found = parts(versions, start, end) if versions else []
    if len(found) != 1 or found[0].meter.way is not Way.COUNTER:
        return None
    metric = found[0].meter.metric
    keys = series_keys(session, [(asset_id, metric) for asset_id in asset_ids])
    places = {key: place for place, key in enumerate(dict.fromkeys(keys.values()))}
    counted = risen(session, list(places), span(found[0].start, found[0].end))
    rows = [places[key] if (key := keys.get((one, metric))) else len(places) for one in asset_ids]
    return Risen(*(np.append(column, _UNREAD[place])[rows] for place, column in enumerate(counted)))


_UNREAD = Risen(*(np.array([cell]) for cell in (0.0, 0, 0.0, 0, 0, True, False)))


def _figures(session: Session, part: Part, asset_ids: Sequence[UUID], units: dict[str, str]) -> dict[UUID, Figure]:
    meter, start, end = part
    wanted = [(asset_id, meter.metric) for asset_id in asset_ids]
    if meter.way is Way.COUNTER:
        used = usage(session, wanted=wanted, start=start, end=end)
        return {asset_id: of_counter(meter, used[asset_id, code]) for asset_id, code in wanted}
    return _figures_of_levels(session, part, wanted, factor(meter, units[meter.metric]))


def _figures_of_levels(session: Session, part: Part, wanted: Sequence[Pair], scale: float) -> dict[UUID, Figure]:
    """Count levels; of those never measured nothing, over the whole span."""
    asked, keys = span(part.start, part.end), series_keys(session, wanted)
    counted = _counted(session, part.meter, asked, list(keys.values()))
    gone = forgotten_days(session, list(keys.values()), asked.start, asked.end)
    nothing = of_level(part.meter, silence(asked.end - asked.start), scale, 0)
    found = {asset_id: nothing for asset_id, _ in wanted}
    for (asset_id, _), key in keys.items():
        found[asset_id] = of_level(part.meter, counted[key.number], scale, gone.get(key.number, 0))
    return found


def _counted(session: Session, meter: MeterVersion, asked: Span, keys: Sequence[SeriesKey]) -> dict[int, Counted]:
    """Count levels by the number of their series."""
    found: dict[int, list[Counted]] = {key.number: [] for key in keys}
    for start, end, speaks in windows(session, keys, asked):
        counted: dict[int, Counted] = {}
        for track in level_tracks(session, meter, keys, start, end) if speaks else ():
            counted |= count(track, meter, start, end)
        for number, of_windows in found.items():
            of_windows.append(counted.get(number) or silence(end - start))
    return {number: total(of_windows) for number, of_windows in found.items()}


def windows(session: Session, keys: Sequence[SeriesKey], asked: Span) -> Iterator[Window]:
    """Cut a long span into windows that fit into memory; before and after all readings there is one silent each."""
    start, end = asked.start, asked.end
    if end - start <= _WINDOW:
        yield Window(start, end)
        return
    first, last = measured_between(session, keys, start, end)
    last = min(last + _WINDOW, end)
    cuts = range(first - first % _WINDOW + _WINDOW, last, _WINDOW)
    for begin, until in pairwise(sorted({start, first, *cuts, last, end})):
        yield Window(begin, until, speaks=first <= begin < last)


def level_tracks(
    session: Session, meter: MeterVersion, keys: Sequence[SeriesKey], start: int, end: int
) -> Iterator[Track]:
    """Load what is needed to count a span: a reading before it may hold into it, a line may lead out of it."""
    around = (meter.longest_gap or 0) * SECOND
    return tracks_between(session, keys, start - around, end + around)


def level_track(session: Session, meter: MeterVersion, asset_id: UUID, start: int, end: int) -> Track:
    """Load the readings of one thing that are needed to count a span."""
    keys = list(series_keys(session, [(asset_id, meter.metric)]).values())
    return next(level_tracks(session, meter, keys, start, end), EMPTY)
