"""What recurs every month of what was agreed: fees for what is installed, less standing discounts, day by day."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from billing.books.line import NOTHING
from billing.books.recurring import Fee
from billing.contract.tariff import PLAIN, Discount, DiscountOn, Tariff
from billing.period import LAST_DAY
from lifecycle.money import to_cents

PERCENT = Decimal(100)


class Agreed(NamedTuple):
    """A fee as it was agreed for one line or pool, in force from `start` up to, and without, `end`."""

    customer: str
    contract: str
    product: str
    currency: str
    monthly_fee: Decimal
    every_months: Decimal | int
    """Of how many months a period is; of weeks as a year of 52 weeks makes it."""
    start: date
    end: date | None
    tariff: Tariff = PLAIN


def fees_of(agreed: Agreed) -> Iterator[Fee]:
    """Give what an agreed fee amounts to in a month, piece by piece from each day on which that changes."""
    last = agreed.end or LAST_DAY
    for first, following in pairwise([*_changes(agreed, last), last]):
        yield Fee(
            customer=agreed.customer,
            contract=agreed.contract,
            product=agreed.product,
            monthly=monthly(agreed, first),
            currency=agreed.currency,
            start=first,
            end=agreed.end if following == last else following,
        )


def monthly(agreed: Agreed, day: date) -> Decimal:
    """Give the fee of a month as agreed on a day: a fee of a longer period counts for its months in equal parts."""
    tariff, months = agreed.tariff, agreed.every_months
    one = agreed.monthly_fee if tariff.period_fee is None else tariff.period_fee / months
    whole = one * _installed(tariff, day)
    off = sum((_off(one, whole, months) for one in tariff.discounts if _holds(one, day)), NOTHING)
    return to_cents(max(whole - off, NOTHING))


def _changes(agreed: Agreed, last: date) -> Sequence[date]:
    tariff = agreed.tariff
    days = {step.from_day for step in tariff.installed}
    days |= {day for one in tariff.discounts for day in (one.from_day, one.until_day) if day}
    return sorted({agreed.start, *(day for day in days if agreed.start < day < last)}) if agreed.start < last else []


def _installed(tariff: Tariff, day: date) -> Decimal:
    stood = [step.quantity for step in tariff.installed if step.from_day <= day]
    return (stood[-1] if stood else Decimal(0)) if tariff.installed else Decimal(1)


def _holds(discount: Discount, day: date) -> bool:
    on_fee = discount.on is not DiscountOn.USE
    return on_fee and discount.from_day <= day and (discount.until_day is None or day < discount.until_day)


def _off(discount: Discount, whole: Decimal, months: Decimal | int) -> Decimal:
    return discount.amount / months if discount.amount is not None else whole * (discount.percent or 0) / PERCENT
