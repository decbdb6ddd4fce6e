"""Bill a month in one go: begin its run and carry it on to its end."""

from datetime import datetime

from sqlmodel import Session

from billing.begin_bill_run import begin_bill_run
from billing.bill_run_queries import so_far
from billing.carry_on_bill_run import carry_on_bill_run
from billing.month.bill_run import BillRun, Deed, RunState
from billing.period import Month
from lifecycle.actor import Actor


def bill_month(
    session: Session, *, month: Month, deed: Deed = Deed.ISSUE, only_failed: bool = False, now: datetime, by: Actor
) -> BillRun:
    """Issue (or draft) what is missing of a month; a second run finds it all issued, a failure stops no other.

    All in one transaction, so for small months; a command and the worker commit after each bite. Two runs at once
    wait for each other on the seller's row. Sends nothing, corrects nothing that was issued.
    Raises NoSeller, MonthNotOver and SignOffWanted.
    """
    task = begin_bill_run(session, month=month, deed=deed, only_failed=only_failed, now=now, by=by)
    run = so_far(session, task)
    while run.state is RunState.RUNNING:
        run = carry_on_bill_run(session, run_id=run.id, now=now)
    return run
