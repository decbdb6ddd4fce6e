"""A payment is money that came in or went back out; what it pays is said apart from it."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import field_validator
from sqlmodel import Field, SQLModel

from lifecycle.label import Line
from telemetry.columns import ExactDecimal, worded
from telemetry.refusal import Refusal

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)


class ImpossiblePayment(Refusal, ValueError):
    """A payment of nothing, of parts of a cent, or on a day that cannot be."""


class UnknownPayer(Refusal):
    """No such customer."""


class PaymentMethod(StrEnum):
    """By which way the money came."""

    TRANSFER = "transfer"
    DIRECT_DEBIT = "direct_debit"
    CARD = "card"
    CASH = "cash"
    OTHER = "other"


class PaymentSource(StrEnum):
    """Who told us of it."""

    HAND = "hand"
    BANK = "bank"
    STRIPE = "stripe"


class Payment(SQLModel):
    """One amount on one day. More than nothing came in, less went back: a refund, a debit that the bank took back.

    `reference` is what the payer wrote, `payer_iban` the account it came from.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    paid_on: date
    amount: Decimal = Field(max_digits=14, decimal_places=2, sa_type=ExactDecimal)
    currency: str = Field(default="EUR", schema_extra={"pattern": "^[A-Z]{3}$"}, max_length=3)
    method: PaymentMethod = Field(default=PaymentMethod.TRANSFER, sa_type=worded(PaymentMethod))
    reference: Line = Field(default="", max_length=200)
    payer: Line = Field(default="", max_length=200)
    payer_iban: Line = Field(default="", max_length=34)

    @field_validator("amount")
    @classmethod
    def _is_something(cls, amount: Decimal) -> Decimal:
        if not amount:
            raise ImpossiblePayment("a payment of nothing is none; give the amount that came in or went out")
        return amount.quantize(Decimal("0.01"))

    @field_validator("paid_on")
    @classmethod
    def _is_in_reach(cls, paid_on: date) -> date:
        if not FIRST_DAY <= paid_on < LAST_DAY:
            raise ImpossiblePayment(f"{paid_on} is no day on which a payment can have come; look at the year")
        return paid_on


class NewPayment(Payment):
    """A payment as a clerk tells it; a client that may be offline brings its own id.

    `customer_id` where the payer is known; `invoices` the numbers that it pays, in this order, where the payer said so.
    """

    id: UUID | None = None
    customer_id: UUID | None = None
    invoices: list[str] = Field(default_factory=list, max_length=200)


class Received(NamedTuple):
    """A payment with who told us of it and under which name the same telling is known again."""

    payment: NewPayment
    source: PaymentSource
    external_id: str
