"""A rated line is what a bill charges or credits for some days, with the reasons; its terms are what it is rated by."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from billing.contract.charging import FeeTiming, NegativeMonth, ZeroUse
from billing.contract.contract import Proration, VatCategory
from billing.contract.tariff import PLAIN, CountedOver, Tariff
from billing.contract.unit import PIECE
from billing.period import Period
from billing.proof import plain
from billing.rating.cadence import Cadence
from lifecycle.money import CENT
from lifecycle.reason import Reason
from telemetry.refusal import Refusal

RULE = "rating/3"


class Component(StrEnum):
    """What a line of an invoice charges or credits."""

    FEE = "fee"
    USE = "use"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    DISCOUNT = "discount"
    CREDIT = "credit"
    DEPOSIT = "deposit"
    DEPOSIT_RETURN = "deposit_return"
    TERMINATION = "termination"
    BUY_OUT = "buy_out"
    CHARGE = "charge"
    CORRECTION = "correction"
    CARRIED_OVER = "carried_over"


class MeterRanBack(Refusal):
    """The meter says that less than nothing was used."""


class Meter(NamedTuple):
    """The meter that a line bills by, and the price beyond what the fee includes."""

    code: str
    unit: str
    unit_price: Decimal
    """Nothing where the tiers of the tariff hold the prices."""
    allowance: Decimal


class Policies(NamedTuple):
    """What holds for all lines of a contract."""

    cadence: Cadence = Cadence()
    fee_timing: FeeTiming = FeeTiming.ARREARS
    proration: Proration = Proration.ACTUAL_DAYS
    zero_use: ZeroUse = ZeroUse.FREE
    negative_month: NegativeMonth = NegativeMonth.CARRY_OVER
    late_months: int = 3
    minimum: Decimal | None = None
    maximum: Decimal | None = None


class Terms(NamedTuple):
    """What one asset owes under its contract: the days in force are those of the contract and of the line."""

    line_id: UUID
    asset_id: UUID | None
    serial: str
    product: str
    starts_on: date
    ends_on: date | None
    monthly_fee: Decimal
    meter: Meter | None
    tariff: Tariff = PLAIN

    @property
    def by_year(self) -> bool:
        """Tell whether its use is counted over the year of the contract."""
        return self.tariff.counted_over is CountedOver.YEAR


class RatedLine(BaseModel):
    """A priced line: `net` is `quantity x unit_price / price_base`, half-up to cents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    billed_of: UUID
    """What the line is of: the contract line, the charge, or the contract itself."""
    contract_line_id: UUID | None = None
    asset_id: UUID | None = None
    serial: str = ""
    product: str = ""
    name: str = ""
    """What it is called where it is no product and no word of ours suffices."""
    text: dict[str, str] = {}
    """The same in nl, fr and en."""
    component: Component
    revision: int = 0
    """Counts the corrections of one period, so that no two lines of one thing and period are alike."""
    meter: str | None = None
    period_start: date
    period_end: date
    quantity: Decimal
    unit: str
    unit_price: Decimal
    price_base: Decimal = Decimal(1)
    net: Decimal
    vat_category: VatCategory | None = None
    """Its own, where it is not taxed as its contract is."""
    vat_rate: Decimal | None = None
    formula: str
    opening: Decimal | None = None
    opening_at: datetime | None = None
    closing: Decimal | None = None
    closing_at: datetime | None = None
    reasons: list[Reason]


def named(terms: Terms, part: Period) -> dict[str, Any]:
    """Give what every line of some terms says of itself."""
    return {
        "billed_of": terms.line_id,
        "contract_line_id": terms.line_id,
        "asset_id": terms.asset_id,
        "serial": terms.serial,
        "product": terms.product,
        "period_start": part.start,
        "period_end": part.end,
    }


def as_amount(net: Decimal, quantity: Decimal, unit: str) -> dict[str, Any]:
    """Give quantity, price and base of an amount that no single price makes: so much for so many.

    What is given back has a negative quantity; a price is never negative.

    >>> as_amount(Decimal("-70.00"), Decimal(1), "HUR")["quantity"]
    Decimal('-1')
    """
    if net and quantity and (net > 0) == (quantity > 0):
        return {"quantity": quantity, "unit": unit, "unit_price": abs(net), "price_base": abs(quantity), "net": net}
    sign = Decimal(-1 if net < 0 else 1)
    return {"quantity": sign, "unit": PIECE, "unit_price": abs(net), "price_base": Decimal(1), "net": net}


def as_price(number: Decimal) -> Decimal:
    """Write a price with two decimals, and with more where it has more.

    >>> as_price(Decimal("0.12500")), as_price(Decimal(50))
    (Decimal('0.125'), Decimal('50.00'))
    """
    bare = plain(number)
    in_cents = bare.quantize(CENT)
    return in_cents if in_cents == bare else bare
