"""Look back at months billed before: the same contracts, the same days, by what is known now."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid
from sqlmodel import Session, col, select

from billing.billed_queries import billed_so_far
from billing.due import Due, Priced
from billing.load_due import load_tariff, with_reads
from billing.period import Month, months_back
from billing.tables import ContractRecord, InvoiceRecord
from telemetry.asked_rows import asked_rows

LONGEST_PERIOD = 12


def look_back(session: Session, *, month: Month, contracts: Sequence[ContractRecord]) -> list[Due]:
    """Load what contracts owed the bill of a month by, with what was billed since. Bills nothing."""
    since = months_back(month.start, LONGEST_PERIOD)
    before = billed_so_far(session, contract_ids=[contract.id for contract in contracts], since=since)
    loaded = load_tariff(session, month=month, contracts=contracts, before=before)
    then = [due._replace(past={month.start: Priced(due.terms, due.why, due.refused)}) for due in loaded]
    return with_reads(session, [(due, (month,)) for due in then])


def contracts_billed(
    session: Session, *, month: Month, contract_ids: Sequence[UUID] | None = None
) -> list[ContractRecord]:
    """Give the contracts that have a bill of a month, by code; all, or those of some."""
    bill = InvoiceRecord
    query = (
        select(ContractRecord)
        .join(bill, (col(bill.tenant_id) == ContractRecord.tenant_id) & (col(bill.contract_id) == ContractRecord.id))
        .where(bill.period_start == month.start, bill.revision == 0)
        .order_by(col(ContractRecord.code))
    )
    if contract_ids is not None:
        wanted = asked_rows(session, [(one.hex,) for one in contract_ids], id=Uuid())
        query = query.join(wanted, wanted.c.id == ContractRecord.id)
    return list(session.exec(query))
