"""A tariff says what a contract line charges beyond a plain fee and price: tiers, bounds, discounts, counts."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


class PriceModel(StrEnum):
    """How the price of use follows from how much was used."""

    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    """Each unit at the price of the tier that it falls into; a tier that is entered owes its flat fee."""
    VOLUME = "volume"
    """All units at the price of the tier that the total falls into, with that tier's flat fee."""
    PACKAGE = "package"
    """So many whole packages as the use fills or begins, each at the unit price."""


class CountedOver(StrEnum):
    """Over which time the allowance, the tiers, the minimum and the maximum of use are counted."""

    PERIOD = "period"
    YEAR = "year"
    """The year of the contract; each bill charges what the year so far owes, less what it owed before."""


class Rounding(StrEnum):
    """How use beyond the allowance is rounded: once, on the total over which it is counted."""

    THOUSANDTH = "thousandth"
    WHOLE_UP = "whole_up"


class DiscountOn(StrEnum):
    """What a discount is taken from."""

    FEE = "fee"
    USE = "use"
    BOTH = "both"


def _in_digits(number: Decimal) -> Decimal:
    """Write a number without an exponent and without zeros that say nothing."""
    return Decimal(format(number.normalize() + 0, "f"))


Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4), AfterValidator(_in_digits)]
Price = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=8), AfterValidator(_in_digits)]
Units = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=3), AfterValidator(_in_digits)]
Percent = Annotated[Decimal, Field(gt=0, le=100, decimal_places=4), AfterValidator(_in_digits)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tier(_Part):
    """Use up to and including `up_to`, counted beyond the allowance; the last tier has no end."""

    up_to: Annotated[Units, Field(gt=0)] | None = None
    unit_price: Price = Decimal(0)
    flat_fee: Money = Decimal(0)


class Discount(_Part):
    """Per cent, or an amount a period, off the fee or the use, on the days from one to (without) another."""

    percent: Percent | None = None
    amount: Annotated[Money, Field(gt=0)] | None = None
    on: DiscountOn = DiscountOn.FEE
    from_day: date
    until_day: date | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("a discount is either a percent or an amount")
        if self.amount is not None and self.on is DiscountOn.BOTH:
            raise ValueError("an amount comes off the fee or off the use; only a percent comes off both")
        if self.until_day is not None and self.until_day <= self.from_day:
            raise ValueError("a discount must end after it begins")
        return self


class Installed(_Part):
    """So many units stand there from a day on; the fee is that of one unit."""

    from_day: date
    quantity: Units


class Tariff(_Part):
    """What a line charges; left empty, a fee a month and a price per unit beyond the allowance."""

    period_fee: Money | None = None
    """The fee of a whole period of the contract, in place of the monthly fee times its months."""
    price_model: PriceModel = PriceModel.PER_UNIT
    tiers: Annotated[list[Tier], Field(max_length=50)] = []
    package_size: Annotated[Units, Field(gt=0)] | None = None
    counted_over: CountedOver = CountedOver.PERIOD
    rounding: Rounding = Rounding.THOUSANDTH
    minimum: Money | None = None
    """At least this much for the use counted together, made up for once, at the end."""
    maximum: Money | None = None
    discounts: Annotated[list[Discount], Field(max_length=50)] = []
    installed: Annotated[list[Installed], Field(max_length=1000)] = []

    @model_validator(mode="after")
    def _tiers_cover_all_use(self) -> Self:
        tiered = self.price_model in {PriceModel.GRADUATED, PriceModel.VOLUME}
        if tiered != bool(self.tiers):
            raise ValueError("graduated and volume prices have tiers, and no other has")
        if (self.price_model is PriceModel.PACKAGE) != (self.package_size is not None):
            raise ValueError("a package price has a package_size, and no other has")
        ends = [tier.up_to for tier in self.tiers]
        if tiered and (ends[-1] is not None or None in ends[:-1]):
            raise ValueError("every tier but the last says up to where it goes; the last one has no end")
        if any(earlier >= later for earlier, later in pairwise(end for end in ends if end is not None)):
            raise ValueError("each tier must end after the one before")
        return self

    @model_validator(mode="after")
    def _bounds_agree(self) -> Self:
        if None not in {self.minimum, self.maximum} and (self.minimum or 0) > (self.maximum or 0):
            raise ValueError("the minimum lies above the maximum")
        if any(earlier.from_day >= later.from_day for earlier, later in pairwise(self.installed)):
            raise ValueError("the installed quantities must follow each other by day")
        bounded = self.minimum is not None or self.maximum is not None
        off_use = any(one.on is not DiscountOn.FEE for one in self.discounts)
        if self.counted_over is CountedOver.YEAR and bounded and off_use:
            raise ValueError("use that is counted over the year has a minimum or maximum, or a discount, but not both")
        return self

    @property
    def prices_itself(self) -> bool:
        """Tell whether its tiers hold the prices, so that the line needs no unit price."""
        return bool(self.tiers)


PLAIN = Tariff()
