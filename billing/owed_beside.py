"""Tell which contracts owe a bill although they no longer run: a charge, a deposit to return, a change of the past."""

from sqlalchemy import ColumnElement, exists, or_
from sqlmodel import col

from billing.contract_life.charge import ChargeKind
from billing.contract_life_tables import ContractAmendmentRecord, ContractChargeRecord
from billing.period import Period
from billing.tables import ContractRecord, InvoiceLineRecord, InvoiceRecord


def owed_beside(period: Period) -> ColumnElement[bool]:
    """Tell the contracts that the bill of a period may owe something beside their tariff."""
    return or_(_uncharged(period), _deposit_kept(period), _amended_since(period))


def _uncharged(period: Period) -> ColumnElement[bool]:
    one, line = ContractChargeRecord, InvoiceLineRecord
    billed = exists().where(col(line.tenant_id) == one.tenant_id, col(line.billed_of) == one.id)
    mine = (col(one.tenant_id) == ContractRecord.tenant_id, col(one.contract_id) == ContractRecord.id)
    return exists().where(*mine, col(one.on_day) < period.end, ~billed)


def _deposit_kept(period: Period) -> ColumnElement[bool]:
    """Tell the contracts that have ended and whose deposit no bill has returned."""
    one, line, bill = ContractChargeRecord, InvoiceLineRecord, InvoiceRecord
    returned = exists().where(
        col(bill.tenant_id) == ContractRecord.tenant_id,
        col(bill.contract_id) == ContractRecord.id,
        col(line.tenant_id) == bill.tenant_id,
        col(line.invoice_id) == bill.id,
        col(line.component) == "deposit_return",
    )
    mine = (col(one.tenant_id) == ContractRecord.tenant_id, col(one.contract_id) == ContractRecord.id)
    taken = exists().where(*mine, col(one.kind) == ChargeKind.DEPOSIT)
    return (col(ContractRecord.ends_on) < period.end) & taken & ~returned


def _amended_since(period: Period) -> ColumnElement[bool]:
    """Tell the contracts that were amended back in time since their last bill."""
    one, bill = ContractAmendmentRecord, InvoiceRecord
    mine = (col(one.tenant_id) == ContractRecord.tenant_id, col(one.contract_id) == ContractRecord.id)
    later = exists().where(
        col(bill.tenant_id) == one.tenant_id,
        col(bill.contract_id) == one.contract_id,
        col(bill.issued_at) >= one.recorded_at,
    )
    return exists().where(*mine, col(one.reaches_back), col(one.from_day) < period.start, ~later)
