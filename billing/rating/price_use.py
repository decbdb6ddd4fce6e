"""Price use: what so much use costs by a tariff, part by part, exactly."""

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from billing.contract.tariff import PriceModel, Rounding, Tariff, Tier
from billing.proof import plain, to_thousandths
from billing.rating.rated import as_price

HUNDRED = 100


class PricedPart(NamedTuple):
    """So many units (or packages) at a price, and a flat fee."""

    quantity: Decimal
    unit_price: Decimal
    flat_fee: Decimal = Decimal(0)

    @property
    def amount(self) -> Fraction:
        """Give what it costs, exactly."""
        return Fraction(self.quantity) * Fraction(self.unit_price) + Fraction(self.flat_fee)


def beyond(used: Decimal, included: Fraction, rounding: Rounding) -> Decimal:
    """Give what of the use goes beyond what is included, rounded once.

    >>> beyond(Decimal("90.2"), Fraction(30), Rounding.WHOLE_UP)
    Decimal('61')
    """
    rest = max(Fraction(0), Fraction(used) - included)
    return Decimal(math.ceil(rest)) if rounding is Rounding.WHOLE_UP else to_thousandths(rest)


def priced(tariff: Tariff, unit_price: Decimal, quantity: Decimal, *, flat_at_zero: bool) -> list[PricedPart]:
    """Price a quantity; of nothing, at most the flat fee of the first tier is owed, where the contract says so."""
    if tariff.price_model is PriceModel.PER_UNIT:
        return [PricedPart(quantity, unit_price)]
    if tariff.price_model is PriceModel.PACKAGE:
        return [PricedPart(_packages(tariff, quantity), unit_price)]
    if quantity == 0:
        return [PricedPart(Decimal(0), Decimal(0), tariff.tiers[0].flat_fee)] if flat_at_zero else []
    if tariff.price_model is PriceModel.VOLUME:
        tier = next(one for one in tariff.tiers if one.up_to is None or quantity <= one.up_to)
        return [PricedPart(quantity, tier.unit_price, tier.flat_fee)]
    return _graduated(tariff.tiers, quantity)


def _packages(tariff: Tariff, quantity: Decimal) -> Decimal:
    return Decimal(math.ceil(Fraction(quantity) / Fraction(tariff.package_size or 1)))


def _graduated(tiers: Sequence[Tier], quantity: Decimal) -> list[PricedPart]:
    parts, start = list[PricedPart](), Decimal(0)
    for tier in tiers:
        if quantity <= start:
            break
        end = quantity if tier.up_to is None else min(quantity, tier.up_to)
        parts.append(PricedPart(plain(end - start), tier.unit_price, tier.flat_fee))
        start = end
    return parts


def total(parts: Sequence[PricedPart]) -> Decimal:
    """Add up the parts and round to cents, once."""
    return exact_cents(sum((part.amount for part in parts), Fraction(0)))


def exact_cents(amount: Fraction) -> Decimal:
    """Round half-up to cents; never a minus nothing.

    >>> exact_cents(Fraction(5, 1000)), exact_cents(Fraction(-1, 1000))
    (Decimal('0.01'), Decimal('0.00'))
    """
    cents = math.floor(abs(amount) * HUNDRED + Fraction(1, 2))
    return Decimal(cents if amount >= 0 else -cents).scaleb(-2) + Decimal("0.00")


def spelled(parts: Sequence[PricedPart]) -> str:
    """Write parts as a sum that can be checked by hand.

    >>> spelled([PricedPart(Decimal(5), Decimal(10), Decimal(100)), PricedPart(Decimal(3), Decimal(5))])
    '5 × 10.00 + 100.00 + 3 × 5.00'
    """
    shown = [text for part in parts for text in _spelled(part)]
    return " + ".join(shown) if shown else "0"


def _spelled(part: PricedPart) -> list[str]:
    units = [f"{part.quantity} × {as_price(part.unit_price)}"] if part.unit_price or not part.flat_fee else []
    return units + ([f"{as_price(part.flat_fee)}"] if part.flat_fee else [])
