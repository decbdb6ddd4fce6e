"""A metric is one thing that can be measured: its canonical unit, its kind and its plausible limits."""

from enum import StrEnum

from sqlmodel import Field, SQLModel

from telemetry.columns import worded


class MetricKind(StrEnum):
    """How the values of a metric behave over time."""

    GAUGE = "gauge"
    """A level that goes up and down, such as a temperature."""
    COUNTER = "counter"
    """A running total that only rises until it is reset, such as operating hours."""


class Metric(SQLModel):
    """What is measured, under one code in one canonical unit.

    `unit` is a name pint knows; `minimum` and `maximum` are in that unit, and a value outside them is quarantined.
    """

    model_config = {"extra": "forbid"}

    code: str = Field(min_length=1, max_length=60, regex=r"^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1, max_length=120)
    kind: MetricKind = Field(sa_type=worded(MetricKind))
    unit: str = Field(min_length=1, max_length=40)
    minimum: float | None = None
    maximum: float | None = None
