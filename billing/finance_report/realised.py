"""What our own things were really sold for, beside what had been told and booked of them the day before."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from pydantic import BaseModel

from billing.finance_report.frozen import FrozenSale
from lifecycle.money import to_cents


class Realised(BaseModel):
    """How well the things of one product and currency, or all of a currency, had been told; as fractions.

    `bias` is the median of (told - paid) / paid, `mdape` that of its size, `coverage80` the share of prices between
    P10 and P90; `booked_less_paid` is what the books had too high, in money, over all sales.
    """

    product: str
    currency: str
    sales: int
    told: int
    bias: float | None
    mdape: float | None
    coverage80: float | None
    booked_less_paid: Decimal


def realised(sales: Sequence[FrozenSale]) -> list[Realised]:
    """Judge what was told, by product and, under an empty name, by currency."""
    groups: defaultdict[tuple[str, str], list[FrozenSale]] = defaultdict(list)
    for one in sales:
        groups[one.currency, ""].append(one)
        groups[one.currency, one.product].append(one)
    return [_of(currency, product, some) for (currency, product), some in sorted(groups.items())]


def _of(currency: str, product: str, sales: Sequence[FrozenSale]) -> Realised:
    told = [one for one in sales if one.p50 is not None]
    errors = [float(((one.p50 or 0) - one.price) / one.price) for one in told]
    within = [(one.p10 or 0) <= one.price <= (one.p90 or 0) for one in told]
    booked = sum((one.book_value - one.price for one in sales if one.book_value is not None), Decimal(0))
    return Realised(
        product=product,
        currency=currency,
        sales=len(sales),
        told=len(told),
        bias=round(median(errors), 4) if errors else None,
        mdape=round(median(map(abs, errors)), 4) if errors else None,
        coverage80=round(sum(within) / len(within), 4) if within else None,
        booked_less_paid=to_cents(booked),
    )
