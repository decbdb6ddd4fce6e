"""Questions about runs over a month: which contracts are left to do, which run is under way, what former runs did."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.bill_run_tables import (
    BillPolicyRecord,
    BillTaskFailureRecord,
    BillTaskRecord,
    DraftApprovalRecord,
    DraftRecord,
)
from billing.month.bill_policy import BillPolicy
from billing.month.bill_run import BillFailure, BillRun, Deed, RunState
from billing.owed_beside import owed_beside
from billing.period import Month, Period, months_later
from billing.tables import BillFailureRecord, BillRunRecord, ContractRecord, InvoiceRecord
from telemetry.refusal import Refusal


class UnknownBillRun(Refusal):
    """No such run."""


def bill_policy(session: Session) -> BillPolicy:
    """Give how finance wants its months billed."""
    found = session.exec(select(BillPolicyRecord)).first()
    return BillPolicy() if found is None else BillPolicy.model_validate(found.model_dump(exclude={"tenant_id"}))


def running(period: Period) -> ColumnElement[bool]:
    """Tell the contracts with at least one day in a period."""
    no_end = or_(col(ContractRecord.ends_on).is_(None), col(ContractRecord.ends_on) > period.start)
    return and_(col(ContractRecord.starts_on) < period.end, no_end)


def invoiced(period: Period) -> ColumnElement[bool]:
    """Tell the contracts that have their invoice of a month."""
    return exists().where(
        col(InvoiceRecord.tenant_id) == ContractRecord.tenant_id,
        col(InvoiceRecord.contract_id) == ContractRecord.id,
        col(InvoiceRecord.period_start) == period.start,
        col(InvoiceRecord.revision) == 0,
    )


def left_to_do(period: Period, deed: Deed, *, only_failed: bool) -> SelectOfScalar[ContractRecord]:
    """Ask for the contracts that a run would look at."""
    query = select(ContractRecord).where(or_(running(period), owed_beside(period)), ~invoiced(period))
    if deed is Deed.ISSUE_APPROVED:
        query = query.where(_drafted(period))
    return query.where(_failed(period)) if only_failed else query


def _drafted(period: Period) -> ColumnElement[bool]:
    return exists().where(
        col(DraftRecord.tenant_id) == ContractRecord.tenant_id,
        col(DraftRecord.contract_id) == ContractRecord.id,
        col(DraftRecord.period_start) == period.start,
    )


def _failed(period: Period) -> ColumnElement[bool]:
    return exists().where(
        col(BillFailureRecord.tenant_id) == ContractRecord.tenant_id,
        col(BillFailureRecord.contract_id) == ContractRecord.id,
        col(BillRunRecord.tenant_id) == BillFailureRecord.tenant_id,
        col(BillRunRecord.id) == BillFailureRecord.run_id,
        col(BillRunRecord.period_start) == period.start,
    )


def approved(session: Session, *, period: Period, contract_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Give the hash of the draft of each of some contracts, of those whose draft is approved as it stands."""
    rows = session.exec(
        select(DraftRecord.contract_id, DraftRecord.hash)
        .join(
            DraftApprovalRecord,
            and_(
                col(DraftApprovalRecord.tenant_id) == DraftRecord.tenant_id,
                col(DraftApprovalRecord.period_start) == DraftRecord.period_start,
                col(DraftApprovalRecord.contract_id) == DraftRecord.contract_id,
                col(DraftApprovalRecord.hash) == DraftRecord.hash,
            ),
        )
        .where(DraftRecord.period_start == period.start, col(DraftRecord.contract_id).in_(contract_ids))
    )
    return dict(rows.all())


def zones_of(session: Session, *, period: Period) -> dict[str, str]:
    """Give the zones of the contracts that run in a period, each with a currency of theirs."""
    query = select(ContractRecord.zone, func.max(ContractRecord.currency)).where(running(period))
    return dict(session.exec(query.group_by(ContractRecord.zone)).all())


def how_many(session: Session, query: SelectOfScalar[ContractRecord]) -> int:
    """Count what a question would give."""
    ids = query.with_only_columns(col(ContractRecord.id)).subquery()
    return session.exec(select(func.count()).select_from(ids)).one()


def task_under_way(session: Session, *, period: Period, deed: Deed, only_failed: bool) -> BillTaskRecord | None:
    """Give the run under way that would do the same."""
    return session.exec(
        select(BillTaskRecord).where(
            BillTaskRecord.period_start == period.start,
            BillTaskRecord.deed == deed,
            BillTaskRecord.only_failed == only_failed,
        )
    ).first()


def tasks_under_way(session: Session) -> list[UUID]:
    """Give the runs under way, those of the earliest month first: each month opens where the one before closed."""
    order = (col(BillTaskRecord.period_start), col(BillTaskRecord.begun_at), col(BillTaskRecord.id))
    return list(session.exec(select(BillTaskRecord.id).order_by(*order)))


def missed_months(session: Session, *, since: Month, until: date) -> list[Month]:
    """Give the months from one on, over by a day, in which contracts ran that no run has looked at or that failed."""
    months, start = [], since.start
    while (end := months_later(start, 1)) <= until:
        month = Month(f"{start:%Y-%m}")
        missed = left_to_do(month, Deed.ISSUE, only_failed=False).where(or_(~_looked_at(month), _failed(month)))
        if session.exec(missed.limit(1)).first():
            months.append(month)
        start = end
    return months


def _looked_at(period: Period) -> ColumnElement[bool]:
    """Tell the contracts that were signed when a run over a month issued what it found."""
    return exists().where(
        col(BillRunRecord.tenant_id) == ContractRecord.tenant_id,
        col(BillRunRecord.period_start) == period.start,
        col(BillRunRecord.deed) != Deed.DRAFT,
        col(BillRunRecord.ran_at) >= ContractRecord.signed_at,
    )


def bill_run(session: Session, run_id: UUID) -> BillRun:
    """Give what a run did, or has done so far. Raises UnknownBillRun."""
    done = session.exec(select(BillRunRecord).where(BillRunRecord.id == run_id)).first()
    if done is not None:
        return _told(session, done)
    task = session.exec(select(BillTaskRecord).where(BillTaskRecord.id == run_id)).first()
    if task is None:
        raise UnknownBillRun("there is no such run", field="run_id")
    return so_far(session, task)


def bill_runs() -> SelectOfScalar[BillRunRecord]:
    """Ask for all runs that came to their end."""
    return select(BillRunRecord)


def news_of(session: Session, runs: Sequence[BillRunRecord]) -> list[BillRun]:
    """Tell what runs did, as each told it itself."""
    return [_told(session, run) for run in runs]


def so_far(session: Session, task: BillTaskRecord) -> BillRun:
    """Tell what a run under way has done."""
    known = task.model_dump(include=set(BillRun.model_fields))
    return BillRun(
        **known,
        **_numbers(session, task.id),
        month=f"{task.period_start:%Y-%m}",
        state=RunState.RUNNING,
        ran_at=task.begun_at,
        ran_by=task.begun_by,
        failures=failures_so_far(session, task.id),
    )


def failures_so_far(session: Session, task_id: UUID) -> list[BillFailure]:
    """Give what a run under way could not bill, by contract."""
    return _failures(session, BillTaskFailureRecord, col(BillTaskFailureRecord.task_id) == task_id)


def failures_of(session: Session, run_id: UUID) -> list[BillFailure]:
    """Give what a run that came to its end could not bill, by contract."""
    return _failures(session, BillFailureRecord, col(BillFailureRecord.run_id) == run_id)


def _told(session: Session, run: BillRunRecord) -> BillRun:
    known = run.model_dump(include=set(BillRun.model_fields))
    handled = run.issued + run.drafted + run.nothing_owed + run.not_approved + run.failed
    return BillRun(
        **known,
        **_numbers(session, run.id),
        month=f"{run.period_start:%Y-%m}",
        to_do=handled,
        done=handled,
        currency=session.exec(select(ContractRecord.currency).limit(1)).first() or "EUR",
        failures=failures_of(session, run.id),
    )


def _numbers(session: Session, run_id: UUID) -> dict[str, str | None]:
    """Give the first and the last number that a run gave."""
    order = (col(InvoiceRecord.year), col(InvoiceRecord.sequence))
    query = select(InvoiceRecord.number).where(InvoiceRecord.run_id == run_id)
    first = session.exec(query.order_by(*order).limit(1)).first()
    last = session.exec(query.order_by(*(one.desc() for one in order)).limit(1)).first()
    return {"first_number": first, "last_number": last}


def _failures(
    session: Session, record: type[BillFailureRecord | BillTaskFailureRecord], mine: ColumnElement[bool]
) -> list[BillFailure]:
    rows = session.exec(
        select(col(record.contract_id), col(record.code), col(record.sentence), col(ContractRecord.code))
        .select_from(record)
        .join(ContractRecord, and_(col(ContractRecord.tenant_id) == record.tenant_id, _of(record)))
        .where(mine)
        .order_by(col(ContractRecord.code))
    )
    return [
        BillFailure(contract_id=contract_id, contract=contract, code=code, sentence=sentence)
        for contract_id, code, sentence, contract in rows
    ]


def _of(record: type[BillFailureRecord | BillTaskFailureRecord]) -> ColumnElement[bool]:
    return col(ContractRecord.id) == record.contract_id
