"""A span of time as the telemetry lies in it: whole UTC days with rollups, and the ragged days at its ends."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from telemetry.moment import DAY, day_of, micros, start_of
from telemetry.refusal import Refusal

_DAY = timedelta(days=1)
_FIRST, _LAST = start_of(date(1970, 1, 1)), start_of(date(2970, 1, 1))
"""Nothing was measured before or after, however far a question reaches."""


class EndsBeforeStart(Refusal):
    """A span ends before it starts."""


class Span(NamedTuple):
    """From `start` to `end` in microseconds; `first_whole` to `last_whole` are the UTC days wholly inside."""

    start: int
    end: int
    first_day: date
    last_day: date
    first_whole: date
    last_whole: date

    @property
    def ragged(self) -> list[date]:
        """Give the days that lie in the span only in part."""
        days = sorted({self.first_day, self.last_day})
        return [day for day in days if not self.first_whole <= day <= self.last_whole]


def span(start: datetime, end: datetime) -> Span:
    """Lay a span out over UTC days, half-open.

    Raises EndsBeforeStart.
    """
    if end < start:
        sentence = f"the end {end.isoformat()} lies before the start {start.isoformat()}; exchange the two"
        raise EndsBeforeStart(sentence, field="end")
    first, last = (min(max(micros(at), _FIRST), _LAST) for at in (start, end))
    return Span(
        start=first,
        end=last,
        first_day=day_of(first),
        last_day=day_of(last),
        first_whole=day_of(first + DAY - 1),
        last_whole=day_of(last) - _DAY,
    )
