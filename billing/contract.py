"""A contract says who uses which assets, on which terms, from when to when."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from telemetry.columns import ExactDecimal, worded


class Proration(StrEnum):
    """How a fee for a part of a month is found."""

    ACTUAL_DAYS = "actual_days"
    """Days in use over the days of that calendar month."""
    FIXED_30 = "fixed_30"
    """Days over thirty, every month counted as if it had thirty: a 31st is free, the end of February counts more."""
    FULL_MONTH = "full_month"
    """Any day in the month owes the whole fee."""


class VatCategory(StrEnum):
    """VAT category of EN 16931 (UNTDID 5305)."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXEMPT = "E"
    ZERO = "Z"


class Contract(SQLModel):
    """The frame; its lines name the assets. Dates are local days of `zone`, half-open: `ends_on` is no longer in it."""

    model_config = {"extra": "forbid"}

    code: str = Field(min_length=1, max_length=60)
    customer_id: UUID
    currency: str = Field(default="EUR", regex="^[A-Z]{3}$", max_length=3)
    zone: str = Field(default="Europe/Brussels", max_length=60)
    starts_on: date
    ends_on: date | None = None
    proration: Proration = Field(default=Proration.ACTUAL_DAYS, sa_type=worded(Proration))
    vat_category: VatCategory = Field(default=VatCategory.STANDARD, sa_type=worded(VatCategory))
    vat_rate: Decimal = Field(default=Decimal(21), ge=0, le=100, decimal_places=4, sa_type=ExactDecimal)
    payment_days: int = Field(default=30, ge=0, le=365)
    order_reference: str = Field(default="", max_length=80)


class ContractLine(SQLModel):
    """One asset under the contract: a fee per month, and a price per unit of one metered counter beyond an allowance.

    `meter` is a counter metric, `allowance` the units a month that the fee includes (prorated as the fee is).
    """

    model_config = {"extra": "forbid"}

    asset_id: UUID
    starts_on: date
    ends_on: date | None = None
    monthly_fee: Decimal = Field(default=Decimal(0), ge=0, max_digits=14, decimal_places=4, sa_type=ExactDecimal)
    meter: str | None = Field(default=None, max_length=60)
    unit_price: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=8, sa_type=ExactDecimal)
    allowance: Decimal = Field(default=Decimal(0), ge=0, max_digits=14, decimal_places=4, sa_type=ExactDecimal)


class NewContractLine(ContractLine):
    """A line as it is signed; a client that may be offline brings its own id."""

    id: UUID | None = None


class NewContract(Contract):
    """A contract as it is signed, with its lines."""

    id: UUID | None = None
    lines: list[NewContractLine] = Field(min_length=1, max_length=10_000)
