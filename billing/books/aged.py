"""Aged receivables: who still owes how much, by how long it is overdue on a day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel

from billing.books.line import total

AGED_RULE = "aged/1"
_UP_TO = ((0, "not_due"), (30, "days_1_30"), (60, "days_31_60"), (90, "days_61_90"))
_BEYOND = "over_90"
BUCKETS = (*(name for _, name in _UP_TO), _BEYOND)


class OpenItem(NamedTuple):
    """What is still open of one document; a credit that was not used yet is negative."""

    customer: str
    customer_name: str
    number: str
    issued_on: date
    due_on: date
    currency: str
    gross: Decimal
    open: Decimal


class AgedItem(BaseModel):
    """An open document, and since how many days it is overdue; 0 or less is not due."""

    customer: str
    customer_name: str
    number: str
    issued_on: date
    due_on: date
    days_overdue: int
    bucket: str
    currency: str
    gross: Decimal
    open: Decimal


class Aged(BaseModel):
    """What one customer (or, in the totals, all of them) owes in one currency; the buckets add up to `open`."""

    customer: str
    customer_name: str
    currency: str
    not_due: Decimal
    days_1_30: Decimal
    days_31_60: Decimal
    days_61_90: Decimal
    over_90: Decimal
    open: Decimal


class AgedReport(BaseModel):
    """The open documents as of the end of a day: what was issued or paid later does not count."""

    rule: str = AGED_RULE
    as_of: date
    customers: list[Aged]
    totals: list[Aged]
    items: list[AgedItem]


def bucket(days_overdue: int) -> str:
    """Name the column of an age; the due day itself is not overdue.

    >>> bucket(0), bucket(1), bucket(30), bucket(31), bucket(91)
    ('not_due', 'days_1_30', 'days_1_30', 'days_31_60', 'over_90')
    """
    return next((name for limit, name in _UP_TO if days_overdue <= limit), _BEYOND)


def aged(items: Iterable[OpenItem], *, as_of: date) -> AgedReport:
    """Sort open documents by age, by customer and in total."""
    shown = [_item(item, as_of) for item in items if item.open]
    shown.sort(key=lambda item: (item.customer, item.due_on, item.number))
    customers: dict[tuple[str, str, str], list[AgedItem]] = defaultdict(list)
    totals: dict[str, list[AgedItem]] = defaultdict(list)
    for item in shown:
        customers[item.customer, item.customer_name, item.currency].append(item)
        totals[item.currency].append(item)
    return AgedReport(
        as_of=as_of,
        customers=[_sums(*key, of) for key, of in sorted(customers.items())],
        totals=[_sums("", "", currency, of) for currency, of in sorted(totals.items())],
        items=shown,
    )


def _item(item: OpenItem, as_of: date) -> AgedItem:
    days = (as_of - item.due_on).days
    return AgedItem(**item._asdict(), days_overdue=days, bucket=bucket(days))


def _sums(customer: str, name: str, currency: str, items: Sequence[AgedItem]) -> Aged:
    columns = {column: total(item.open for item in items if item.bucket == column) for column in BUCKETS}
    whole = total(item.open for item in items)
    return Aged(customer=customer, customer_name=name, currency=currency, open=whole, **columns)
