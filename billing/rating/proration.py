"""Proration says which share of a fee is owed for a part of its period."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from billing.contract.contract import Proration
from billing.period import Period
from billing.rating.cadence import months_after

COMMERCIAL_MONTH = 30


class Share(NamedTuple):
    """So many days of so many; never a rounded fraction."""

    days: int
    of: int

    @property
    def is_whole(self) -> bool:
        """Tell a whole month from a part of one."""
        return self.days == self.of

    def part_of(self, amount: Decimal) -> Fraction:
        """Give the share of an amount, exactly."""
        return Fraction(amount) * self.days / self.of


def share(policy: Proration, *, part: Period, whole: Period) -> Share:
    """Give the share that a part has in its whole period; the shares of adjoining parts add up to one.

    The whole is always the calendar period, never what remains of it after a late start or an early end.

    >>> january = Period(date(2023, 1, 1), date(2023, 2, 1))
    >>> share(Proration.ACTUAL_DAYS, part=Period(date(2023, 1, 8), january.end), whole=january)
    Share(days=24, of=31)
    """
    if policy is Proration.NONE:
        return Share(1, 1)
    if policy is Proration.FULL_MONTH:
        months = _months(whole)
        return Share(sum(part.meet(month.start, month.end) is not None for month in months), len(months))
    if policy is Proration.FIXED_30:
        return Share(_commercial_days(part), _commercial_days(whole))
    return Share(part.days, whole.days)


def _months(whole: Period) -> list[Period]:
    """Cut a period into months from its first day on; what is shorter than a month is one."""
    months, start = list[Period](), whole.start
    while start < whole.end:
        end = min(months_after(whole.start, len(months) + 1), whole.end)
        months.append(Period(start, end))
        start = end
    return months


def _commercial_days(period: Period) -> int:
    """Count days as if every month had thirty: a 31st adds none, the end of February adds those that lack.

    >>> _commercial_days(Period(date(2026, 7, 1), date(2026, 7, 31)))
    30
    """
    return _commercial_day(period.end) - _commercial_day(period.start)


def _commercial_day(day: date) -> int:
    return (day.year * 12 + day.month) * COMMERCIAL_MONTH + min(day.day - 1, COMMERCIAL_MONTH)
