"""Interest by law on what is paid too late between enterprises in Belgium: a rate for each half-year, day by day."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

from lifecycle.money import to_cents
from lifecycle.reason import Reason

INTEREST_RULE = "late-interest-be/1"
DAYS_OF_A_YEAR = 365
"""Also in a leap year, as courts and the Treasury's own sheet count."""


class Balance(NamedTuple):
    """So much was open from a day on, until the next balance."""

    since: date
    open: Decimal


class Rate(NamedTuple):
    """The rate of a half-year, in per cent a year; `until` is no longer in it."""

    since: date
    until: date
    percent: Decimal
    source: str


class LateInterest(NamedTuple):
    """The interest, rounded once, and a reason for each stretch of days at one rate and one balance."""

    amount: Decimal
    reasons: list[Reason]


@cache
def rates() -> tuple[Rate, ...]:
    """Give the published rates; a half-year that is not among them bears no interest here, and the reasons say so."""
    text = files("billing").joinpath("collection/late_interest.csv").read_text(encoding="utf-8")
    return tuple(
        Rate(date.fromisoformat(row["from"]), date.fromisoformat(row["until"]), Decimal(row["percent"]), row["source"])
        for row in csv.DictReader(io.StringIO(text))
    )


def interest(balances: Sequence[Balance], *, until: date) -> LateInterest:
    """Add up the interest on what was open, from the first balance up to a day that is no longer counted.

    >>> interest([Balance(date(2026, 1, 31), Decimal(1000))], until=date(2026, 2, 10)).amount
    Decimal('2.88')
    """
    exact, reasons = Decimal(0), list[Reason]()
    for start, end, balance in _stretches(balances, until):
        covered = 0
        for rate in rates():
            first, last = max(start, rate.since), min(end, rate.until)
            if first >= last:
                continue
            days = (last - first).days
            covered += days
            exact += balance * rate.percent * days / (100 * DAYS_OF_A_YEAR)
            reasons.append(_because("dunning.interest", first, last, balance, percent=str(rate.percent)))
        if covered < (end - start).days:
            reasons.append(_because("dunning.no_rate", max(start, rates()[-1].until), end, balance))
    return LateInterest(to_cents(exact), reasons)


def _stretches(balances: Sequence[Balance], until: date) -> Iterator[tuple[date, date, Decimal]]:
    for one, after in pairwise([*balances, Balance(until, Decimal(0))]):
        end = min(after.since, until)
        if one.open > 0 and one.since < end:
            yield one.since, end, one.open


def _because(code: str, first: date, last: date, balance: Decimal, **more: str) -> Reason:
    days = {"from": first.isoformat(), "until": last.isoformat(), "days": (last - first).days}
    return Reason(code=code, rule=INTEREST_RULE, inputs=days | {"open": str(balance)} | more)
