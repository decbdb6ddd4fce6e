"""A service credit gives back for hours down beyond those allowed, up to a share of the month's fee."""

from decimal import Decimal
from typing import Any, NamedTuple

from billing.contract_life.clause import ServiceLevel
from billing.proof import plain
from billing.rating.rated import Component, RatedLine, as_price
from lifecycle.money import to_cents
from lifecycle.reason import Reason

SERVICE_RULE = "service_level/1"
HUNDRED = Decimal(100)
ONE, HOUR = "C62", "HUR"


class Downtime(NamedTuple):
    """For how long a thing was down in its days of a month, and what that rests on."""

    hours: Decimal
    evidence: dict[str, Any]


def service_credit(level: ServiceLevel, fee: RatedLine, down: Downtime) -> RatedLine | None:
    """Give the credit for a thing by the line of its fee, None where it was not down for too long.

    Nobody gets back more than the capped share of what the thing owes for its days.
    """
    beyond = max(down.hours - level.allowed_hours, Decimal(0))
    price = _an_hour(level, fee.unit_price)
    most = to_cents(fee.net * level.cap_percent / HUNDRED)
    wanted = to_cents(beyond * price)
    if not wanted or most <= 0:
        return None
    capped = wanted > most
    quantity, unit, unit_price = (Decimal(-1), ONE, most) if capped else (-plain(beyond), HOUR, price)
    net = to_cents(quantity * unit_price)
    formula = f"−max(0, {down.hours} − {plain(level.allowed_hours)}) × {price} = {-wanted}"
    inputs = {
        "hours": str(down.hours),
        "allowed": str(plain(level.allowed_hours)),
        "beyond": str(plain(beyond)),
        "price": str(price),
        "fee": str(fee.net),
        "cap_percent": str(plain(level.cap_percent)),
        "most": str(most),
        "capped": capped,
    }
    return RatedLine(
        billed_of=fee.billed_of,
        contract_line_id=fee.contract_line_id,
        asset_id=fee.asset_id,
        serial=fee.serial,
        product=fee.product,
        component=Component.CREDIT,
        period_start=fee.period_start,
        period_end=fee.period_end,
        quantity=quantity,
        unit=unit,
        unit_price=as_price(unit_price),
        net=net,
        formula=f"{formula}; −{most}" if capped else formula,
        reasons=[
            Reason(code="bill.down", rule=SERVICE_RULE, inputs=down.evidence),
            Reason(code="bill.service_credit", rule=SERVICE_RULE, inputs=inputs, effect=float(net)),
        ],
    )


def _an_hour(level: ServiceLevel, fee: Decimal) -> Decimal:
    if level.credit_per_hour is not None:
        return as_price(level.credit_per_hour)
    return as_price(fee * (level.credit_percent_per_hour or Decimal(0)) / HUNDRED)
