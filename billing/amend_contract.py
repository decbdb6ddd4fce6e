"""Amend a contract from a day on: what changes is kept before and after, and invoices issued stay as they are."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from billing.contract.contract import Lease, WrongTerms, check_leases, check_period, check_prices
from billing.contract.unit import unit_code
from billing.contract_life.amendment import AddAsset, Amendment, as_asked
from billing.contract_life.clause import Indexation
from billing.contract_life.planned_change import HeldLine, HeldPool, LineChange, NotPossibleThen, Plan, PoolChange
from billing.contract_life_queries import clauses, pool_of_lines, pools_of
from billing.contract_life_tables import (
    ContractAmendmentRecord,
    ContractChargeRecord,
    ContractClauseRecord,
    ContractPoolRecord,
    PoolMemberRecord,
)
from billing.correct_pools import reaches_back
from billing.lease_queries import held_assets, leases_of_assets
from billing.load_due import NOTICED_MONTHS
from billing.period import LAST_DAY, local_day, months_back
from billing.plan_amendment import first_day, plan_amendment
from billing.plan_way_out import Held
from billing.queries import contract as contract_of
from billing.queries import lines_of
from billing.sign_contracts import NotAMeter, UnknownParty
from billing.tables import ContractLineRecord, ContractRecord, InvoiceRecord
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from lifecycle.tables import CustomerRecord, ProductRecord
from telemetry.find_meters import latest_meters
from telemetry.identity import new_id
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class AmendmentDiffers(Refusal):
    """An amendment of that id was made before, with another content."""


def amend_contract(
    session: Session, *, contract_id: UUID, amendment: Amendment, now: datetime, by: Actor
) -> ContractAmendmentRecord:
    """Amend a contract. The same amendment again changes nothing. Bills nothing: the next bill holds what follows.

    Raises UnknownContract, AmendmentDiffers, NotUnderContract, NotPossibleThen, NotAgreed, ValueUnknown, UnknownParty,
    NotAMeter, NoUnitCode, WrongTerms and LeasedTwice.
    """
    _hold(session, contract_id)
    held = held_contract(session, contract_id, customer_id=None)
    before = _made_before(session, held.contract, amendment)
    if before is not None:
        return before
    since = first_day(held, amendment)

    plan = plan_amendment(session, held, amendment, now=now)
    _check(session, held, plan, amendment)
    _refuse_too_far_back(session, held, plan, since, now)

    changes = _save_state(session, held, plan, now=now, by=by)
    record = _record(session, held, amendment, changes | {"since": str(since)}, now=now, by=by)
    _save_clause(session, plan, record)
    subject = f"contract {held.contract.code} version {record.version}"
    record_audit(session, action="contract-amended", subject=subject, before=None, after=record.changes, now=now, by=by)
    return record


def held_contract(session: Session, contract_id: UUID, *, customer_id: UUID | None) -> Held:
    """Give a contract as it stands, with all that belongs to it. Raises UnknownContract."""
    contract = contract_of(session, contract_id=contract_id, customer_id=customer_id)
    customer = session.exec(select(CustomerRecord).where(CustomerRecord.id == contract.customer_id)).one()
    return Held(
        contract,
        [_held_line(line) for line in lines_of(session, [contract_id])[contract_id]],
        [_held_pool(pool) for pool in pools_of(session, [contract_id]).get(contract_id, [])],
        pool_of_lines(session, [contract_id]),
        clauses(session, [contract_id]),
        customer.language,
    )


def _hold(session: Session, contract_id: UUID) -> None:
    """Let nobody else amend it until the transaction ends."""
    query = select(ContractRecord).where(ContractRecord.id == contract_id).with_for_update()
    session.exec(query.execution_options(populate_existing=True)).first()


def _held_line(line: ContractLineRecord) -> HeldLine:
    return HeldLine.model_validate(line.model_dump(include=set(HeldLine.model_fields)))


def _held_pool(pool: ContractPoolRecord) -> HeldPool:
    return HeldPool.model_validate(pool.model_dump(include=set(HeldPool.model_fields)))


def _made_before(session: Session, contract: ContractRecord, amendment: Amendment) -> ContractAmendmentRecord | None:
    if amendment.id is None:
        return None
    one = ContractAmendmentRecord
    found = session.exec(select(one).where(one.id == amendment.id)).first()
    if found is None or (found.contract_id == contract.id and found.asked == as_asked(amendment)):
        return found
    sentence = f"an amendment {amendment.id} was made before, with another content; give the new one an id of its own"
    raise AmendmentDiffers(sentence, field="id")


def _check(session: Session, held: Held, plan: Plan, amendment: Amendment) -> None:
    """Hold the lines that begin or last longer against what is leased out, measured and known."""
    touched = {one.after.asset_id for one in plan.lines} | {
        line.asset_id for line in held.lines if _runs_on(line, plan)
    }
    missing = touched - held_assets(session, touched)
    if missing:
        raise UnknownParty(f"there is no asset {min(missing)}", field="asset_id")
    for one in plan.pools:
        if session.exec(select(ProductRecord.id).where(ProductRecord.id == one.after.product_id)).first() is None:
            raise UnknownParty("there is no such product", field="pool.product_id")
    for changed in plan.lines:
        check_prices(changed.after, held.contract.proration, "a line of the contract", "line.")
        check_period(changed.after, held.contract, "a line of the contract", "line.")
    if isinstance(amendment, AddAsset):
        _check_line(session, held, plan.lines[0].after)
    code, mine = held.contract.code, _leases_after(held, plan)
    others = [lease for lease in leases_of_assets(session, touched) if lease.contract != code]
    check_leases([*others, *(lease for lease in mine if lease.asset_id in touched)])


def _refuse_too_far_back(session: Session, held: Held, plan: Plan, since: date, now: datetime) -> None:
    """Refuse to change what was billed so long ago that no bill corrects it any more. Raises NotPossibleThen."""
    contract = held.contract
    oldest = months_back(local_day(now, contract.zone).replace(day=1), contract.late_months + NOTICED_MONTHS)
    indexes = plan.clause is not None and isinstance(plan.clause[1], Indexation)
    if since >= oldest or not (plan.lines or plan.pools or indexes):
        return
    bill = InvoiceRecord
    mine = (bill.contract_id == contract.id, bill.period_end > since, bill.period_start < oldest)
    if session.exec(select(bill.id).where(*mine).limit(1)).first() is not None:
        sentence = (
            f"{contract.code} was billed for days from {since} on that are corrected no longer; change it from "
            f"{oldest} on, and settle what lies before by a credit note"
        )
        raise NotPossibleThen(sentence, field="from_day")


def _runs_on(line: HeldLine, plan: Plan) -> bool:
    return line.ends_on is None and "ends_on" in plan.contract


def _leases_after(held: Held, plan: Plan) -> list[Lease]:
    lines = {line.id: line for line in held.lines} | {one.after.id: one.after for one in plan.lines}
    end = plan.contract.get("ends_on", held.contract.ends_on)
    leases = [Lease(line.asset_id, line.starts_on, line.ends_on or end, held.contract.code) for line in lines.values()]
    return [lease for lease in leases if lease.since < (lease.until or LAST_DAY)]


def _check_line(session: Session, held: Held, line: HeldLine) -> None:
    last = held.contract.ends_on or LAST_DAY
    if not held.contract.starts_on <= line.starts_on < (line.ends_on or last) <= last:
        sentence = f"the line must run within the days of {held.contract.code}, {held.contract.starts_on} to {last}"
        raise WrongTerms(sentence, field="line.starts_on")
    meters = latest_meters(session) if line.meter else {}
    if line.meter is not None and line.meter not in meters:
        sentence = f"{line.meter[:60]!r} is no meter; there are {', '.join(meters) or 'none yet'}"
        raise NotAMeter(sentence, field="line.meter")
    if line.meter is not None:
        unit_code(meters[line.meter].unit)


def _save_state(session: Session, held: Held, plan: Plan, *, now: datetime, by: Actor) -> dict[str, Any]:
    """Bring contract, lines, pools and charges to where the plan has them; give it all, before and after."""
    contract = {name: [_plain(getattr(held.contract, name)), _plain(value)] for name, value in plan.contract.items()}
    for name, value in plan.contract.items():
        setattr(held.contract, name, value)
    session.add(held.contract)
    own: dict[str, Any] = {"tenant_id": tenant_of(session), "contract_id": held.contract.id}
    _save_lines(session, plan.lines, own)
    _save_pools(session, plan.pools, own)
    session.flush()
    session.add_all(
        PoolMemberRecord(contract_line_id=line_id, pool=pool, **own) for line_id, pool in plan.pool_of.items()
    )
    told = {"made_at": now, "actor_kind": by.kind, "actor": by.name}
    charges = [ContractChargeRecord.model_validate(one, update=own | told | {"id": new_id()}) for one in plan.charges]
    session.add_all(charges)
    session.flush()
    return {
        "contract": contract,
        "lines": [_change(one) for one in plan.lines],
        "pools": [_change(one) for one in plan.pools],
        "pool_of": {str(line_id): pool for line_id, pool in plan.pool_of.items()},
        "charges": [str(one.id) for one in charges],
        "reasons": list(plan.reasons),
    }


def _save_lines(session: Session, changes: Sequence[LineChange], own: dict[str, Any]) -> None:
    records = {
        one.id: one
        for one in session.exec(select(ContractLineRecord).where(ContractLineRecord.contract_id == own["contract_id"]))
    }
    for change in changes:
        if change.before is None:
            continue
        record = records[change.after.id]
        for name in HeldLine.model_fields:
            setattr(record, name, getattr(change.after, name))
        session.add(record)
    session.flush()
    begun = [one.after.model_dump() | own for one in changes if one.before is None]
    try:
        if begun:
            session.execute(insert(ContractLineRecord), begun)
    except IntegrityError as clash:
        sentence = "a line with this id, or of this thing from this day on, is there already"
        raise AmendmentDiffers(sentence, field="line") from clash


def _save_pools(session: Session, changes: Sequence[PoolChange], own: dict[str, Any]) -> None:
    for change in changes:
        if change.before is None:
            session.add(ContractPoolRecord.model_validate(change.after, update=own))
            continue
        record = session.exec(select(ContractPoolRecord).where(ContractPoolRecord.id == change.after.id)).one()
        for name in HeldPool.model_fields:
            setattr(record, name, getattr(change.after, name))
        session.add(record)
        session.flush()


def _change(change: LineChange | PoolChange) -> dict[str, Any]:
    before = None if change.before is None else change.before.model_dump(mode="json")
    return {"before": before, "after": change.after.model_dump(mode="json")}


def _record(
    session: Session, held: Held, amendment: Amendment, changes: dict[str, Any], *, now: datetime, by: Actor
) -> ContractAmendmentRecord:
    one = ContractAmendmentRecord
    last = session.exec(select(func.max(col(one.version))).where(one.contract_id == held.contract.id)).one()
    record = ContractAmendmentRecord(
        tenant_id=tenant_of(session),
        id=amendment.id or new_id(),
        contract_id=held.contract.id,
        version=(last or 1) + 1,
        kind=amendment.kind,
        from_day=date.fromisoformat(changes["since"]),
        reaches_back=reaches_back(date.fromisoformat(changes["since"]), now),
        ends_on=held.contract.ends_on,
        asked=as_asked(amendment),
        changes=changes,
        recorded_at=now,
        actor_kind=by.kind,
        actor=by.name,
    )
    session.add(record)
    session.flush()
    return record


def _save_clause(session: Session, plan: Plan, record: ContractAmendmentRecord) -> None:
    if plan.clause is None:
        return
    since, clause = plan.clause
    session.add(
        ContractClauseRecord(
            tenant_id=record.tenant_id,
            id=record.id,
            contract_id=record.contract_id,
            kind=clause.kind,
            from_day=since,
            version=record.version,
            terms=clause.model_dump(mode="json"),
        )
    )
    session.flush()


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)
