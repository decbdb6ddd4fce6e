"""A run over a month killed with -9, again and again, while it drafts and while it issues: each is billed once."""

import os
import threading
from datetime import UTC, date, datetime
from random import Random

import pytest
from sqlalchemy import func
from sqlmodel import Session, col, select

from billing.approve_drafts import approve_month
from billing.bill_run_tables import BillTaskRecord, DraftRecord
from billing.document_tables import IssuedDocumentRecord
from billing.draft_queries import draft_report
from billing.number_documents import link
from billing.period import Month, months_later
from billing.tables import BillRunRecord, InvoiceLineRecord, InvoiceRecord, NumberSeriesRecord
from lifecycle.chain import digest
from lifecycle.verify_history import verify_chains
from pas.check import check_database
from pas.db import Database
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign
from tests.faults.killing import Command, tell

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("PAS_TEST_BILL_KILLS", "3"))
"""How often runs are killed on each database: a slice in `make test`, two hundred times in `make prove`."""
CONTRACTS = 120
"""Three bites."""
AT_MOST = 6
"""Kills of one run, so that the kills fall on many months."""
SEED = 20261124
FIRST = date(2015, 1, 1)
LOOKED_AT_EVERY = 5
"""Months, and when all kills are done."""


@pytest.fixture
def fleet(database: Database, tenant: int) -> Database:
    """Contracts of one projector each, in several bites."""
    with database.writing(tenant) as session:
        found = found_fleet(session, assets=CONTRACTS)
        since = {"starts_on": FIRST.isoformat()}
        papers = [
            contract(found.customer, f"C-{n:03}", [line(one, **since)], **since) for n, one in enumerate(found.assets)
        ]
        sign(session, *papers)
    return database


def _month(number: int) -> str:
    return f"{months_later(FIRST, number):%Y-%m}"


def _killed_until_done(command: Command, seconds: float, chance: Random, at_most: int) -> int:
    """Start it and kill it, until it ends by itself or enough of them were killed; give how many were."""
    killed = 0
    while killed < at_most and command.killed_within(seconds, chance):
        killed += 1
    command.run()
    return killed


def _approve(database: Database, tenant: int, month: str) -> int:
    with database.writing(tenant) as session:
        seen = draft_report(session, month=Month(month)).hash
        now = datetime(2026, 11, 2, 9, tzinfo=UTC)
        return approve_month(session, month=Month(month), shown=seen, now=now, by=CLERK).approved


def test_killed_runs_bill_nobody_twice_and_skip_no_number(fleet: Database, tenant: int) -> None:
    chance, killed, months = Random(SEED), 0, 1
    usual = {"--draft": Command(fleet.url, ("bill-month", _month(0), "--draft")).run()}
    _approve(fleet, tenant, _month(0))
    usual["--approved"] = Command(fleet.url, ("bill-month", _month(0), "--approved")).run()

    while killed < KILLS:
        for way, seconds in usual.items():
            if way == "--approved":
                assert _approve(fleet, tenant, _month(months)) == CONTRACTS
            command = Command(fleet.url, ("bill-month", _month(months), way))
            killed += _killed_until_done(command, seconds, chance, min(KILLS - killed, AT_MOST))
        months += 1
        if killed >= KILLS or not months % LOOKED_AT_EVERY:
            _must_be_whole(fleet, tenant, months)
            tell(f"{fleet.engine.dialect.name}: {killed} kills of {KILLS}, {months} months of {CONTRACTS} are whole")


def _must_be_whole(database: Database, tenant: int, months: int) -> None:
    """Each contract has one invoice a month, the numbers follow, and every document is in the chain."""
    assert check_database(database).faults == []
    with database.reading(tenant) as session:
        invoices = session.exec(select(InvoiceRecord).order_by(col(InvoiceRecord.sequence))).all()
        assert [one.sequence for one in invoices] == list(range(1, CONTRACTS * months + 1))
        assert len({(one.contract_id, one.period_start) for one in invoices}) == CONTRACTS * months
        assert all(digest(one.document) == one.hash for one in invoices)
        _must_be_chained(session, invoices)
        assert _count(session, InvoiceLineRecord) == CONTRACTS * months
        assert _count(session, DraftRecord) == _count(session, BillTaskRecord) == 0
        assert session.exec(select(func.sum(BillRunRecord.issued))).one() == len(invoices)
        assert session.exec(select(func.sum(BillRunRecord.failed))).one() == 0
        assert verify_chains(session).broken is None


def _must_be_chained(session: Session, invoices: "list[InvoiceRecord]") -> None:
    files = {one.invoice_id: one for one in session.exec(select(IssuedDocumentRecord))}
    head = ""
    for invoice in invoices:
        head = link(head, invoice, files[invoice.id])
    series = session.exec(select(NumberSeriesRecord)).one()
    assert (series.last, series.head) == (len(invoices), head)


def _count(session: Session, record: type) -> int:
    return session.exec(select(func.count()).select_from(record)).one()


def test_two_runs_at_once_share_the_work(fleet: Database, tenant: int) -> None:
    month = _month(0)
    errors: list[BaseException] = []

    def run_once() -> None:
        try:
            Command(fleet.url, ("bill-month", month)).run()
        except BaseException as why:  # noqa: BLE001 - told by the test
            errors.append(why)

    threads = [threading.Thread(target=run_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    _must_be_whole(fleet, tenant, 1)
