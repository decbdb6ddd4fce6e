"""A repair says what a sender of doubted readings meant, for as many of them as were wrong in the same way."""

from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from telemetry.doubt import Doubt, DoubtState
from telemetry.reading import NO_MOMENT, Arrived, Raw, Stamps, numbers, stamps, words
from telemetry.refusal import Refusal
from telemetry.track import Numbers
from telemetry.unit import known_unit

_LONGEST_LAPSE = 100 * 366 * 86_400
_MICROS = 1_000_000
_FARTHEST = 2**62
"""Beyond it moments are no moments, and adding to them would turn them over."""


class UnknownZoneMeant(Refusal):
    """A repair names a zone that is none."""


class NothingChosen(Refusal):
    """A repair or dismissal does not say which doubted readings it is for."""


class UnfitFactor(Refusal):
    """A repair multiplies by nothing."""


class Chosen(NamedTuple):
    """Which doubted readings: those to which all that is said applies, by what stands in them as they came."""

    reason: Doubt | None = None
    batch: str | None = None
    asset: str | None = None
    metric: str | None = None
    state: DoubtState | None = DoubtState.WAITING

    def must_narrow(self) -> None:
        """Refuse to change everything there is by accident, and what went in already.

        Raises NothingChosen.
        """
        if self.state not in {DoubtState.WAITING, DoubtState.DISMISSED}:
            raise NothingChosen("only readings that wait or were dismissed can be settled", field="state")
        if not any((self.reason, self.batch, self.asset, self.metric)):
            sentence = "say which readings: by reason, batch, asset or metric, as they came"
            raise NothingChosen(sentence, field="reason")


class Repair(BaseModel):
    """What was meant. What is left out stays as it came; nothing at all says that the cause was repaired since."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asset: str | None = Field(default=None, min_length=1, max_length=200)
    metric: str | None = Field(default=None, min_length=1, max_length=60)
    unit: str | None = Field(default=None, min_length=1, max_length=40)
    zone: str | None = Field(default=None, min_length=1, max_length=60)
    """Of moments that came without one."""
    clock_ahead: FiniteFloat = Field(default=0.0, ge=-_LONGEST_LAPSE, le=_LONGEST_LAPSE)
    """By how many seconds the sender's clock was ahead; negative where it was behind."""
    factor: FiniteFloat = 1.0
    """By which each value is multiplied, before its unit is converted."""

    def told(self) -> dict[str, str | float]:
        """Give what it says, without what it leaves out."""
        return self.model_dump(exclude_defaults=True)

    def must_be_possible(self) -> None:
        """Raise UnknownUnit, UnknownZoneMeant and UnfitFactor."""
        if self.unit is not None:
            known_unit(self.unit)
        if self.zone is not None and self.zone not in available_timezones():
            raise UnknownZoneMeant(f"{self.zone!r} is no time zone; write one such as Europe/Brussels", field="zone")
        if self.factor == 0:
            raise UnfitFactor("a factor of 0 would make every value 0; say by what the values are to be multiplied")


class Doubted(NamedTuple):
    """A reading in quarantine: as it came, and what could be read of its moment (microseconds) and value."""

    as_received: dict[str, str]
    at: int | None
    value: float | None


def repaired(doubted: Sequence[Doubted], repair: Repair) -> Arrived:
    """Give doubted readings as a batch, as if it had been right at once."""
    cells = [one.as_received for one in doubted]
    at, value = ([cell[name] for cell in cells] for name in ("at", "value"))
    said = {"asset": repair.asset, "metric": repair.metric, "unit": repair.unit}
    asset, metric, unit = (
        words(pd.Series([cell[name] if meant is None else meant for cell in cells], dtype=object))
        for name, meant in said.items()
    )
    stamp = _stamps([one.at for one in doubted], at, repair)
    return Arrived(asset, metric, unit, stamp, _values([one.value for one in doubted], value, repair), Raw(at, value))


def _stamps(read: Sequence[int | None], written: Sequence[str], repair: Repair) -> Stamps:
    """Take moments as they were read, or read those again that were not, with the zone that was meant."""
    at = np.array([NO_MOMENT if one is None else one for one in read], dtype=np.int64)
    unread = np.flatnonzero(at == NO_MOMENT)
    unreadable, zoneless = np.zeros(len(at), dtype=bool), np.zeros(len(at), dtype=bool)
    if len(unread):
        again = stamps(pd.Series([written[row] for row in unread.tolist()], dtype=object), repair.zone)
        at[unread], unreadable[unread], zoneless[unread] = again
    ahead = round(repair.clock_ahead * _MICROS)
    right = np.where(at == NO_MOMENT, at, np.clip(at, -_FARTHEST, _FARTHEST) - ahead)
    return Stamps(right, unreadable, zoneless)


def _values(read: Sequence[float | None], written: Sequence[str], repair: Repair) -> Numbers:
    """Take values as they were read, or read those again that were not."""
    value = np.array([np.nan if one is None else one for one in read])
    unread = np.flatnonzero(np.isnan(value))
    if len(unread):
        cells: list[object] = [written[row] for row in unread.tolist()]
        value[unread] = numbers(pd.Series(cells, dtype=object))
    with np.errstate(over="ignore"):
        return np.asarray(value * repair.factor, dtype=np.float64)
