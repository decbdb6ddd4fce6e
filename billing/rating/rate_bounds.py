"""Rate bounds: what a minimum makes up for, once and at the end, and what a maximum takes off."""

from decimal import Decimal
from typing import Any

from billing.contract.unit import PIECE
from billing.rating.cadence import Slot
from billing.rating.price_use import exact_cents
from billing.rating.proration import Share
from billing.rating.rate_use import use_rating, window_share
from billing.rating.rated import Component, Policies, RatedLine, Terms, as_amount, as_price, named
from lifecycle.reason import Reason

BOUNDS_RULE = "bounds/1"


def rate_bounds(
    terms: Terms, slot: Slot, policies: Policies, lines: list[RatedLine], before: Decimal | None
) -> list[RatedLine]:
    """Hold the use of a line against its minimum and maximum; `lines` are its use and what came off it.

    Both are owed for the share of the window in which the line runs. Over several parts the maximum holds at each of
    them, the minimum is made up for with the last.
    """
    tariff = terms.tariff
    if not lines or (tariff.minimum is None and tariff.maximum is None):
        return []
    owed = window_share(terms, slot, policies)
    earlier = _charged_before(terms, slot, policies, before)
    so_far = earlier + sum((line.net for line in lines), Decimal("0.00"))
    basis = named(terms, slot.part)
    return [
        *over(basis, so_far, earlier, tariff.maximum, owed),
        *(under(basis, so_far, tariff.minimum, owed) if slot.is_last else []),
    ]


def _charged_before(terms: Terms, slot: Slot, policies: Policies, before: Decimal | None) -> Decimal:
    if before is None or terms.meter is None:
        return Decimal("0.00")
    return use_rating(terms, terms.meter, slot, policies, Decimal(0), before).charged_before


def over(
    basis: dict[str, Any], so_far: Decimal, earlier: Decimal, maximum: Decimal | None, owed: Share
) -> list[RatedLine]:
    """Take off what goes beyond a maximum, and was not taken off before."""
    if maximum is None:
        return []
    bound = exact_cents(owed.part_of(maximum))
    off = max(Decimal(0), so_far - bound) - max(Decimal(0), earlier - bound)
    return [_bound(Component.MAXIMUM, basis, -off, so_far, maximum, bound, owed)] if off else []


def under(basis: dict[str, Any], so_far: Decimal, minimum: Decimal | None, owed: Share) -> list[RatedLine]:
    """Make up for what lacks to a minimum."""
    if minimum is None:
        return []
    bound = exact_cents(owed.part_of(minimum))
    lacks = bound - so_far
    return [_bound(Component.MINIMUM, basis, lacks, so_far, minimum, bound, owed)] if lacks > 0 else []


def _bound(
    component: Component,
    basis: dict[str, Any],
    net: Decimal,
    so_far: Decimal,
    agreed: Decimal,
    bound: Decimal,
    owed: Share,
) -> RatedLine:
    part = "" if owed.is_whole else f" × {owed.days} / {owed.of}"
    formula = f"{as_price(agreed)}{part} = {bound}; {so_far} → {bound}: {net}"
    inputs = {"agreed": str(as_price(agreed)), "counted": owed.days, "of": owed.of, "bound": str(bound)}
    inputs |= {"charged": str(so_far), "difference": str(net)}
    why = Reason(code=f"bill.{component.value}", rule=BOUNDS_RULE, inputs=inputs, effect=float(net))
    return RatedLine(**basis, **as_amount(net, Decimal(0), PIECE), component=component, formula=formula, reasons=[why])
