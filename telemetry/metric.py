"""A metric is one thing that can be measured: its canonical unit, its kind and its plausible limits."""

import csv
from datetime import date
from enum import StrEnum
from importlib.resources import files

from pydantic import FiniteFloat
from sqlmodel import Field, SQLModel

from telemetry.columns import worded
from telemetry.refusal import Refusal
from telemetry.unit import known_unit


class MetricKind(StrEnum):
    """How the values of a metric behave over time."""

    GAUGE = "gauge"
    """A level that goes up and down, such as a temperature."""
    COUNTER = "counter"
    """A running total that only rises until it is reset, such as operating hours."""
    STATE = "state"
    """A code that holds until the next one, such as on and off or an operating mode; it is never averaged."""


class Metric(SQLModel):
    """What is measured, under one code in one canonical unit, a name of `units.csv`; all figures are in that unit."""

    model_config = {"extra": "forbid"}

    code: str = Field(min_length=1, max_length=60, schema_extra={"pattern": r"^[a-z][a-z0-9_]*$"})
    name: str = Field(min_length=1, max_length=120)
    kind: MetricKind = Field(sa_type=worded(MetricKind))
    unit: str = Field(min_length=1, max_length=40)
    minimum: FiniteFloat | None = None
    """A value below it is quarantined."""
    maximum: FiniteFloat | None = None
    """A value above it is quarantined."""
    resolution: FiniteFloat | None = Field(default=None, gt=0)
    """The smallest step that the sensor tells apart; values nearer to each other count as the same."""
    fastest: FiniteFloat | None = Field(default=None, gt=0)
    """The greatest plausible change in an hour."""
    rolls_over_at: FiniteFloat | None = Field(default=None, gt=0)
    """A counter begins again at zero there, without having been reset."""
    low: FiniteFloat | None = None
    """Lower operating limit: rollups tell how long a thing was below it."""
    high: FiniteFloat | None = None
    """Upper operating limit: rollups tell how long a thing was above it."""
    keep_days: int | None = Field(default=None, ge=1, le=36_525)
    """Raw readings are kept so long; none is for ever. Day rollups always stay."""
    forgotten_before: date | None = None
    """Of the days before, only rollups are kept; a reading that comes late for them is not taken. Set by forgetting."""


class LimitsCrossed(Refusal):
    """The lowest plausible value of a metric is above the highest."""


def check(metric: Metric) -> None:
    """Refuse a metric that no reading could ever satisfy.

    Raises UnknownUnit and LimitsCrossed.
    """
    known_unit(metric.unit)
    if metric.minimum is not None and metric.maximum is not None and metric.minimum > metric.maximum:
        sentence = (
            f"the metric {metric.code} has the minimum {metric.minimum} above the maximum {metric.maximum}; "
            "exchange the two"
        )
        raise LimitsCrossed(sentence, field="minimum")


def _built_in() -> tuple[Metric, ...]:
    with files("telemetry").joinpath("metrics.csv").open(encoding="utf-8") as rows:
        return tuple(Metric.model_validate(row) for row in csv.DictReader(rows))


CATALOGUE = _built_in()
"""The metrics that every tenant begins with."""
