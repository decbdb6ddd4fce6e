"""Revenue belongs to the days of service: what is billed ahead of them is deferred, what is billed after is accrued."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel

from billing.books.group import By
from billing.books.line import CARRIED, HELD, MEASURED, NOTHING, BookedLine, first_of, in_words, months_of, total
from billing.period import Period, months_later
from lifecycle.money import split

REVENUE_RULE = "revenue/1"


class RevenueMonth(BaseModel):
    """One month of one group: `opening + billed - recognised = closing`, and `closing = deferred - accrued`."""

    month: str
    group: str
    currency: str
    opening: Decimal
    billed: Decimal
    recognised: Decimal
    closing: Decimal
    deferred: Decimal
    accrued: Decimal


class DepositMonth(BaseModel):
    """Deposits in our keeping: `opening + taken - returned = closing`."""

    month: str
    currency: str
    opening: Decimal
    taken: Decimal
    returned: Decimal
    closing: Decimal


class RevenueReport(BaseModel):
    """The roll-forward by month and group, from the documents issued up to `as_of`.

    `estimated` is the part of the accrued that is on no document yet, by currency: what running contracts owe for the
    days served and by what was measured. `unrated` names the contracts and months for which that could not be told.
    """

    rule: str = REVENUE_RULE
    start: date
    end: date
    as_of: date
    by: By
    months: list[RevenueMonth]
    deposits: list[DepositMonth]
    estimated: dict[str, Decimal]
    unrated: list[str]


class Moved(NamedTuple):
    """What a line moves in one month."""

    billed: Decimal = NOTHING
    recognised: Decimal = NOTHING
    accrued: Decimal = NOTHING

    def plus(self, other: "Moved") -> "Moved":
        """Add up."""
        return Moved(self.billed + other.billed, self.recognised + other.recognised, self.accrued + other.accrued)


_Key = tuple[str, str]
_Moves = dict[_Key, dict[date, Moved]]


def spread(net: Decimal, start: date, end: date) -> dict[date, Decimal]:
    """Spread a net amount over its months by their days, so that the months add up to it to the cent.

    >>> [str(part) for part in spread(Decimal("100.00"), date(2026, 1, 15), date(2026, 4, 15)).values()]
    ['18.89', '31.11', '34.44', '15.56']
    """
    months = months_of(start, end)
    if len(months) == 1:
        return {months[0]: net}
    days = [(min(end, months_later(month, 1)) - max(start, month)).days for month in months]
    return dict(zip(months, split(net, [Decimal(count) for count in days]), strict=True))


def earned_by(line: BookedLine, day: date) -> BookedLine | None:
    """Cut an unbilled line where a day begins: what is yet to be served is not owed; use was measured already."""
    if line.end <= day:
        return line
    if line.start >= day:
        return None
    weights = [Decimal((day - line.start).days), Decimal((line.end - day).days)]
    return line._replace(end=day, net=line.net if line.component == MEASURED else split(line.net, weights)[0])


def roll_forward(lines: Iterable[BookedLine], *, period: Period, by: By) -> list[RevenueMonth]:
    """Give for each group and month of a period how billed and served amounts stand to each other.

    `period` is of whole months. Deposits are no revenue and left out.
    """
    moves = _moves((line for line in lines if line.component not in HELD), by)
    months = months_of(period.start, period.end)
    return [row for key in sorted(moves) for row in _months_of(key, moves[key], months)]


def _moves(lines: Iterable[BookedLine], by: By) -> _Moves:
    moves: _Moves = defaultdict(lambda: defaultdict(Moved))
    for line in lines:
        of_group = moves[line.group(by), line.currency]
        for month, moved in _moved(line):
            of_group[month] = of_group[month].plus(moved)
    return moves


def _moved(line: BookedLine) -> Iterator[tuple[date, Moved]]:
    """Give what a line moves: earned before its month of issue it is accrued, and that ends with its issue."""
    issued = first_of(line.issued_on) if line.issued_on else date.max
    ahead = NOTHING
    served = {} if line.component == CARRIED else spread(line.net, line.start, line.end)
    for month, part in served.items():
        early = part if month < issued else NOTHING
        ahead += early
        yield month, Moved(recognised=part, accrued=early)
    if line.issued_on:
        yield issued, Moved(billed=line.net, accrued=-ahead)


def _months_of(key: _Key, moves: dict[date, Moved], months: Sequence[date]) -> list[RevenueMonth]:
    """Walk the months: what stood before the first is its opening."""
    before = [moved for month, moved in moves.items() if month < months[0]]
    balance = total(moved.billed - moved.recognised for moved in before)
    accrued = total(moved.accrued for moved in before)
    rows = []
    for month in months:
        moved = moves.get(month, Moved())
        closing, accrued = balance + moved.billed - moved.recognised, accrued + moved.accrued
        rows.append(
            RevenueMonth(
                month=in_words(month),
                group=key[0],
                currency=key[1],
                opening=balance,
                billed=moved.billed,
                recognised=moved.recognised,
                closing=closing,
                deferred=closing + accrued,
                accrued=accrued,
            )
        )
        balance = closing
    return rows


def by_currency(lines: Iterable[BookedLine]) -> dict[str, Decimal]:
    """Add up what lines bring in, by currency; deposits bring in nothing."""
    sums: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for line in lines:
        if line.component not in HELD:
            sums[line.currency] += line.net
    return dict(sorted(sums.items()))


def deposits(lines: Iterable[BookedLine], *, period: Period) -> list[DepositMonth]:
    """Give the deposits in our keeping, by currency and month of issue."""
    taken: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for line in lines:
        if line.component in HELD and line.issued_on:
            taken[line.currency].append((first_of(line.issued_on), line.net))
    months = months_of(period.start, period.end)
    return [row for currency in sorted(taken) for row in _kept(currency, taken[currency], months)]


def _kept(currency: str, moved: Sequence[tuple[date, Decimal]], months: Sequence[date]) -> list[DepositMonth]:
    balance = total(net for month, net in moved if month < months[0])
    rows = []
    for month in months:
        taken = total(net for at, net in moved if at == month and net > 0)
        returned = -total(net for at, net in moved if at == month and net < 0) + NOTHING
        closing = balance + taken - returned
        rows.append(
            DepositMonth(
                month=in_words(month),
                currency=currency,
                opening=balance,
                taken=taken,
                returned=returned,
                closing=closing,
            )
        )
        balance = closing
    return rows
