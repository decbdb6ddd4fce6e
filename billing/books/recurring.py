"""Monthly recurring revenue: the fees in force at the end of a month, and what moved them since the month before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel

from billing.books.group import By
from billing.books.line import NOTHING, in_words, months_of, total
from billing.period import Period, months_later

RECURRING_RULE = "mrr/1"
MEANING = (
    "MRR is the sum of the monthly fees in force on the last day of the month, after standing discounts; metered use, "
    "minimums and one-off charges are not in it. Movements are counted by customer (by pair of customer and group "
    "where the table is told apart): new had nothing ever before, reactivated had something once, expansion and "
    "contraction have more or less than a month before, churned have nothing left. A contract is there while one of "
    "its lines is in force on the last day of the month."
)


class Fee(NamedTuple):
    """A monthly fee of one line in force from `start` up to, and without, `end`; None is without an end."""

    customer: str
    contract: str
    product: str
    monthly: Decimal
    currency: str
    start: date
    end: date | None
    component: str = "fee"

    def group(self, by: By) -> str:
        """Give what the fee is told apart by."""
        return "" if by is By.ALL else str(getattr(self, by.value))


class RecurringMonth(BaseModel):
    """`opening + new + reactivated + expansion - contraction - churned = closing`, of money and of contracts alike.

    The rates are fractions of the opening, null where nothing stood: `money_churn` = (contraction + churned) /
    opening, `retention` = (opening + expansion - contraction - churned) / opening, `contract_churn` = ended / opening.
    """

    month: str
    group: str
    currency: str
    opening: Decimal
    new: Decimal
    reactivated: Decimal
    expansion: Decimal
    contraction: Decimal
    churned: Decimal
    closing: Decimal
    contracts_opening: int
    contracts_started: int
    contracts_ended: int
    contracts_closing: int
    money_churn: Decimal | None
    retention: Decimal | None
    contract_churn: Decimal | None


class RecurringReport(BaseModel):
    """MRR by month and group, with its definition."""

    rule: str = RECURRING_RULE
    start: date
    end: date
    by: By
    meaning: str = MEANING
    months: list[RecurringMonth]


class _Standing(NamedTuple):
    """What was in force at the end of a month: the fees of each payer, and the contracts."""

    fees: dict[str, Decimal]
    contracts: frozenset[str]


_EMPTY = _Standing({}, frozenset())


def recurring(fees: Iterable[Fee], *, period: Period, by: By) -> list[RecurringMonth]:
    """Give MRR and what moved it, for each group and month of a period of whole months."""
    grouped: dict[tuple[str, str], list[Fee]] = defaultdict(list)
    for fee in fees:
        grouped[fee.group(by), fee.currency].append(fee)
    months = months_of(period.start, period.end)
    return [row for key in sorted(grouped) for row in _months_of(key, grouped[key], months)]


def _months_of(key: tuple[str, str], fees: Sequence[Fee], months: Sequence[date]) -> list[RecurringMonth]:
    begun = _first_months(fees)
    before = _standing(fees, months[0])
    rows = []
    for month in months:
        after = _standing(fees, months_later(month, 1))
        rows.append(_row(key, month, before, after, begun))
        before = after
    return rows


def _standing(fees: Sequence[Fee], day: date) -> _Standing:
    """Give what is in force on the last day before a month begins."""
    running = [fee for fee in fees if fee.start < day and (fee.end is None or fee.end >= day)]
    sums: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for fee in running:
        sums[fee.customer] += fee.monthly
    return _Standing(dict(sums), frozenset(fee.contract for fee in running))


def _first_months(fees: Sequence[Fee]) -> dict[str, date]:
    """Give for each customer the first end of a month (by the day after it) at which a fee was in force."""
    begun: dict[str, date] = {}
    for fee in fees:
        standing = months_later(fee.start, 1)
        if fee.monthly > 0 and (fee.end is None or fee.end >= standing):
            begun[fee.customer] = min(begun.get(fee.customer, standing), standing)
    return begun


def _row(
    key: tuple[str, str], month: date, before: _Standing, after: _Standing, begun: dict[str, date]
) -> RecurringMonth:
    moved: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for customer in before.fees.keys() | after.fees.keys():
        had, has = before.fees.get(customer, NOTHING), after.fees.get(customer, NOTHING)
        first = begun.get(customer) == months_later(month, 1)
        moved[_kind(had, has, first=first)] += abs(has - had)
    opening, shrunk = total(before.fees.values()), moved["contraction"] + moved["churned"]
    ended = len(before.contracts - after.contracts)
    return RecurringMonth(
        month=in_words(month),
        group=key[0],
        currency=key[1],
        opening=opening,
        new=moved["new"],
        reactivated=moved["reactivated"],
        expansion=moved["expansion"],
        contraction=moved["contraction"],
        churned=moved["churned"],
        closing=total(after.fees.values()),
        contracts_opening=len(before.contracts),
        contracts_started=len(after.contracts - before.contracts),
        contracts_ended=ended,
        contracts_closing=len(after.contracts),
        money_churn=_share(shrunk, opening),
        retention=_share(opening + moved["expansion"] - shrunk, opening),
        contract_churn=_share(Decimal(ended), Decimal(len(before.contracts))),
    )


def _kind(had: Decimal, has: Decimal, *, first: bool) -> str:
    """Name a movement."""
    if had == has:
        return "none"
    if had == 0:
        return "new" if first else "reactivated"
    if has == 0:
        return "churned"
    return "expansion" if has > had else "contraction"


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return round(part / whole, 4) if whole else None
