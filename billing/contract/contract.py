"""A contract says who uses which assets, on which terms, from when to when."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from pydantic import field_validator
from sqlmodel import Field, SQLModel

from billing.contract.charging import FeeTiming, NegativeMonth, ZeroUse
from billing.contract.tariff import PLAIN, CountedOver, DiscountOn, Tariff
from billing.contract.unit import PERIODS
from billing.period import FIRST_DAY, LAST_DAY, zone_of
from lifecycle.label import Label, Line
from telemetry.columns import ExactDecimal, as_json, worded
from telemetry.refusal import Refusal


class WrongTerms(Refusal):
    """The terms of a contract contradict themselves."""


class LeasedTwice(Refusal):
    """One asset would be under two contract lines on the same day."""


class Proration(StrEnum):
    """How a fee for a part of a month is found."""

    ACTUAL_DAYS = "actual_days"
    """Days in use over the days of that calendar month."""
    FIXED_30 = "fixed_30"
    """Days over thirty, every month counted as if it had thirty: a 31st is free, the end of February counts more."""
    FULL_MONTH = "full_month"
    """Any day in a month owes that whole month."""
    NONE = "none"
    """Nothing is divided: any day in a period owes the whole fee of the period."""


class VatCategory(StrEnum):
    """VAT category of EN 16931 (UNTDID 5305)."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXEMPT = "E"
    ZERO = "Z"


def in_digits(number: Decimal) -> Decimal:
    """Write a number without an exponent, digit for digit.

    >>> in_digits(Decimal("1E+2"))
    Decimal('100')
    """
    return Decimal(format(number, "f"))


class Parties(SQLModel):
    """Which contract it is, and whose."""

    code: Label = Field(min_length=1, max_length=60)
    customer_id: UUID


class ContractTerms(SQLModel):
    """On which terms. Dates are local days of `zone`, half-open: `ends_on` is no longer in it."""

    model_config = {"extra": "forbid"}

    currency: str = Field(default="EUR", schema_extra={"pattern": "^[A-Z]{3}$"}, max_length=3)
    zone: str = Field(default="Europe/Brussels", max_length=60)
    starts_on: date
    ends_on: date | None = None
    proration: Proration = Field(default=Proration.ACTUAL_DAYS, sa_type=worded(Proration))
    vat_category: VatCategory = Field(default=VatCategory.STANDARD, sa_type=worded(VatCategory))
    vat_rate: Decimal = Field(default=Decimal(21), ge=0, le=100, decimal_places=4, sa_type=ExactDecimal)
    payment_days: int = Field(default=30, ge=0, le=365)
    order_reference: Line = Field(default="", max_length=80)
    every_months: int = Field(default=1, sa_column_kwargs={"server_default": "1"}, schema_extra={"enum": [1, 3, 6, 12]})
    """Of how many months its periods are, in which fees are billed and use is counted."""
    every_weeks: int | None = Field(default=None, ge=1, le=4)
    """Of how many weeks its periods are, in place of months; the fee of such a period is the tariff's `period_fee`."""
    anchor_on: date | None = None
    """A day on which a period begins, and from which the contract's years count.

    Where left out, a 1 January; of weeks a Monday.
    """
    fee_timing: FeeTiming = Field(
        default=FeeTiming.ARREARS, sa_type=worded(FeeTiming), sa_column_kwargs={"server_default": "arrears"}
    )
    zero_use: ZeroUse = Field(
        default=ZeroUse.FREE, sa_type=worded(ZeroUse), sa_column_kwargs={"server_default": "free"}
    )
    negative_month: NegativeMonth = Field(
        default=NegativeMonth.CARRY_OVER,
        sa_type=worded(NegativeMonth),
        sa_column_kwargs={"server_default": "carry_over"},
    )
    late_months: int = Field(default=3, ge=0, le=24, sa_column_kwargs={"server_default": "3"})
    """So many months back late and corrected readings are still billed; older ones are listed as refused."""
    minimum: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=4, sa_type=ExactDecimal)
    """At least this much for each period of the contract, fees and use together."""
    maximum: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=4, sa_type=ExactDecimal)

    @field_validator("vat_rate", "minimum", "maximum")
    @classmethod
    def _in_digits(cls, amount: Decimal | None) -> Decimal | None:
        return None if amount is None else in_digits(amount)

    @field_validator("every_months")
    @classmethod
    def _whole_parts_of_a_year(cls, months: int) -> int:
        if months not in PERIODS:
            raise ValueError("a contract is billed every 1, 3, 6 or 12 months")
        return months


class Contract(ContractTerms, Parties):
    """The frame; its lines name the assets."""


class LineTerms(SQLModel):
    """A fee per month, and a price per unit of one meter beyond an allowance.

    `meter` is the code of a meter, `allowance` the units that the fee includes for as long as use is counted together:
    a period of the contract or its year. It is prorated as the fee is.
    """

    model_config = {"extra": "forbid"}

    starts_on: date
    ends_on: date | None = None
    monthly_fee: Decimal = Field(default=Decimal(0), ge=0, max_digits=14, decimal_places=4, sa_type=ExactDecimal)
    meter: str | None = Field(default=None, max_length=60)
    unit_price: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=8, sa_type=ExactDecimal)
    allowance: Decimal = Field(default=Decimal(0), ge=0, max_digits=14, decimal_places=4, sa_type=ExactDecimal)
    tariff: Tariff = Field(default=PLAIN, sa_type=as_json(Tariff), sa_column_kwargs={"server_default": "{}"})

    @field_validator("monthly_fee", "unit_price", "allowance")
    @classmethod
    def _amounts_in_digits(cls, amount: Decimal | None) -> Decimal | None:
        return None if amount is None else in_digits(amount)


class Leased(SQLModel):
    """Which asset."""

    asset_id: UUID


class ContractLine(LineTerms, Leased):
    """One asset under the contract."""


class NewContractLine(ContractLine):
    """A line as it is signed; a client that may be offline brings its own id."""

    id: UUID | None = None


class NewContract(Contract):
    """A contract as it is signed, with its lines."""

    id: UUID | None = None
    lines: list[NewContractLine] = Field(min_length=1, max_length=10_000)


class Lease(NamedTuple):
    """On which days an asset is under which contract; `until` None is for ever."""

    asset_id: UUID
    since: date
    until: date | None
    contract: str


def check_terms(contract: NewContract) -> None:
    """Refuse terms that contradict themselves. Raises WrongTerms and UnknownZone."""
    zone_of(contract.zone)
    if contract.anchor_on is not None and not FIRST_DAY < contract.anchor_on < LAST_DAY:
        sentence = (
            f"the periods of {contract.code} begin between {FIRST_DAY} and {LAST_DAY}, not on {contract.anchor_on}"
        )
        raise WrongTerms(sentence, field="anchor_on")
    if None not in {contract.minimum, contract.maximum} and (contract.minimum or 0) > (contract.maximum or 0):
        raise WrongTerms(f"the minimum of {contract.code} lies above its maximum", field="minimum")
    _check_weeks(contract)
    _check_days(contract.code, contract.starts_on, contract.ends_on, "")
    for position, line in enumerate(contract.lines):
        where = f"lines.{position}."
        _check_days(f"{contract.code}, line {position + 1}", line.starts_on, line.ends_on, where)
        if line.starts_on < contract.starts_on or (line.ends_on or FIRST_DAY) > (contract.ends_on or LAST_DAY):
            sentence = f"line {position + 1} of {contract.code} runs outside the contract's own days"
            raise WrongTerms(sentence, field=f"{where}starts_on")
        name = f"line {position + 1} of {contract.code}"
        check_prices(line, contract.proration, name, where)
        check_period(line, contract, name, where)


def check_prices(line: ContractLine, proration: Proration, name: str, where: str = "") -> None:
    """Refuse prices without a meter, a meter without prices, and a tariff that does not fit them. Raises WrongTerms."""
    tariff = line.tariff
    if (line.meter is None) != (line.unit_price is None and not tariff.prices_itself):
        raise WrongTerms(f"{name} needs both a meter and a unit price, or neither", field=f"{where}meter")
    if tariff.prices_itself and line.unit_price is not None:
        raise WrongTerms(f"{name} has tiers, so the price of a unit stands in them alone", field=f"{where}unit_price")
    if line.meter is None and not _is_about_fees(tariff):
        raise WrongTerms(f"{name} says how use is charged, but names no meter", field=f"{where}tariff")
    if tariff.period_fee is not None and line.monthly_fee:
        raise WrongTerms(f"{name} has a fee a month or a fee a period, not both", field=f"{where}tariff")
    if tariff.installed and proration not in {Proration.ACTUAL_DAYS, Proration.FIXED_30}:
        raise WrongTerms(
            f"{name} counts what is installed by days, so parts must be charged so", field=f"{where}tariff"
        )


def _check_weeks(contract: Contract) -> None:
    """Refuse weeks beside months, and weeks of thirty days. Raises WrongTerms."""
    if contract.every_weeks is None:
        return
    if contract.every_months != 1:
        raise WrongTerms(f"{contract.code} is billed by weeks or by months, not both", field="every_months")
    if contract.proration is Proration.FIXED_30:
        raise WrongTerms(f"{contract.code} is billed by weeks, which have no thirty days", field="proration")


def check_period(line: ContractLine, contract: Contract, name: str, where: str = "") -> None:
    """Refuse a fee a month, and use counted by the year, where periods are weeks. Raises WrongTerms."""
    if contract.every_weeks is None:
        return
    if line.monthly_fee:
        sentence = f"{name} is billed by weeks: give the fee of a period as tariff.period_fee, not a monthly_fee"
        raise WrongTerms(sentence, field=f"{where}monthly_fee")
    if line.tariff.counted_over is CountedOver.YEAR:
        raise WrongTerms(f"{name} counts use by the year, into which no weeks fit", field=f"{where}tariff")


def _is_about_fees(tariff: Tariff) -> bool:
    of_use = Tariff(period_fee=tariff.period_fee, installed=tariff.installed, discounts=tariff.discounts)
    return tariff == of_use and all(one.on is DiscountOn.FEE for one in tariff.discounts)


def _check_days(name: str, start: date, end: date | None, where: str) -> None:
    if end is not None and end <= start:
        raise WrongTerms(f"{name} must end after it starts on {start}, not on {end}", field=f"{where}ends_on")
    if start < FIRST_DAY or (end or FIRST_DAY) > LAST_DAY:
        raise WrongTerms(f"{name} must lie between {FIRST_DAY} and {LAST_DAY}", field=f"{where}starts_on")


def leases_of(contract: NewContract) -> list[Lease]:
    """Give the days each asset of a contract is under it: a line without an end ends with the contract."""
    return [
        Lease(line.asset_id, line.starts_on, line.ends_on or contract.ends_on, contract.code) for line in contract.lines
    ]


def check_leases(leases: Iterable[Lease]) -> None:
    """Refuse two leases of one asset on the same day; the day of a swap belongs to the new one. Raises LeasedTwice."""
    ordered = sorted(leases, key=lambda lease: (lease.asset_id, lease.since, lease.until or LAST_DAY))
    for earlier, later in pairwise(ordered):
        if earlier.asset_id == later.asset_id and later.since < (earlier.until or LAST_DAY):
            sentence = (
                f"asset {later.asset_id} is under {earlier.contract} until {earlier.until or 'further notice'}, "
                f"so {later.contract} cannot have it from {later.since}"
            )
            raise LeasedTwice(sentence, field="lines", asset_id=str(later.asset_id))
