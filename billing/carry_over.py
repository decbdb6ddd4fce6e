"""Carry over what a month credits beyond its charges, so that the bill is of nothing and the next one less."""

from collections.abc import Sequence
from decimal import Decimal

from billing.contract.charging import NegativeMonth
from billing.contract.unit import PIECE
from billing.due import Due
from billing.period import Period
from billing.rating.rated import Component, RatedLine, as_amount
from lifecycle.reason import Reason

CARRY_RULE = "carry-over/1"


def carry_over(due: Due, month: Period, lines: Sequence[RatedLine]) -> list[RatedLine]:
    """Take off what former bills left over, and leave over what this one cannot hold.

    What was left over and what comes off add up to nothing in the end. Nothing is left over by a contract whose last
    month this is, nor by one that wants a credit note.
    """
    taken = [_carried(due, month, -due.carried, 0)] if due.carried else []
    left = sum((line.net for line in (*lines, *taken)), Decimal("0.00"))
    if left >= 0 or due.policies.negative_month is NegativeMonth.CREDIT_NOTE or _is_last(due, month):
        return taken
    return [*taken, _carried(due, month, -left, 1)]


def _is_last(due: Due, month: Period) -> bool:
    return due.contract.ends_on is not None and due.contract.ends_on <= month.end


def _carried(due: Due, month: Period, net: Decimal, revision: int) -> RatedLine:
    inputs = {"amount": str(abs(net)), "policy": due.policies.negative_month.value}
    code = "bill.carried_on" if net > 0 else "bill.carried_from"
    return RatedLine(
        billed_of=due.contract.id,
        component=Component.CARRIED_OVER,
        revision=revision,
        period_start=month.start,
        period_end=month.end,
        formula=f"{net}",
        reasons=[Reason(code=code, rule=CARRY_RULE, inputs=inputs, effect=float(net))],
        **as_amount(net, Decimal(0), PIECE),
    )
