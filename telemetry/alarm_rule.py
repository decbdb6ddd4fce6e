"""An alarm rule says where the readings of a metric should not be, and how long that may last before somebody hears."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import FiniteFloat
from sqlmodel import Field, SQLModel

from telemetry.columns import worded
from telemetry.metric import Metric, MetricKind
from telemetry.refusal import Refusal

_SECOND = 1_000_000
_MONTH = 31 * 86_400


class AlarmKind(StrEnum):
    """What is held against the readings."""

    ABOVE = "above"
    """Higher than the limit."""
    BELOW = "below"
    """Lower than the limit."""
    SILENCE = "silence"
    """No reading for longer than `longest_seconds`, judged by the clock."""
    STUCK = "stuck"
    """The same value for longer than `longest_seconds`, in at least `least_readings` readings."""
    IMPOSSIBLE = "impossible"
    """A change faster than `fastest` in an hour, or than the metric's own fastest."""


class AlarmPriority(StrEnum):
    """How soon somebody should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class AlarmTerms(SQLModel):
    """What a rule says: all figures in the metric's unit, all times in seconds of the readings' own clock.

    `deadband` is how far back behind the limit a value must go to be well again. It must be bad for `on_delay_seconds`
    to be an alarm, and well for `off_delay_seconds` to clear it. Of the alarms of one series in one hour
    `most_per_hour` are told; the rest is one alarm that chatters. A rule holds for every asset, for those of a
    product, or for one.
    """

    model_config = {"extra": "forbid"}

    name: str = Field(min_length=1, max_length=120)
    metric: str = Field(min_length=1, max_length=60)
    kind: AlarmKind = Field(sa_type=worded(AlarmKind))
    priority: AlarmPriority = Field(default=AlarmPriority.MEDIUM, sa_type=worded(AlarmPriority))
    asset_id: UUID | None = None
    product: str | None = Field(default=None, min_length=1, max_length=60)
    limit: FiniteFloat | None = None
    deadband: FiniteFloat = Field(default=0.0, ge=0)
    on_delay_seconds: int = Field(default=0, ge=0, le=_MONTH)
    off_delay_seconds: int = Field(default=0, ge=0, le=_MONTH)
    longest_seconds: int | None = Field(default=None, ge=1, le=12 * _MONTH)
    least_readings: int = Field(default=3, ge=2, le=1_000_000)
    fastest: FiniteFloat | None = Field(default=None, gt=0)
    most_per_hour: int = Field(default=4, ge=1, le=8)
    active: bool = True


class Watch(NamedTuple):
    """A rule as it is held against columns of readings: times in microseconds, everything filled in."""

    kind: AlarmKind
    limit: float = 0.0
    deadband: float = 0.0
    on_delay: int = 0
    off_delay: int = 0
    longest: int = 0
    least: int = 2
    fastest: float = 0.0
    resolution: float = 0.0
    counts: bool = False
    most: int = 4

    @property
    def sign(self) -> float:
        """Turn values over where the least is the worst."""
        return -1.0 if self.kind is AlarmKind.BELOW else 1.0


class IncompleteRule(Refusal):
    """The rule lacks the figure that its kind is about."""


class RuleForTwo(Refusal):
    """A rule names one asset and a product at once."""


_NEEDS = {
    AlarmKind.ABOVE: "limit",
    AlarmKind.BELOW: "limit",
    AlarmKind.SILENCE: "longest_seconds",
    AlarmKind.STUCK: "longest_seconds",
    AlarmKind.IMPOSSIBLE: "fastest",
}


def watch(terms: AlarmTerms, metric: Metric) -> Watch:
    """Lay a rule out over its metric, which may know itself how fast it can change.

    Raises IncompleteRule and RuleForTwo.
    """
    fastest, needed = terms.fastest or metric.fastest, _NEEDS[terms.kind]
    if (fastest if needed == "fastest" else getattr(terms, needed)) is None:
        sentence = f"a rule of the kind '{terms.kind.value}' needs a figure in '{needed}'"
        raise IncompleteRule(sentence, field=needed)
    if terms.asset_id is not None and terms.product is not None:
        raise RuleForTwo("a rule is for one asset or for one product, not for both; leave one out", field="product")
    return Watch(
        kind=terms.kind,
        limit=terms.limit or 0.0,
        deadband=terms.deadband,
        on_delay=terms.on_delay_seconds * _SECOND,
        off_delay=terms.off_delay_seconds * _SECOND,
        longest=(terms.longest_seconds or 0) * _SECOND,
        least=terms.least_readings,
        fastest=fastest or 0.0,
        resolution=metric.resolution or 0.0,
        counts=metric.kind is MetricKind.COUNTER,
        most=terms.most_per_hour,
    )
