"""Carry on runs over a month, each bite committed: whatever ends a process, at most one bite is done again."""

from collections.abc import Callable
from datetime import datetime
from threading import Event
from uuid import UUID

from billing.begin_bill_run import begin_bill_run
from billing.bill_run_queries import bill_run, so_far, tasks_under_way
from billing.carry_on_bill_run import carry_on_bill_run, foresee_bill_run
from billing.month.bill_run import BillRun, Deed, RunState
from billing.period import Month
from lifecycle.actor import Actor
from pas import clock
from pas.db import Database

Told = Callable[[BillRun], None]


def begin(
    database: Database,
    tenant_id: int,
    month: Month,
    deed: Deed,
    *,
    only_failed: bool = False,
    by: Actor = Actor(kind="command", name="pas"),  # noqa: B008 - a value that never changes
) -> BillRun:
    """Begin a run, or join the one under way, in a transaction of its own."""
    with database.writing(tenant_id) as session:
        task = begin_bill_run(session, month=month, deed=deed, only_failed=only_failed, now=clock.now(), by=by)
        return so_far(session, task)


def finish_bill_run(
    database: Database, tenant_id: int, run_id: UUID, *, tell: Told = lambda _run: None, stop: Event | None = None
) -> BillRun:
    """Carry a run on to its end, or until told to stop; somebody else may carry it on at the same time."""
    with database.reading(tenant_id) as session:
        run = bill_run(session, run_id)
    while run.state is RunState.RUNNING and not (stop and stop.is_set()):
        run = carry_on(database, tenant_id, run_id, clock.now)
        tell(run)
    return run


def carry_on(database: Database, tenant_id: int, run_id: UUID, now: Callable[[], datetime]) -> BillRun:
    """Make the documents of a bite beforehand, then number and store them in one short transaction."""
    moment = now()
    with database.reading(tenant_id) as session:
        made = foresee_bill_run(session, run_id=run_id, now=moment)
    with database.writing(tenant_id) as session:
        return carry_on_bill_run(session, run_id=run_id, now=moment, made=made)


def carry_on_bill_runs(
    database: Database, tenant_id: int, *, now: Callable[[], datetime], stop: Event, at_most: int | None = None
) -> int:
    """Carry on what is under way, the earliest month first; give how many bites were taken."""
    with database.reading(tenant_id) as session:
        waiting = tasks_under_way(session)
    bites = 0
    for run_id in waiting:
        state = RunState.RUNNING
        while state is RunState.RUNNING and bites != at_most and not stop.is_set():
            state = carry_on(database, tenant_id, run_id, now).state
            bites += 1
    return bites
