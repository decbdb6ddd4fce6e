"""Charge a contract once for damage, transport and the like: one bill holds it, and no other ever does."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from billing.contract_life.charge import Charge, NewCharge
from billing.contract_life.planned_change import NotPossibleThen, NotUnderContract
from billing.contract_life_tables import ContractChargeRecord
from billing.period import FIRST_DAY, LAST_DAY
from billing.queries import contract, lines_of
from billing.tables import ContractRecord
from billing.vat import check_rate
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from lifecycle.tables import InspectionRecord
from lifecycle.work_order_tables import WorkOrderRecord
from telemetry.identity import new_id
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class ChargeDiffers(Refusal):
    """A charge of that id was made before, and is another one."""


class UnknownCause(Refusal):
    """The charge names a work order or an inspection that is not of its thing."""


def charge_contract(
    session: Session, *, contract_id: UUID, charge: NewCharge, now: datetime, by: Actor
) -> ContractChargeRecord:
    """Charge a contract; the same charge again changes nothing. Bills nothing itself.

    Raises UnknownContract, ChargeDiffers, NotUnderContract, NotPossibleThen, UnknownCause and WrongRate.
    """
    of = contract(session, contract_id=contract_id, customer_id=None)
    before = _made_before(session, of, charge)
    if before is not None:
        return before
    _check(session, of, charge)

    own = {"tenant_id": tenant_of(session), "id": charge.id or new_id(), "contract_id": of.id}
    told = {"made_at": now, "actor_kind": by.kind, "actor": by.name}
    record = ContractChargeRecord.model_validate(_value(charge), update=own | told)
    session.add(record)
    session.flush()
    after = _value(charge).model_dump(mode="json")
    record_audit(
        session, action="contract-charged", subject=f"contract {of.code}", before=None, after=after, now=now, by=by
    )
    return record


def _made_before(session: Session, of: ContractRecord, charge: NewCharge) -> ContractChargeRecord | None:
    if charge.id is None:
        return None
    found = session.exec(select(ContractChargeRecord).where(ContractChargeRecord.id == charge.id)).first()
    if found is None or (found.contract_id == of.id and _value(found) == _value(charge)):
        return found
    raise ChargeDiffers(
        f"a charge {charge.id} was made before, and is another one; give this an id of its own", field="id"
    )


def _check(session: Session, of: ContractRecord, charge: NewCharge) -> None:
    if not max(of.starts_on, FIRST_DAY) <= charge.on_day < LAST_DAY:
        sentence = f"{of.code} begins on {of.starts_on}; a charge lies on or after it, not on {charge.on_day}"
        raise NotPossibleThen(sentence, field="on_day")
    if charge.vat_category is not None and charge.vat_rate is not None:
        check_rate(charge.vat_category, charge.vat_rate)
    if charge.asset_id is not None and charge.asset_id not in {
        one.asset_id for one in lines_of(session, [of.id])[of.id]
    }:
        raise NotUnderContract(f"asset {charge.asset_id} was never under {of.code}", field="asset_id")
    if charge.work_order_id is not None:
        work = select(WorkOrderRecord.asset_id).where(WorkOrderRecord.id == charge.work_order_id)
        _check_cause(session.exec(work).first(), charge, "work_order_id")
    if charge.inspection_id is not None:
        seen = select(InspectionRecord.asset_id).where(InspectionRecord.id == charge.inspection_id)
        _check_cause(session.exec(seen).first(), charge, "inspection_id")


def _check_cause(asset_id: UUID | None, charge: NewCharge, field: str) -> None:
    if asset_id is None or asset_id != charge.asset_id:
        sentence = (
            f"the {field.removesuffix('_id').replace('_', ' ')} is none of the thing that is charged; name its asset_id"
        )
        raise UnknownCause(sentence, field=field)


def _value(charge: Charge) -> Charge:
    return Charge.model_validate(charge.model_dump(include=set(Charge.model_fields)))
