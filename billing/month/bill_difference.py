"""What a month bills otherwise than the month before, by contract, and why: what finance looks at before it signs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel

from lifecycle.reason import Reason

RULE = "difference/1"
HUNDRED = Decimal(100)
USED = "use"
FEE = "fee"


class ChangeKind(StrEnum):
    """How a contract's bill differs from that of the month before."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


class Difference(BaseModel):
    """One contract whose bill differs, with the reasons; amounts without VAT."""

    contract_id: UUID
    contract: str = ""
    kind: ChangeKind
    before: Decimal
    after: Decimal
    percent: Decimal | None = None
    """Of the amount before; None where that was nothing."""
    reasons: list[Reason] = []


class BilledLine(NamedTuple):
    """A line of either month, as far as it can explain a difference."""

    billed_of: UUID
    thing: str
    component: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    price_base: Decimal
    net: Decimal


def differences(
    before: Mapping[UUID, Decimal], after: Mapping[UUID, Decimal], *, tell_from_percent: Decimal
) -> list[Difference]:
    """Give the contracts that are new, gone, or changed by a share or more, the largest amounts first."""
    found = [
        _difference(contract_id, before.get(contract_id), after.get(contract_id))
        for contract_id in before.keys() | after.keys()
    ]
    told = [one for one in found if _is_told(one, tell_from_percent)]
    return sorted(told, key=lambda one: (-abs(one.after - one.before), one.contract_id))


def _difference(contract_id: UUID, before: Decimal | None, after: Decimal | None) -> Difference:
    kind = ChangeKind.NEW if before is None else ChangeKind.GONE if after is None else ChangeKind.CHANGED
    was, now = before or Decimal(0), after or Decimal(0)
    percent = None if not was else ((now - was) / abs(was) * HUNDRED).quantize(Decimal("0.01"))
    return Difference(contract_id=contract_id, kind=kind, before=was, after=now, percent=percent)


def _is_told(one: Difference, tell_from_percent: Decimal) -> bool:
    if one.kind is not ChangeKind.CHANGED or one.percent is None:
        return one.after != one.before or one.kind is not ChangeKind.CHANGED
    return one.after != one.before and abs(one.percent) >= tell_from_percent


def why_changed(before: Sequence[BilledLine], after: Sequence[BilledLine]) -> list[Reason]:
    """Lay a contract's lines of both months side by side; the effects of the reasons add up to the difference."""
    was, now = _by_thing(before), _by_thing(after)
    keys = sorted(was.keys() | now.keys(), key=str)
    return [reason for key in keys if (reason := _why(key[1], was.get(key, []), now.get(key, []))) is not None]


def _by_thing(lines: Sequence[BilledLine]) -> dict[tuple[UUID, str], list[BilledLine]]:
    found: dict[tuple[UUID, str], list[BilledLine]] = defaultdict(list)
    for line in lines:
        found[line.billed_of, line.component].append(line)
    return found


def _why(component: str, was: Sequence[BilledLine], now: Sequence[BilledLine]) -> Reason | None:
    effect = _net(now) - _net(was)
    if not effect:
        return None
    thing = (now or was)[0].thing
    code = _code(component, was, now)
    inputs = {"component": component, "thing": thing, "was": _shown(code, was), "is": _shown(code, now)}
    return Reason(code=code, rule=RULE, inputs=inputs, effect=float(effect))


def _code(component: str, was: Sequence[BilledLine], now: Sequence[BilledLine]) -> str:
    if not was or not now:
        return "bill.line_came" if now else "bill.line_went"
    if len(was) == 1 == len(now) and was[0].unit_price != now[0].unit_price:
        return "bill.price_changed"
    return {USED: "bill.use_changed", FEE: "bill.days_changed"}.get(component, "bill.amount_changed")


def _shown(code: str, lines: Sequence[BilledLine]) -> str:
    if not lines:
        return "0"
    if code == "bill.price_changed":
        return _plain(lines[0].unit_price)
    if code == "bill.use_changed":
        return _plain(sum((line.quantity for line in lines), Decimal(0)))
    if code == "bill.days_changed" and len(lines) == 1 and lines[0].price_base != 1:
        return f"{_plain(lines[0].quantity)}/{_plain(lines[0].price_base)}"
    return str(_net(lines)) if code != "bill.days_changed" else "1"


def _net(lines: Sequence[BilledLine]) -> Decimal:
    return sum((line.net for line in lines), Decimal("0.00"))


def _plain(number: Decimal) -> str:
    return format(number.normalize() + 0, "f")
