"""A figure is what a meter counted of one thing in a span, with the readings and the version that it rests on."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from telemetry.holding import Counted, Stretch
from telemetry.meter import MeterVersion
from telemetry.moment import HOUR
from telemetry.usage import Usage


class Figure(NamedTuple):
    """What a meter counted in a span. `increase` is in the meter's unit and is all that may be billed."""

    meter: MeterVersion
    """The version that counted; where it changed within the span, the one at its end."""
    versions: tuple[int, ...]
    """All versions that counted in the span, in their order."""
    increase: float = 0.0
    readings: int = 0
    """Of a counter after the start, up to and including the end, slips left out; of a level from the start on."""
    opening: float | None = None
    """Of a counter: what it showed at the start, and when that was read; None for a level."""
    opening_at: datetime | None = None
    closing: float | None = None
    closing_at: datetime | None = None
    covered_hours: float | None = None
    """Of a level: for how long a reading spoke; None for a counter."""
    longest_gap_hours: float | None = None
    """Of a level: the longest time for which none did."""
    forgotten_days: int = 0
    """Of a level: days whose readings are no longer kept, so that nothing could be counted of them."""


class MeterDay(NamedTuple):
    """What a meter counted in one UTC day of a span, its first and its last reading of that day."""

    day: date
    increase: float
    readings: int
    first_at: datetime | None
    first: float | None
    last_at: datetime | None
    last: float | None
    covered_hours: float | None


class Evidence(NamedTuple):
    """What a figure rests on, day by day; the days add up to the figure."""

    figure: Figure
    days: list[MeterDay]
    on: list[Stretch]
    """When the level was on; empty for counters and for levels times time."""


def of_counter(meter: MeterVersion, use: Usage) -> Figure:
    """Give what a counter did as a figure."""
    return _bare(meter)._replace(
        increase=use.increase,
        readings=use.readings,
        opening=use.opening,
        opening_at=use.opening_at,
        closing=use.closing,
        closing_at=use.closing_at,
    )


def of_level(meter: MeterVersion, counted: Counted, factor: float, forgotten_days: int) -> Figure:
    """Give what was counted of a level as a figure; `factor` makes the meter's unit of it."""
    return _bare(meter)._replace(
        increase=counted.amount * factor,
        readings=counted.readings,
        covered_hours=counted.covered / HOUR,
        longest_gap_hours=counted.longest_gap / HOUR,
        forgotten_days=forgotten_days,
    )


def _bare(meter: MeterVersion) -> Figure:
    return Figure(meter, (meter.version,))


def put_together(figures: Sequence[Figure]) -> Figure:
    """Add up the figures of the parts of a span, in their order; a change of version is seen in `versions`."""
    if len(figures) == 1:
        return figures[0]
    last = figures[-1]
    opened = next((one for one in figures if one.opening_at is not None), last)
    closed = next((one for one in reversed(figures) if one.closing_at is not None), last)
    return last._replace(
        versions=tuple(version for one in figures for version in one.versions),
        increase=sum(one.increase for one in figures),
        readings=sum(one.readings for one in figures),
        opening=opened.opening,
        opening_at=opened.opening_at,
        closing=closed.closing,
        closing_at=closed.closing_at,
        covered_hours=_known([one.covered_hours for one in figures], sum),
        longest_gap_hours=_known([one.longest_gap_hours for one in figures], max),
        forgotten_days=sum(one.forgotten_days for one in figures),
    )


def _known(hours: Sequence[float | None], put: Callable[[list[float]], float]) -> float | None:
    known = [one for one in hours if one is not None]
    return put(known) if known else None
