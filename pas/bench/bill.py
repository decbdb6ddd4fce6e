"""How long a month's bills take: drafting all contracts by column beside the raw insert of the same rows, and issuing.

Each contract has three lines: a whole fee, a fee from a day of the month on, and use beyond an allowance. What is
drafted is the first bill of each. The raw insert puts the very same rows into the same tables, under the next month,
by the driver alone from rows made beforehand: SQLite by executemany, PostgreSQL by COPY. Seconds of the clock stand
beside seconds of our CPU, which other work on the machine changes less; that of the PostgreSQL server is not ours.
"""

import os
import resource
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from billing.bill_run_queries import left_to_do
from billing.bill_run_tables import DraftLineRecord, DraftRecord
from billing.carry_on_bill_run import DRAFTED_AT_ONCE, ISSUED_AT_ONCE
from billing.draft_columns import draft_columns
from billing.load_columns import load_columns
from billing.month.bill_run import Deed, RunState
from billing.tables import ContractRecord
from billing.write_drafts import DraftRows, write_drafts
from pas import clock
from pas.bench.bill_fleet import MONTH, NEXT, fill_contracts, found_bench
from pas.bench.bill_raw import raw_insert
from pas.bench.bill_written import write_and_chain
from pas.bench.process import cpu_seconds
from pas.bench.storage.curve import opened
from pas.carry_on_bill_runs import begin, carry_on
from pas.db import Database

_WRITTEN_AT_LEAST = 200


class BillSpeed(NamedTuple):
    """Seconds of each step over all contracts, their ratio to the raw insert, and documents issued a second."""

    store: str
    contracts: int
    lines: int
    loading: float
    """The terms and the meters, from the database."""
    rating: float
    writing: float
    raw_insert: float
    loading_cpu: float
    rating_cpu: float
    writing_cpu: float
    raw_insert_cpu: float
    ratio: float
    """The raw insert's seconds over those of rating and writing."""
    ratio_with_loading: float
    whole_minutes: float
    """Loading, rating and writing together."""
    written: int
    written_per_core_second: float
    """E-invoices rated, written and chained without verdict and PDF, measured on so many of the contracts."""
    written_all_core_minutes: float
    """Core minutes for all contracts at that pace, after drafting."""
    issued: int
    issued_per_second: float
    issued_per_core_second: float
    """Documents with PDF, UBL and verdict, over the CPU of all our processes."""
    peak_memory: int


class _Lap:
    """Seconds by step, of the clock and of our CPU."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(("loading", "rating", "writing", "raw"), 0.0)
        self.cpu = dict(self.spent)
        self.start()

    def start(self) -> None:
        self._last, self._last_cpu = perf_counter(), process_time()

    def done(self, step: str) -> None:
        self.spent[step] += perf_counter() - self._last
        self.cpu[step] += process_time() - self._last_cpu
        self.start()


def bench_bill(
    *, contracts: int, on: str, issue: int, tick: Callable[[int], None], peppol: Path | None = None
) -> BillSpeed:
    """Measure in a temporary folder, which is gone afterwards; `peppol` is the folder of the rules to judge by.

    Raises RuntimeError where the rows differ.
    """
    with TemporaryDirectory(prefix="pas-bench-") as folder, ExitStack() as stack:
        database, _ = opened(stack, Path(folder), on)
        database.peppol = peppol
        tenant_id = found_bench(database)
        for first in range(0, contracts, DRAFTED_AT_ONCE):
            some = min(DRAFTED_AT_ONCE, contracts - first)
            fill_contracts(database, tenant_id, first, some)
            tick(some)
        lap = _draft_all(database, tenant_id, tick)
        lines = _check_equal(database, tenant_id)
        written = write_and_chain(database, tenant_id, max(issue, _WRITTEN_AT_LEAST))
        seconds, cpu, issued = _issue(database, tenant_id, issue)
    spent = lap.spent
    ours = spent["rating"] + spent["writing"]
    each = written.cpu_seconds / written.documents
    return BillSpeed(
        store=on,
        contracts=contracts,
        lines=lines,
        loading=round(spent["loading"], 2),
        rating=round(spent["rating"], 2),
        writing=round(spent["writing"], 2),
        raw_insert=round(spent["raw"], 2),
        loading_cpu=round(lap.cpu["loading"], 2),
        rating_cpu=round(lap.cpu["rating"], 2),
        writing_cpu=round(lap.cpu["writing"], 2),
        raw_insert_cpu=round(lap.cpu["raw"], 2),
        ratio=round(spent["raw"] / ours, 3),
        ratio_with_loading=round(spent["raw"] / (ours + spent["loading"]), 3),
        whole_minutes=round((spent["loading"] + ours) / 60, 2),
        written=written.documents,
        written_per_core_second=round(1 / each, 1) if each else 0.0,
        written_all_core_minutes=round(contracts * each / 60, 2),
        issued=issued,
        issued_per_second=round(issued / seconds, 1) if issued else 0.0,
        issued_per_core_second=round(issued / cpu, 1) if issued else 0.0,
        peak_memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def _draft_all(database: Database, tenant_id: int, tick: Callable[[int], None]) -> _Lap:
    """Draft all contracts, bite by bite, each beside the raw insert of its rows."""
    lap, after = _Lap(), ""
    while True:
        with database.writing(tenant_id) as session:
            contracts = _next(session, after)
            if not contracts:
                return lap
            rows = _draft(session, contracts, lap)
        lap.done("writing")
        raw_insert(database, tenant_id, rows, lap.start)
        lap.done("raw")
        after = contracts[-1].code
        tick(len(contracts))


def _next(session: Session, after: str) -> list[ContractRecord]:
    query = left_to_do(MONTH, Deed.DRAFT, only_failed=False).where(col(ContractRecord.code) > after)
    return list(session.exec(query.order_by(col(ContractRecord.code)).limit(DRAFTED_AT_ONCE)))


def _draft(session: Session, contracts: Sequence[ContractRecord], lap: _Lap) -> DraftRows:
    """Go the road that a run goes, step by step."""
    lap.start()
    plain = load_columns(session, month=MONTH, contracts=contracts)
    lap.done("loading")
    made = draft_columns(plain, month=MONTH, contracts={one.id.hex: one for one in contracts})
    rows = DraftRows(made.drafts, made.lines)
    lap.done("rating")
    write_drafts(session, rows, month=MONTH, now=clock.now())
    return rows


def _check_equal(database: Database, tenant_id: int) -> int:
    """Hold both months against each other; give how many lines there are."""
    with database.reading(tenant_id) as session:
        ours, raw = (_sums(session, month.start) for month in (MONTH, NEXT))
    if ours != raw:
        msg = f"the rows of both roads differ: {ours} and {raw}"
        raise RuntimeError(msg)
    return int(ours[2])


def _sums(session: Session, start: Any) -> tuple[int, ...]:
    draft, line = DraftRecord, DraftLineRecord
    drafts = session.exec(select(func.count(), func.sum(draft.net_cents)).where(draft.period_start == start)).one()
    lines = session.exec(
        select(func.count(), func.sum(line.net_cents), func.sum(line.quantity)).where(line.period_start == start)
    ).one()
    return tuple(int(one or 0) for one in (*drafts, *lines))


def _issue(database: Database, tenant_id: int, issue: int) -> tuple[float, float, int]:
    """Issue some of the contracts as a run does; give seconds, CPU seconds and how many."""
    if not issue:
        return 0.0, 0.0, 0
    run = begin(database, tenant_id, MONTH, Deed.ISSUE)
    carry_on(database, tenant_id, run.id, clock.now)  # the first bite starts the process of the rules
    began, cpu, issued = perf_counter(), cpu_seconds(os.getpid()), 0
    while issued < issue and run.state is RunState.RUNNING:
        run = carry_on(database, tenant_id, run.id, clock.now)
        issued = run.issued - ISSUED_AT_ONCE
    return perf_counter() - began, cpu_seconds(os.getpid()) - cpu, issued
