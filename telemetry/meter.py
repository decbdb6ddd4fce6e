"""A meter says how use is counted from what is measured, and in words what counts as on; bills name its version."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from pydantic import FiniteFloat
from sqlmodel import Field, SQLModel

from telemetry.columns import worded
from telemetry.metric import Metric, MetricKind
from telemetry.refusal import Refusal
from telemetry.unit import conversion, known_unit, registry

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""The first version of a meter counts all that was ever measured."""


class Way(StrEnum):
    """How use is counted."""

    COUNTER = "counter"
    """By how much a counter rose; resets, roll-overs and swaps are survived."""
    TIME_ON = "time_on"
    """How long a level was on."""
    INTEGRAL = "integral"
    """A level times the time that it lasted, such as kW to kWh."""
    COUNT = "count"
    """How often a level came on."""


class Side(StrEnum):
    """On which side of the threshold a level is on."""

    ABOVE = "above"
    BELOW = "below"
    EQUAL = "equal"


class Drawn(StrEnum):
    """What a level is taken to be between two readings."""

    HELD = "held"
    """What the reading said, until the next one but no longer than the longest gap."""
    STRAIGHT = "straight"
    """On the straight line to the next reading, unless that is further away than the longest gap: then nothing."""


class Meter(SQLModel):
    """How one kind of use is counted from one metric.

    `threshold` is in the metric's unit; `longest_gap` is in seconds: longer than that no reading speaks for the time
    after it, so a silent sensor counts nothing.
    """

    model_config = {"extra": "forbid"}

    code: str = Field(min_length=1, max_length=60, schema_extra={"pattern": r"^[a-z][a-z0-9_]*$"})
    name: str = Field(min_length=1, max_length=120)
    metric: str = Field(min_length=1, max_length=60)
    way: Way = Field(sa_type=worded(Way))
    unit: str = Field(min_length=1, max_length=40)
    threshold: FiniteFloat | None = None
    side: Side | None = Field(default=None, sa_type=worded(Side))
    drawn: Drawn | None = Field(default=None, sa_type=worded(Drawn))
    longest_gap: int | None = Field(default=None, ge=1, le=604_800)


class MeterVersion(Meter):
    """One version of a meter. It never changes: a figure that names it can be worked out again for ever."""

    version: int = Field(ge=1)
    valid_from: datetime
    """From this moment on, until the next version is valid."""
    means: str
    """What is counted and what counts as on, in words."""


class UnfitMeter(Refusal):
    """A meter is defined in a way that counts nothing or contradicts itself."""


class Part(NamedTuple):
    """A part of a span, and the version of a meter that counts in it."""

    meter: MeterVersion
    start: datetime
    end: datetime


_NEEDED = {
    Way.COUNTER: frozenset[str](),
    Way.TIME_ON: frozenset({"threshold", "side", "longest_gap"}),
    Way.INTEGRAL: frozenset({"drawn", "longest_gap"}),
    Way.COUNT: frozenset({"threshold", "side", "longest_gap"}),
}
_OPTIONS = ("threshold", "side", "drawn", "longest_gap")
_OFFSET_UNITS = ("degree_Celsius", "degree_Fahrenheit")
_GAP = "a reading holds until the next one, for at most {gap} s, so a longer gap counts nothing beyond that"
_MEANS = {
    (Way.COUNTER, None): "by how much the counter {metric} rose; after a reset it counts from zero, after a roll-over "
    "or a swap it counts on, and one reading off the line alone is a slip",
    (Way.TIME_ON, None): "how long {metric} was {side} {threshold:.15g} {measured}; " + _GAP,
    (Way.INTEGRAL, Drawn.HELD): "{metric} times the time it lasted; " + _GAP,
    (Way.INTEGRAL, Drawn.STRAIGHT): "{metric} times the time it lasted, in straight lines between readings; "
    "readings more than {gap} s apart count nothing between them",
    (Way.COUNT, None): "how often {metric} came to be {side} {threshold:.15g} {measured} after a reading that was not, "
    "at most {gap} s before",
}


def check(meter: Meter, metric: Metric) -> None:
    """Refuse a meter that could never count.

    Raises UnfitMeter, UnknownUnit and WrongDimension.
    """
    for name in _OPTIONS:
        if (getattr(meter, name) is not None) != (name in _NEEDED[meter.way]):
            needs = ", ".join(sorted(_NEEDED[meter.way])) or "none of threshold, side, drawn and longest_gap"
            raise UnfitMeter(f"the meter {meter.code} counts by {meter.way.value}, which needs {needs}", field=name)
    if (meter.way is Way.COUNTER) != (metric.kind is MetricKind.COUNTER):
        sentence = (
            f"the metric {metric.code} is a {metric.kind.value} and cannot be counted by {meter.way.value}; "
            "counter goes with counters, time_on, integral and count with levels"
        )
        raise UnfitMeter(sentence, field="way")
    if meter.way is Way.COUNTER and meter.unit != metric.unit:
        sentence = f"the meter {meter.code} shows {metric.code} as it is, so its unit is {metric.unit}"
        raise UnfitMeter(sentence, field="unit")
    factor(meter, metric.unit)


def factor(meter: Meter, measured: str) -> float:
    """Give how many of the meter's units there are in what is counted: rises, hours, times, or a level in hours.

    `measured` is the metric's unit. Raises UnfitMeter, UnknownUnit and WrongDimension.
    """
    if meter.way is Way.INTEGRAL:
        return _over_hours(measured, meter.unit)
    counted = {Way.COUNTER: measured, Way.TIME_ON: "hour", Way.COUNT: "count"}[meter.way]
    return conversion(counted, meter.unit).factor


@cache
def _over_hours(measured: str, unit: str) -> float:
    """Ask how many of a unit one of the measured unit makes in an hour."""
    level, target = known_unit(measured), known_unit(unit)
    product = level * registry().Unit("hour")
    if str(level) in _OFFSET_UNITS or product.dimensionality != target.dimensionality:
        sentence = f"'{measured}' over time does not make '{unit}'; kW makes kWh, lux makes lux_hour"
        raise UnfitMeter(sentence, field="unit")
    return float(registry().Quantity(1.0, product).to(target).magnitude)


def meaning(meter: Meter, metric: Metric) -> str:
    """Say in words what a sound meter counts.

    >>> lux = Metric(code="illuminance", name="Illuminance", kind=MetricKind.GAUGE, unit="lux")
    >>> meaning(built_in(lux)[0], lux).partition(";")[0]
    'in hour: how long illuminance was above 100 lux'
    """
    words = _MEANS[meter.way, meter.drawn].format(
        metric=metric.code,
        side=meter.side.value.replace("equal", "equal to") if meter.side else "",
        threshold=meter.threshold or 0.0,
        measured=metric.unit,
        gap=meter.longest_gap,
    )
    return f"in {meter.unit}: {words}"


def parts(versions: Sequence[MeterVersion], start: datetime, end: datetime) -> list[Part]:
    """Cut a span where the next version of a meter became valid; `versions` are in their order."""
    begins = [max(start, one.valid_from) if place else start for place, one in enumerate(versions)]
    ends = [*begins[1:], end]
    found = [Part(*one) for one in zip(versions, begins, (min(one, end) for one in ends), strict=True)]
    return [one for one in found if one.start < one.end] or [_in_force(found, start)]


def _in_force(found: Sequence[Part], at: datetime) -> Part:
    """Give the part of a span of no length."""
    last = [one for one in found if one.start <= at][-1]
    return last._replace(start=at, end=at)


def built_in(metric: Metric) -> list[Meter]:
    """Give the meters that come with a metric: a counter is one under its own code, levels have those of the list."""
    if metric.kind is MetricKind.COUNTER:
        return [
            Meter(code=metric.code, name=metric.name, metric=metric.code, way=Way.COUNTER, unit=metric.unit),
        ]
    return [one for one in CATALOGUE if one.metric == metric.code and _fits(one, metric)]


def _fits(meter: Meter, metric: Metric) -> bool:
    try:
        check(meter, metric)
    except Refusal:
        return False
    return True


def first_version(meter: Meter, metric: Metric) -> MeterVersion:
    """Give the version that a meter begins with."""
    return MeterVersion(**meter.model_dump(), version=1, valid_from=ALWAYS, means=meaning(meter, metric))


def _catalogue() -> tuple[Meter, ...]:
    with files("telemetry").joinpath("meters.csv").open(encoding="utf-8") as rows:
        return tuple(
            Meter.model_validate({name: cell for name, cell in row.items() if cell}) for row in csv.DictReader(rows)
        )


CATALOGUE = _catalogue()
"""The meters over levels that every tenant begins with."""
