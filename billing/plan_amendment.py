"""Plan an amendment: look up what it rests on and give all that it would change; writes nothing."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from billing.contract_life.amendment import (
    AddAsset,
    AddPool,
    AgreeClause,
    Amendment,
    BuyAsset,
    ChangePayment,
    ChangePool,
    ChangePrice,
    EndContract,
    Extend,
    GiveNotice,
    Renew,
    ReturnAsset,
    SwapAsset,
)
from billing.contract_life.clause import ClauseKind, Deposit, Renewal, ServiceLevel, SwapDay, SwapRule, notice_by
from billing.contract_life.planned_change import (
    HeldLine,
    HeldPool,
    LineChange,
    NotPossibleThen,
    NotUnderContract,
    Plan,
    PoolChange,
    ended,
    lines_of_asset,
    pools_with_end,
    priced,
    resized,
    swapped,
    with_end,
)
from billing.period import LAST_DAY
from billing.plan_way_out import (
    Held,
    NotAgreed,
    charge_leaving,
    plan_buying,
    renewal_prices,
    renewed_until,
    reprice,
    take_deposit,
)
from telemetry.identity import new_id


def plan_amendment(session: Session, held: Held, amendment: Amendment, *, now: datetime) -> Plan:
    """Give what an amendment would change.

    Raises NotUnderContract, NotPossibleThen, NotAgreed and ValueUnknown.
    """
    _refuse_outside(held, amendment)
    match amendment:
        case Renew():
            return _renewed(session, held, amendment.months, now=now)
        case GiveNotice():
            return _noticed(session, held, amendment, now=now)
        case EndContract():
            return _ended(session, held, amendment, now=now)
        case BuyAsset():
            return plan_buying(session, held, amendment, now=now)
        case _:
            return _WAYS[type(amendment)](held, amendment)


def first_day(held: Held, amendment: Amendment) -> date:
    """Give the day from which an amendment counts; what names none counts from the contract's end, or all along."""
    if isinstance(amendment, Extend | Renew):
        return held.contract.ends_on or held.contract.starts_on
    return held.contract.starts_on if isinstance(amendment, ChangePayment) else amendment.from_day


def _refuse_outside(held: Held, amendment: Amendment) -> None:
    day, contract = first_day(held, amendment), held.contract
    last = contract.ends_on or LAST_DAY
    if not isinstance(amendment, GiveNotice) and not contract.starts_on <= day <= last:
        sentence = (
            f"{contract.code} runs from {contract.starts_on} until {contract.ends_on or 'further notice'}, so nothing "
            f"changes on {day}"
        )
        raise NotPossibleThen(sentence, field="from_day")
    if isinstance(amendment, GiveNotice) and not contract.starts_on <= day < last:
        raise NotPossibleThen(f"notice of {contract.code} cannot be given on {day}", field="on")


def _add_asset(held: Held, asked: AddAsset) -> Plan:
    if asked.pool is not None and not any(pool.code == asked.pool for pool in held.pools):
        raise NotUnderContract(f"{held.contract.code} has no pool {asked.pool!r}", field="pool")
    if asked.pool is not None and asked.line.monthly_fee:
        raise NotPossibleThen("a thing in a pool has no fee of its own; the pool has one", field="line.monthly_fee")
    line = HeldLine.model_validate(asked.line.model_dump() | {"id": asked.line.id or new_id()})
    return Plan(lines=[LineChange(None, line)], pool_of={line.id: asked.pool} if asked.pool else {})


def _return_asset(held: Held, asked: ReturnAsset) -> Plan:
    lines = lines_of_asset(held.lines, asked.asset_id, asked.from_day - timedelta(days=1), held.contract.ends_on)
    return Plan(lines=ended(lines, asked.from_day))


def _swap_asset(held: Held, asked: SwapAsset) -> Plan:
    agreed = held.agreed(ClauseKind.SWAP_DAY, asked.on)
    rule = agreed.terms.rule if agreed and isinstance(agreed.terms, SwapDay) else SwapRule.OLD_KEEPS
    changes, came_for = swapped(held.lines, asked, rule, held.contract.ends_on)
    return Plan(lines=changes, pool_of={new: held.pool_of[old] for new, old in came_for.items() if old in held.pool_of})


def _change_price(held: Held, asked: ChangePrice) -> Plan:
    changes = priced(held.lines, asked, held.contract.ends_on)
    anew = [one.after.id for one in changes if one.before is None]
    gone = [one.before.id for one in changes if one.before is not None and one.before.id in held.pool_of]
    if gone and asked.monthly_fee is not None:
        raise NotPossibleThen("a thing in a pool has no fee of its own; change the pool", field="monthly_fee")
    return Plan(lines=changes, pool_of=dict(zip(anew, (held.pool_of[one] for one in gone), strict=False)))


def _add_pool(held: Held, asked: AddPool) -> Plan:
    if any(pool.code == asked.pool.code for pool in held.pools):
        raise NotPossibleThen(
            f"{held.contract.code} has a pool {asked.pool.code} already; change it", field="pool.code"
        )
    last = held.contract.ends_on or LAST_DAY
    if not asked.pool.starts_on < (asked.pool.ends_on or last) <= last:
        raise NotPossibleThen(f"the pool must end after it starts, and by {last}", field="pool.ends_on")
    return Plan(pools=[PoolChange(None, HeldPool.model_validate(asked.pool.model_dump() | {"id": new_id()}))])


def _change_pool(held: Held, asked: ChangePool) -> Plan:
    return Plan(pools=resized(held.pools, asked, held.contract.ends_on))


def _extend(held: Held, asked: Extend) -> Plan:
    before = held.contract.ends_on
    if before is None or (asked.ends_on or LAST_DAY) <= before:
        sentence = f"{held.contract.code} runs until {before or 'further notice'} already; an earlier day ends it"
        raise NotPossibleThen(sentence, field="ends_on")
    return _to_end(held, asked.ends_on)


def _renewed(session: Session, held: Held, months: int, *, now: datetime) -> Plan:
    before = held.contract.ends_on
    if before is None:
        sentence = f"{held.contract.code} runs until further notice; there is no end from which to renew it"
        raise NotPossibleThen(sentence, field="kind")
    until = renewed_until(before, months)
    prices = renewal_prices(session, held, day=before, months=months, now=now)
    why = [price.reason.model_dump(mode="json") for _, price in prices]
    return _to_end(held, until)._replace(lines=reprice(held, prices, day=before, until=until), reasons=why)


def _noticed(session: Session, held: Held, asked: GiveNotice, *, now: datetime) -> Plan:
    agreed = held.agreed(ClauseKind.RENEWAL, asked.on)
    if agreed is None or not isinstance(agreed.terms, Renewal):
        sentence = f"{held.contract.code} says nothing of notice on {asked.on}; end it from a day on instead"
        raise NotAgreed(sentence, field="kind")
    before = held.contract.ends_on
    if before is None:
        return _to_end(held, asked.on + timedelta(days=agreed.terms.notice_days + 1))
    if asked.on <= notice_by(agreed.terms, before):
        return Plan()
    return _renewed(session, held, agreed.terms.months, now=now)


def _ended(session: Session, held: Held, asked: EndContract, *, now: datetime) -> Plan:
    before = held.contract.ends_on
    if before is not None and asked.from_day >= before:
        raise NotPossibleThen(f"{held.contract.code} ends on {before} anyway", field="from_day")
    free = asked.by_consent or before is None
    charges = [] if free else charge_leaving(session, held, day=asked.from_day, now=now)
    return _to_end(held, asked.from_day)._replace(charges=charges)


def _agree(held: Held, asked: AgreeClause) -> Plan:
    clause = asked.clause
    if isinstance(clause, ServiceLevel) and asked.from_day.day != 1:
        raise NotPossibleThen("a service level begins on the first day of a month", field="from_day")
    charges = [take_deposit(held, clause, day=asked.from_day)] if isinstance(clause, Deposit) else []
    return Plan(clause=(asked.from_day, clause), charges=charges)


def _change_payment(_held: Held, asked: ChangePayment) -> Plan:
    return Plan(contract=asked.model_dump(include={"payment_days", "order_reference"}, exclude_none=True))


def _to_end(held: Held, after: date | None) -> Plan:
    before = held.contract.ends_on
    if after is not None and not held.contract.starts_on < after <= LAST_DAY:
        raise NotPossibleThen(f"{held.contract.code} cannot end on {after}", field="ends_on")
    return Plan(
        contract={"ends_on": after},
        lines=with_end(held.lines, before, after),
        pools=pools_with_end(held.pools, before, after),
    )


_WAYS: Mapping[type, Callable[[Held, Any], Plan]] = {
    AddAsset: _add_asset,
    ReturnAsset: _return_asset,
    SwapAsset: _swap_asset,
    ChangePrice: _change_price,
    AddPool: _add_pool,
    ChangePool: _change_pool,
    Extend: _extend,
    AgreeClause: _agree,
    ChangePayment: _change_payment,
}
