"""Carry on a run over a month by one bite: the next contracts, each billed or its failure told, and how far it is."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from billing.bill_run_queries import bill_run, failures_so_far, left_to_do, so_far
from billing.bill_run_tables import BillTaskFailureRecord, BillTaskRecord
from billing.draft_contracts import Drafted, draft_contracts
from billing.issue_invoice import Issuing, foresee_invoices, issue_invoices
from billing.month.bill_run import BillFailure, BillRun, Deed
from billing.month.draft import CENTS, unscaled
from billing.number_documents import Made
from billing.period import Month, local_day
from billing.queries import held_seller, seller
from billing.ready_to_issue import Ready, ready_to_issue
from billing.refuse_late_use import refuse_late_use
from billing.tables import BillFailureRecord, BillRunRecord, ContractRecord, InvoiceRecord, SellerRecord
from billing.why_not_billed import why_not_billed
from billing.write_drafts import drop_drafts
from telemetry.lots import ROWS, lots
from telemetry.tables import tenant_of

ISSUED_AT_ONCE = 50
"""Contracts of one bite that issues: so many documents at most are made for nothing where a process ends."""
DRAFTED_AT_ONCE = 10_000
NOTHING = Decimal("0.00")


class Bite(NamedTuple):
    """What became of some contracts."""

    failures: list[BillFailure]
    net: Decimal = NOTHING
    vat: Decimal = NOTHING
    issued: int = 0
    drafted: int = 0
    nothing_owed: int = 0
    not_approved: int = 0


def carry_on_bill_run(
    session: Session, *, run_id: UUID, now: datetime, made: Made | None = None, at_once: int | None = None
) -> BillRun:
    """Bill the next contracts of a run; where none are left, the run has come to its end and is told as one.

    Whoever carries on the same run waits on the seller's row, then takes what is left. `made` is what
    `foresee_bill_run` gave. Raises UnknownBillRun and NoSeller.
    """
    held_seller(session)
    task = _task(session, run_id)
    if task is None:
        return bill_run(session, run_id)
    limit = at_once or (DRAFTED_AT_ONCE if task.deed is Deed.DRAFT else ISSUED_AT_ONCE)
    contracts = _next(session, task, limit)

    if task.deed is Deed.DRAFT:
        bite = _drafted(draft_contracts(session, month=_month(task), contracts=contracts, now=now))
    else:
        issuing = _issuing(session, task, now)
        bite = _issue(session, issuing, _ready(session, task, issuing, contracts), made)

    _note(session, task, contracts, bite)
    if len(contracts) == limit:
        return so_far(session, task)
    if task.deed is not Deed.DRAFT:
        refuse_late_use(session, month=_month(task), now=now)
    return _end(session, task)


def foresee_bill_run(session: Session, *, run_id: UUID, now: datetime) -> Made:
    """Make the documents of the next bite beforehand, in a reading session, so that the series is held only shortly."""
    task = _task(session, run_id)
    if task is None or task.deed is Deed.DRAFT:
        return {}
    issuing = _issuing(session, task, now)
    ready = _ready(session, task, issuing, _next(session, task, ISSUED_AT_ONCE))
    return foresee_invoices(session, issuing=issuing, owed=ready.owed)


def _task(session: Session, run_id: UUID) -> BillTaskRecord | None:
    """Give the run under way as it stands now; the seller's row is what is held."""
    query = select(BillTaskRecord).where(BillTaskRecord.id == run_id)
    return session.exec(query.execution_options(populate_existing=True)).first()


def _month(task: BillTaskRecord) -> Month:
    return Month(f"{task.period_start:%Y-%m}")


def _issuing(session: Session, task: BillTaskRecord, now: datetime) -> Issuing:
    named: SellerRecord = seller(session)
    return Issuing(task.id, _month(task), named, local_day(now, named.zone), now)


def _next(session: Session, task: BillTaskRecord, limit: int) -> list[ContractRecord]:
    query = left_to_do(_month(task), task.deed, only_failed=task.only_failed)
    after = query.where(col(ContractRecord.code) > task.handled_to).order_by(col(ContractRecord.code))
    return list(session.exec(after.limit(limit)))


def _ready(session: Session, task: BillTaskRecord, issuing: Issuing, contracts: Sequence[ContractRecord]) -> Ready:
    only_approved = task.deed is Deed.ISSUE_APPROVED
    return ready_to_issue(session, issuing=issuing, contracts=contracts, only_approved=only_approved)


def _issue(session: Session, issuing: Issuing, ready: Ready, made: Made | None) -> Bite:
    """Give numbers to what is ready, all together; what fails takes none and stops no other."""
    outcomes = issue_invoices(session, issuing=issuing, owed=ready.owed, made=made)
    invoices = [one for one in outcomes if isinstance(one, InvoiceRecord)]
    _drop_drafts(session, issuing.month, [*ready.settled, *(one.contract_id for one in invoices)])
    refused = [
        why_not_billed(one.contract, why)
        for one, why in zip(ready.owed, outcomes, strict=True)
        if isinstance(why, Exception)
    ]
    return Bite(
        [*ready.failures, *refused],
        net=sum((one.net for one in invoices), NOTHING),
        vat=sum((one.vat for one in invoices), NOTHING),
        issued=len(invoices),
        nothing_owed=len(ready.settled),
        not_approved=ready.not_approved,
    )


def _drop_drafts(session: Session, month: Month, contract_ids: Sequence[UUID]) -> None:
    drop_drafts(session, month=month, contract_ids=[one.hex for one in contract_ids])


def _drafted(made: Drafted) -> Bite:
    net, vat = (unscaled(cents, CENTS) for cents in (made.net_cents, made.vat_cents))
    return Bite(made.failures, net, vat, drafted=made.drafted, nothing_owed=made.nothing_owed)


def _note(session: Session, task: BillTaskRecord, contracts: Sequence[ContractRecord], bite: Bite) -> None:
    """Write down how far the run is, in the transaction of the bite itself."""
    for name in ("issued", "drafted", "nothing_owed", "not_approved", "net", "vat"):
        setattr(task, name, getattr(task, name) + getattr(bite, name))
    task.failed += len(bite.failures)
    task.gross = task.net + task.vat
    task.done += len(contracts)
    task.handled_to = contracts[-1].code if contracts else task.handled_to
    session.add_all(
        BillTaskFailureRecord(tenant_id=task.tenant_id, task_id=task.id, **why.model_dump(exclude={"contract"}))
        for why in bite.failures
    )
    session.flush()


def _end(session: Session, task: BillTaskRecord) -> BillRun:
    """Turn the task into the report of a run, which never changes."""
    failures = failures_so_far(session, task.id)
    known = task.model_dump(include=set(BillRunRecord.model_fields))
    session.add(BillRunRecord(**known, ran_at=task.begun_at, ran_by=task.begun_by))
    session.flush()
    for some in lots(failures, ROWS):
        rows = [why.model_dump(exclude={"contract"}) for why in some]
        session.add_all(BillFailureRecord(tenant_id=tenant_of(session), run_id=task.id, **row) for row in rows)
    session.execute(delete(BillTaskFailureRecord).where(col(BillTaskFailureRecord.task_id) == task.id))
    session.delete(task)
    session.flush()
    return bill_run(session, task.id)
