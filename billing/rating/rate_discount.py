"""Rate a discount: what comes off the fee or the use of a period, on the days on which it holds."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from billing.contract.tariff import Discount, DiscountOn, Tariff
from billing.contract.unit import PIECE
from billing.period import Period
from billing.rating.price_use import exact_cents
from billing.rating.proration import Share
from billing.rating.rated import Component, RatedLine, as_amount, as_price
from lifecycle.reason import Reason

DISCOUNT_RULE = "discount/1"
PERCENT = 100


def rate_discount(tariff: Tariff, line: RatedLine, owed: Share) -> list[RatedLine]:
    """Give what comes off a line, at most the line itself; no line where nothing does.

    A per cent is of the line's net, an amount is prorated as the fee is; both count the days on which they hold.
    """
    of = DiscountOn.FEE if line.component is Component.FEE else DiscountOn.USE
    days = Period(line.period_start, line.period_end)
    held = [
        (one, held_for) for one in tariff.discounts if one.on in {of, DiscountOn.BOTH} if (held_for := _held(one, days))
    ]
    off = min(line.net, sum((_worth(one, line.net, owed, part) for one, part in held), Decimal(0)))
    if off <= 0:
        return []
    shown = " + ".join(_spelled(one, line.net, owed, part) for one, part in held)
    return [
        line.model_copy(
            update={
                **as_amount(-off, Decimal(0), PIECE),
                "component": Component.DISCOUNT,
                "revision": 0 if of is DiscountOn.FEE else 1,
                "formula": f"{shown} = {off}",
                "opening": None,
                "opening_at": None,
                "closing": None,
                "closing_at": None,
                "reasons": [_why(of, shown, off, [one for one, _ in held])],
            }
        )
    ]


def _held(discount: Discount, days: Period) -> Fraction | None:
    """Give for which share of some days a discount holds."""
    met = days.meet(discount.from_day, discount.until_day)
    return Fraction(met.days, days.days) if met else None


def _worth(discount: Discount, net: Decimal, owed: Share, held: Fraction) -> Decimal:
    if discount.amount is not None:
        return exact_cents(owed.part_of(discount.amount) * held)
    return exact_cents(Fraction(net) * Fraction(discount.percent or 0) / PERCENT * held)


def _spelled(discount: Discount, net: Decimal, owed: Share, held: Fraction) -> str:
    days = "" if held == 1 else f" × {held.numerator} / {held.denominator}"
    if discount.amount is None:
        return f"{net} × {discount.percent} / 100{days}"
    part = "" if owed.is_whole else f" × {owed.days} / {owed.of}"
    return f"{as_price(discount.amount)}{part}{days}"


def _why(of: DiscountOn, shown: str, off: Decimal, held: Sequence[Discount]) -> Reason:
    inputs = {
        "billed_as": of.value,
        "formula": f"{shown} = {off}",
        "discounts": [one.model_dump(mode="json", exclude_defaults=True) for one in held],
    }
    return Reason(code="bill.discount", rule=DISCOUNT_RULE, inputs=inputs, effect=-float(off))
