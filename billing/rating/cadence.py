"""A cadence cuts the days of a contract into the periods that it is billed by; the anchor says where they begin."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from billing.period import FIRST_DAY, LAST_DAY, MONTHS, Period

YEAR = 12
DAYS_OF_WEEK = 7
A_MONDAY = date(1970, 1, 5)


class Cadence(NamedTuple):
    """So many months or weeks a period, counted from an anchor; without one from a first of January, or a Monday."""

    months: int = 1
    anchor: date | None = None
    weeks: int | None = None
    """Where it is set, periods are of weeks."""


class Slot(NamedTuple):
    """The days of a line in one period: `part` of the `whole`; `window` is what its use is counted over."""

    part: Period
    whole: Period
    window: Period
    is_last: bool
    """Whether no later part of the line lies in the window."""


def months_after(day: date, months: int) -> date:
    """Go on by months, to the month's last day where it has no such day; counted from the anchor it comes back.

    >>> [str(months_after(date(2024, 1, 30), months)) for months in (1, 2)]
    ['2024-02-29', '2024-03-30']
    """
    years, month = divmod(day.month - 1 + months, MONTHS)
    year = min(max(day.year + years, FIRST_DAY.year), LAST_DAY.year)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def period_of(cadence: Cadence, day: date) -> Period:
    """Give the period that a day lies in.

    >>> period_of(Cadence(3), date(2024, 5, 20)) == Period(date(2024, 4, 1), date(2024, 7, 1))
    True
    """
    if cadence.weeks is not None:
        return _weeks_of(cadence.anchor or A_MONDAY, cadence.weeks, day)
    anchor = cadence.anchor or FIRST_DAY
    place = ((day.year - anchor.year) * MONTHS + day.month - anchor.month) // cadence.months
    if months_after(anchor, place * cadence.months) > day:
        place -= 1
    start, end = (months_after(anchor, count * cadence.months) for count in (place, place + 1))
    return Period(max(start, FIRST_DAY), min(end, LAST_DAY))


def _weeks_of(anchor: date, weeks: int, day: date) -> Period:
    """Give the weeks that a day lies in.

    >>> _weeks_of(A_MONDAY, 1, date(2023, 6, 16)) == Period(date(2023, 6, 12), date(2023, 6, 19))
    True
    """
    days = weeks * DAYS_OF_WEEK
    start = day - timedelta(days=(day - anchor).days % days)
    return Period(max(start, FIRST_DAY), min(start + timedelta(days=days), LAST_DAY))


def slot_of(cadence: Cadence, day: date, *, since: date, until: date | None, by_year: bool) -> Slot | None:
    """Give the slot of a line that a day lies in, None where the line does not run in that period."""
    whole = period_of(cadence, day)
    part = whole.meet(since, until)
    if part is None:
        return None
    window = period_of(cadence._replace(months=YEAR), part.start) if by_year else whole
    return Slot(part, whole, window, is_last=part.end in {window.end, until})


def slots_of(cadence: Cadence, within: Period, *, since: date, until: date | None, by_year: bool) -> Iterator[Slot]:
    """Give the slots of a line that share a day with some days, in their order."""
    span = within.meet(since, until)
    day = span.start if span else None
    while span and day and day < span.end:
        slot = slot_of(cadence, day, since=since, until=until, by_year=by_year)
        if slot is None:
            return
        yield slot
        day = slot.whole.end
