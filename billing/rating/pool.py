"""A pool is a line by product and count, "any 12 projectors": swaps within it change nothing on the bill."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Field, SQLModel

from billing.contract.contract import Proration, in_digits
from billing.contract.unit import DAY, MONTH
from billing.period import Period
from billing.rating.proration import share
from billing.rating.rated import Component, RatedLine, as_price
from lifecycle.label import Label
from lifecycle.money import to_cents
from lifecycle.reason import Reason
from telemetry.columns import ExactDecimal, worded

POOL_RULE = "pool/1"


class Counting(StrEnum):
    """How many of a pool are charged."""

    AGREED = "agreed"
    """So many as were agreed, whether they stand there or not."""
    DEPLOYED = "deployed"
    """So many as stood there, each for its days; never more than agreed."""


class Pool(SQLModel):
    """So many things of one product at one fee each; `ends_on` None ends with the contract."""

    model_config = {"extra": "forbid"}

    code: Label = Field(min_length=1, max_length=60)
    product_id: UUID
    count: int = Field(ge=1, le=1_000_000)
    counting: Counting = Field(default=Counting.AGREED, sa_type=worded(Counting))
    monthly_fee: Decimal = Field(ge=0, max_digits=14, decimal_places=4, sa_type=ExactDecimal)
    starts_on: date
    ends_on: date | None = None


class PoolTerms(NamedTuple):
    """What a pool owes by: its days are those of the contract too."""

    pool_id: UUID
    pool: Pool
    product: str
    ends_on: date | None
    deployed: Sequence[Period]
    """The days of each thing that stood there."""


def rate_pool(
    terms: PoolTerms, *, month: Period, proration: Proration, fee: Decimal, why: Sequence[Reason]
) -> list[RatedLine]:
    """Price a pool for a month at a fee each (indexed, for the reasons given); a fee of nothing makes no line."""
    part = month.meet(terms.pool.starts_on, terms.ends_on)
    if part is None or not fee:
        return []
    owed = share(proration, part=part, whole=month)
    count = terms.pool.count
    counted = count * owed.days if terms.pool.counting is Counting.AGREED else _deployed(terms, part, month, proration)
    whole = counted == count * owed.of
    quantity, unit, base = (count, MONTH, 1) if whole else (counted, DAY, owed.of)
    price = as_price(fee)
    net = to_cents(quantity * price / base)
    inputs: dict[str, Any] = {
        "pool": terms.pool.code,
        "count": count,
        "counting": terms.pool.counting.value,
        "policy": proration.value,
        "counted": counted,
        "of": owed.of,
        "from": str(part.start),
        "until": str(part.end),
        "fee": str(price),
    }
    if terms.pool.counting is Counting.DEPLOYED:
        inputs |= {"things": len(terms.deployed)}
    return [
        RatedLine(
            billed_of=terms.pool_id,
            product=terms.product,
            name=f"{terms.pool.code}: {count} × {terms.product}",
            component=Component.FEE,
            period_start=part.start,
            period_end=part.end,
            quantity=Decimal(quantity),
            unit=unit,
            unit_price=price,
            price_base=Decimal(base),
            net=net,
            formula=f"{quantity} × {price} = {net}" if whole else f"{quantity} × {price} / {base} = {net}",
            reasons=[Reason(code="bill.pool", rule=POOL_RULE, inputs=inputs, effect=float(net)), *why],
        )
    ]


def _deployed(terms: PoolTerms, part: Period, month: Period, proration: Proration) -> int:
    """Add up the days of the things that stood there, up to those of the number agreed."""
    stood = [part.meet(one.start, one.end) for one in terms.deployed]
    days = sum(share(proration, part=one, whole=month).days for one in stood if one)
    most = terms.pool.count * share(proration, part=part, whole=month).days
    return min(days, most)


def check_pool(pool: Pool) -> Pool:
    """Give a pool with its fee written digit for digit."""
    return pool.model_copy(update={"monthly_fee": in_digits(pool.monthly_fee)})
