"""Rate a fee: what a line owes for its days in a period, whatever it was used for."""

from decimal import Decimal

from billing.contract.unit import DAY, MONTH, PERIODS, WEEK
from billing.period import LAST_DAY, Period
from billing.rating.cadence import Slot
from billing.rating.price_use import exact_cents
from billing.rating.proration import Share, share
from billing.rating.rated import Component, Policies, RatedLine, Terms, as_price, named
from lifecycle.reason import Reason

FEE_RULE = "proration/1"


def rate_fee(terms: Terms, slot: Slot, policies: Policies) -> list[RatedLine]:
    """Give the fee of a line for its part of a period; no line where there is none.

    Where so many units are installed, the fee is that of one and each counts for its own days.
    """
    if terms.tariff.installed:
        return _installed(terms, slot, policies)
    owed = share(policies.proration, part=slot.part, whole=slot.whole)
    fee = fee_of(terms, policies)
    return [_fee(terms, slot, policies, owed, fee)] if fee else []


def fee_of(terms: Terms, policies: Policies) -> Decimal:
    """Give the fee of a whole period."""
    own = terms.tariff.period_fee
    return as_price(terms.monthly_fee * policies.cadence.months if own is None else own)


def _fee(terms: Terms, slot: Slot, policies: Policies, owed: Share, fee: Decimal) -> RatedLine:
    net = exact_cents(owed.part_of(fee))
    formula = f"{fee} = {net}" if owed.is_whole else f"{fee} × {owed.days} / {owed.of} = {net}"
    counted = _whole(terms, policies, fee) if owed.is_whole else _part(owed, fee)
    return RatedLine(
        **named(terms, slot.part),
        **counted,
        component=Component.FEE,
        net=net,
        formula=formula,
        reasons=[_by_days(slot, policies, owed, fee, formula, net)],
    )


def _whole(terms: Terms, policies: Policies, fee: Decimal) -> dict[str, object]:
    """Count months, or one of the period that the fee is for."""
    months = policies.cadence.months
    if terms.tariff.period_fee is None:
        return {"quantity": Decimal(months), "unit": MONTH, "unit_price": as_price(terms.monthly_fee)}
    weeks = policies.cadence.weeks
    if weeks is not None:
        return {"quantity": Decimal(weeks), "unit": WEEK, "unit_price": fee, "price_base": Decimal(weeks)}
    return {"quantity": Decimal(1), "unit": PERIODS[months], "unit_price": fee}


def _part(owed: Share, fee: Decimal) -> dict[str, object]:
    return {"quantity": Decimal(owed.days), "unit": DAY, "unit_price": fee, "price_base": Decimal(owed.of)}


def _by_days(slot: Slot, policies: Policies, owed: Share, fee: Decimal, formula: str, net: Decimal) -> Reason:
    inputs = {
        "policy": policies.proration.value,
        "fee": str(fee),
        "days": slot.part.days,
        "counted": owed.days,
        "of": owed.of,
        "from": str(slot.part.start),
        "until": str(slot.part.end),
        "formula": formula,
    }
    if policies.cadence.months > 1:
        inputs["every_months"] = policies.cadence.months
    if policies.cadence.weeks is not None:
        inputs["every_weeks"] = policies.cadence.weeks
    return Reason(code="bill.days", rule=FEE_RULE, inputs=inputs, effect=float(net))


def _installed(terms: Terms, slot: Slot, policies: Policies) -> list[RatedLine]:
    """Charge each unit for the days that it stood there: days of units over the days of the period."""
    stood = installed_in(terms, slot.part)
    owed = [(quantity, share(policies.proration, part=days, whole=slot.whole)) for days, quantity in stood]
    unit_days = sum((quantity * one.days for quantity, one in owed), Decimal(0))
    fee = fee_of(terms, policies)
    if not unit_days or not fee:
        return []
    of = owed[0][1].of
    net = exact_cents(Share(1, of).part_of(fee * unit_days))
    steps = " + ".join(f"{quantity} × {one.days}" for quantity, one in owed)
    formula = f"{steps} = {unit_days}; {fee} × {unit_days} / {of} = {net}"
    inputs = {"formula": formula, "policy": policies.proration.value, "of": of, "unit_days": str(unit_days)}
    return [
        RatedLine(
            **named(terms, slot.part),
            component=Component.FEE,
            quantity=unit_days,
            unit=DAY,
            unit_price=fee,
            price_base=Decimal(of),
            net=net,
            formula=formula,
            reasons=[Reason(code="bill.installed", rule=FEE_RULE, inputs=inputs, effect=float(net))],
        )
    ]


def installed_in(terms: Terms, part: Period) -> list[tuple[Period, Decimal]]:
    """Give how many units stood there on which days of a part."""
    steps = terms.tariff.installed
    ends = [*(step.from_day for step in steps[1:]), LAST_DAY]
    met = [(part.meet(step.from_day, end), step.quantity) for step, end in zip(steps, ends, strict=True)]
    return [(days, quantity) for days, quantity in met if days]
