"""Questions about late use: what was refused, what came in late, and which contracts were ever changed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Uuid, func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.contract_life_tables import ContractAmendmentRecord
from billing.late_use_tables import LateUseRefusedRecord
from billing.month.bill_run import Deed
from billing.tables import BillRunRecord, ContractLineRecord
from telemetry.asked_rows import asked_rows
from telemetry.tables import CounterSwapRecord, ReadingBatchRecord, ReadingCorrectionRecord


def late_use_refused(*, contract_id: UUID | None = None) -> SelectOfScalar[LateUseRefusedRecord]:
    """Ask for the late use that was refused, of all contracts or of one."""
    query = select(LateUseRefusedRecord)
    return query if contract_id is None else query.where(LateUseRefusedRecord.contract_id == contract_id)


def last_refused(session: Session, line_ids: Iterable[UUID]) -> Mapping[tuple[UUID, date], LateUseRefusedRecord]:
    """Give what was last refused of each line and period."""
    wanted = asked_rows(session, [(one.hex,) for one in sorted(set(line_ids))], id=Uuid())
    one = LateUseRefusedRecord
    query = select(one).join(wanted, wanted.c.id == one.contract_line_id).order_by(col(one.revision))
    return {(record.contract_line_id, record.period_start): record for record in session.exec(query)}


def changed_before(session: Session, moment: datetime, *, looked_from: date) -> bool:
    """Tell whether readings from before a moment came in, or were corrected, since the last run that looked back.

    Those are the runs that issued a month from a day on; without one, all readings count.
    """
    run = BillRunRecord
    looked = select(func.max(col(run.ran_at))).where(run.deed != Deed.DRAFT, run.period_start >= looked_from)
    since = session.exec(looked).one()
    early, corrected, swapped = ReadingBatchRecord, ReadingCorrectionRecord, CounterSwapRecord
    micros = int(moment.timestamp() * 1_000_000)
    questions = (
        (select(early.number).where(early.first_at < micros), early.received_at),
        (select(corrected.metric).where(corrected.at < moment), corrected.recorded_at),
        (select(swapped.metric).where(swapped.at < moment), swapped.recorded_at),
    )
    return any(
        session.exec((query if since is None else query.where(col(known) >= since)).limit(1)).first() is not None
        for query, known in questions
    )


def may_change(session: Session, contract_ids: Iterable[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Give the contracts that were amended and those that bill by a meter; the bills of all others never change."""
    wanted = asked_rows(session, [(one.hex,) for one in sorted(set(contract_ids))], id=Uuid())
    amended, line = ContractAmendmentRecord, ContractLineRecord
    changed = select(amended.contract_id).join(wanted, wanted.c.id == amended.contract_id).distinct()
    metered = select(line.contract_id).join(wanted, wanted.c.id == line.contract_id).where(col(line.meter).is_not(None))
    return set(session.exec(changed)), set(session.exec(metered.distinct()))
