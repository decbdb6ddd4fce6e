"""What an amendment would change: which lines end, begin or cost something else, and when the contract ends."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from billing.contract.contract import ContractLine
from billing.contract_life.amendment import ChangePool, ChangePrice, SwapAsset
from billing.contract_life.charge import Charge
from billing.contract_life.clause import Clause, SwapRule
from billing.period import LAST_DAY
from billing.rating.pool import Pool
from telemetry.identity import new_id
from telemetry.refusal import Refusal

NOON = 12
A_DAY = timedelta(days=1)


class NotUnderContract(Refusal):
    """The contract has no such thing or pool on that day."""


class NotPossibleThen(Refusal):
    """The change cannot be made from that day on, or not in that way."""


class HeldLine(ContractLine):
    """A line of a contract as it stands."""

    id: UUID


class HeldPool(Pool):
    """A pool of a contract as it stands."""

    id: UUID


class LineChange(NamedTuple):
    """A line before and after; None before it began to be."""

    before: HeldLine | None
    after: HeldLine


class PoolChange(NamedTuple):
    """A pool before and after; None before it began to be."""

    before: HeldPool | None
    after: HeldPool


class Plan(NamedTuple):
    """All that an amendment changes."""

    contract: Mapping[str, Any] = MappingProxyType({})
    lines: Sequence[LineChange] = ()
    pools: Sequence[PoolChange] = ()
    pool_of: Mapping[UUID, str] = MappingProxyType({})
    """To which pool lines belong that begin to be."""
    clause: tuple[date, Clause] | None = None
    charges: Sequence[Charge] = ()
    reasons: Sequence[dict[str, Any]] = ()
    """Why prices that it changes are what they are."""


def ended(lines: Sequence[HeldLine], day: date) -> list[LineChange]:
    """End lines on a day; one that would begin only then or later is never in force."""
    return [
        LineChange(line, line.model_copy(update={"ends_on": max(day, line.starts_on)}))
        for line in lines
        if (line.ends_on or LAST_DAY) > max(day, line.starts_on)
    ]


def lines_of_asset(lines: Sequence[HeldLine], asset_id: UUID, day: date, contract_end: date | None) -> list[HeldLine]:
    """Give the lines of a thing that are in force on a day or after it. Raises NotUnderContract."""
    end = contract_end or LAST_DAY
    found = [
        one for one in lines if one.asset_id == asset_id and min(one.ends_on or end, end) > max(day, one.starts_on)
    ]
    if not any(one.starts_on <= day for one in found):
        sentence = f"asset {asset_id} is not under the contract on {day}"
        raise NotUnderContract(sentence, field="asset_id", asset_id=str(asset_id))
    return found


def swapped(
    lines: Sequence[HeldLine], swap: SwapAsset, rule: SwapRule, contract_end: date | None
) -> tuple[list[LineChange], dict[UUID, UUID]]:
    """End the lines of the thing that goes and begin the same for the one that comes; tell which comes for which.

    Raises NotUnderContract and NotPossibleThen.
    """
    cut = first_day_of_new(swap, rule)
    if swap.asset_id == swap.by_asset_id:
        raise NotPossibleThen("a thing cannot take its own place", field="by_asset_id")
    if cut >= (contract_end or LAST_DAY):
        sentence = f"the contract ends on {contract_end}, so nothing can take a place from {cut} on"
        raise NotPossibleThen(sentence, field="on")
    going = lines_of_asset(lines, swap.asset_id, swap.on, contract_end)
    going = [one for one in going if (one.ends_on or LAST_DAY) > cut]
    if not going:
        raise NotPossibleThen(f"the line ends on {cut}, so nothing can take its place then", field="on")
    coming = {
        one.id: one.model_copy(
            update={"id": new_id(), "asset_id": swap.by_asset_id, "starts_on": max(cut, one.starts_on)}
        )
        for one in going
    }
    begun = [LineChange(None, one) for one in coming.values()]
    return [*ended(going, cut), *begun], {one.id: old for old, one in coming.items()}


def first_day_of_new(swap: SwapAsset, rule: SwapRule) -> date:
    """Give the first day on which the thing that comes is charged: the old one keeps the day, or who stood longer.

    Raises NotPossibleThen.
    """
    if rule is SwapRule.OLD_KEEPS:
        return swap.on + A_DAY
    if swap.hour is None:
        raise NotPossibleThen("the contract goes by the hour of a swap; name it", field="hour")
    return swap.on if swap.hour < NOON else swap.on + A_DAY


def priced(lines: Sequence[HeldLine], change: ChangePrice, contract_end: date | None) -> list[LineChange]:
    """Give lines other prices from a day on. Raises NotUnderContract and NotPossibleThen."""
    day = change.from_day
    end = contract_end or LAST_DAY
    running = [one for one in lines if min(one.ends_on or end, end) > max(day, one.starts_on)]
    if change.asset_id is not None:
        running = lines_of_asset(lines, change.asset_id, day, contract_end)
    elif not running:
        raise NotUnderContract(f"nothing is under the contract from {day} on", field="from_day")
    if change.unit_price is not None or change.allowance is not None:
        running = _metered(running, change)
    changed: list[LineChange] = []
    for one in running:
        changed += _priced(one, change, day)
    return changed


def _metered(lines: Sequence[HeldLine], change: ChangePrice) -> list[HeldLine]:
    found = [one for one in lines if one.meter is not None]
    if not found:
        raise NotPossibleThen("no line of it bills by a meter, so it has no price per unit", field="unit_price")
    if change.monthly_fee is not None and len(found) < len(lines):
        raise NotPossibleThen("some lines have no meter; change fee and price per unit apart", field="unit_price")
    return found


def _priced(line: HeldLine, change: ChangePrice, day: date) -> list[LineChange]:
    if line.meter is not None and day > line.starts_on and day.day != 1:
        sentence = (
            f"a line with a meter changes its price on the first day of a month, not on {day}: "
            "what is used is counted over the whole month"
        )
        raise NotPossibleThen(sentence, field="from_day")
    told = change.model_dump(include={"monthly_fee", "unit_price", "allowance"}, exclude_none=True)
    after = HeldLine.model_validate(line.model_dump() | told)
    if line.starts_on >= day:
        return [LineChange(line, after)]
    return [*ended([line], day), LineChange(None, after.model_copy(update={"id": new_id(), "starts_on": day}))]


def with_end(lines: Sequence[HeldLine], before: date | None, after: date | None) -> list[LineChange]:
    """Let lines run on with the contract, or end with it."""
    if after is not None and after < (before or LAST_DAY):
        return ended([one for one in lines if one.ends_on is not None and one.ends_on > after], after)
    return [
        LineChange(one, one.model_copy(update={"ends_on": after}))
        for one in lines
        if one.ends_on is not None and one.ends_on == before and one.starts_on < one.ends_on
    ]


def pools_with_end(pools: Sequence[HeldPool], before: date | None, after: date | None) -> list[PoolChange]:
    """Let pools run on with the contract, or end with it."""
    if after is not None and after < (before or LAST_DAY):
        cut = [one for one in pools if one.ends_on is not None and one.ends_on > after]
        return [PoolChange(one, one.model_copy(update={"ends_on": max(after, one.starts_on)})) for one in cut]
    return [
        PoolChange(one, one.model_copy(update={"ends_on": after}))
        for one in pools
        if one.ends_on is not None and one.ends_on == before and one.starts_on < one.ends_on
    ]


def resized(pools: Sequence[HeldPool], change: ChangePool, contract_end: date | None) -> list[PoolChange]:
    """Give a pool another number or fee from a day on, or end it. Raises NotUnderContract and NotPossibleThen."""
    day, end = change.from_day, contract_end or LAST_DAY
    of_code = [one for one in pools if one.code == change.pool]
    running = [one for one in of_code if one.starts_on <= day < min(one.ends_on or end, end)]
    if not running:
        raise NotUnderContract(f"the contract has no pool {change.pool!r} on {day}", field="pool")
    if any(one.starts_on > day and one.starts_on < (one.ends_on or LAST_DAY) for one in of_code):
        raise NotPossibleThen(
            f"pool {change.pool} changes after {day} already; change it from then on", field="from_day"
        )
    (one,) = running
    told = {"count": change.count, "monthly_fee": change.monthly_fee}
    told = {name: value for name, value in told.items() if value is not None}
    if change.count == 0:
        return [PoolChange(one, one.model_copy(update={"ends_on": day}))]
    if one.starts_on == day:
        return [PoolChange(one, one.model_copy(update=told))]
    begun = one.model_copy(update=told | {"id": new_id(), "starts_on": day})
    return [PoolChange(one, one.model_copy(update={"ends_on": day})), PoolChange(None, begun)]
