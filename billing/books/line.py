"""A line as the books see it: whose it is, what it is for, on which days it serves and when it was billed, if ever."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.books.group import By
from billing.period import NotAPeriod, Period, months_later

NOTHING = Decimal("0.00")
HELD = frozenset({"deposit", "deposit_return"})
"""Components that are the customer's own money in our keeping: they never become revenue."""
CARRIED = "carried_over"
"""The component by which a credit waits for the next bill: owed to the customer until then, and never revenue."""
MEASURED = "use"
"""The component that is what was measured so far, never a share of what is to come."""
NOBODY_S = "–"
"""Stands where a line is of no product, or a document of no contract."""

MOST_MONTHS = 120


class BookedLine(NamedTuple):
    """A line of an issued document; `net` of a credit note is negative.

    What was served and is on no document yet has neither a number nor a day of issue.
    """

    document: str | None
    issued_on: date | None
    customer: str
    contract: str
    product: str
    component: str
    start: date
    end: date
    net: Decimal
    currency: str

    def group(self, by: By) -> str:
        """Give what the line is told apart by."""
        return "" if by is By.ALL else str(getattr(self, by.value))


def first_of(day: date) -> date:
    """Give the month of a day, by its first day."""
    return day.replace(day=1)


def in_words(month: date) -> str:
    """Write a month as people name it.

    >>> in_words(date(2026, 9, 1))
    '2026-09'
    """
    return f"{month:%Y-%m}"


def months_of(start: date, end: date) -> list[date]:
    """Give the months that days from `start` up to, and without, `end` touch, each by its first day.

    >>> len(months_of(date(2026, 1, 31), date(2026, 3, 1)))
    2
    """
    months = [first_of(start)]
    while (following := months_later(months[-1], 1)) < end:
        months.append(following)
    return months


def check_length(period: Period) -> None:
    """Refuse a period of more months than anybody reads. Raises NotAPeriod."""
    if len(months_of(period.start, period.end)) > MOST_MONTHS:
        sentence = f"the books show at most {MOST_MONTHS} months at once, not {period.start} to {period.end}"
        raise NotAPeriod(sentence, field="period")


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add up, to nothing where there is nothing."""
    return sum(amounts, NOTHING)
