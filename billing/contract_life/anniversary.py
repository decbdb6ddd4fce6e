"""Anniversaries of a day: those of a 29th to 31st fall on the end of a shorter month and come back afterwards."""

from calendar import monthrange
from datetime import date

from billing.period import FIRST_DAY, LAST_DAY, MONTHS


def months_on(day: date, months: int) -> date:
    """Give the day so many months later, or earlier; the end of a shorter month where there is no such day.

    >>> months_on(date(2026, 1, 31), 1), months_on(date(2026, 1, 31), 2), months_on(date(2026, 3, 31), -1)
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 31), datetime.date(2026, 2, 28))
    """
    years, month = divmod(day.month - 1 + months, MONTHS)
    year = day.year + years
    if not FIRST_DAY.year <= year <= LAST_DAY.year:
        return FIRST_DAY if year < FIRST_DAY.year else LAST_DAY
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_between(start: date, day: date) -> int:
    """Count the whole months from a day up to another.

    >>> months_between(date(2026, 1, 31), date(2026, 2, 28)), months_between(date(2026, 1, 15), date(2027, 1, 14))
    (1, 11)
    """
    count = (day.year - start.year) * MONTHS + day.month - start.month
    return count if months_on(start, count) <= day else count - 1
