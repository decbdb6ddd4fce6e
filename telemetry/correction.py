"""A correction puts another value in the place of one reading, with the reason; what stood there is remembered."""

from datetime import datetime
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, FiniteFloat

from telemetry.metric import Metric
from telemetry.refusal import Refusal


class NothingToCorrect(Refusal):
    """No reading stands at that moment."""


class ImplausibleCorrection(Refusal):
    """The corrected value lies outside the limits of its metric."""


class CorrectedTwice(Refusal):
    """One moment is given twice with different values."""


class Correction(BaseModel):
    """At a moment, the value that is right, in the metric's own unit."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime
    value: FiniteFloat


class Corrected(NamedTuple):
    """A reading that was corrected: its moment, what stood there, and what stands there now."""

    at: datetime
    was: float
    value: float


def plausible(metric: Metric, corrections: list[Correction]) -> dict[datetime, float]:
    """Give the right values by their moments.

    Raises ImplausibleCorrection and CorrectedTwice.
    """
    found: dict[datetime, float] = {}
    for place, one in enumerate(corrections):
        field = f"readings[{place}]"
        low = metric.minimum is not None and one.value < metric.minimum
        if low or (metric.maximum is not None and one.value > metric.maximum):
            sentence = f"{one.value:g} {metric.unit} lies outside the limits of {metric.code}: {_limits(metric)}"
            raise ImplausibleCorrection(sentence, field=field)
        if found.setdefault(one.at, one.value) != one.value:
            sentence = f"{one.at.isoformat()} is given twice, as {found[one.at]:g} and as {one.value:g}; give it once"
            raise CorrectedTwice(sentence, field=field)
    return found


def _limits(metric: Metric) -> str:
    low, high = ("-" if one is None else f"{one:g}" for one in (metric.minimum, metric.maximum))
    return f"{low} to {high}"
