"""Killed at any moment, a deed is done wholly or not at all, never twice, and a rerun completes it."""

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from billing.tables import BillRunRecord, InvoiceLineRecord, InvoiceRecord, NumberSeriesRecord
from lifecycle.tables import AssetRecord, ConditionRecord, InspectionRecord, ReassessmentRecord, StayRecord
from lifecycle.verify_history import verify_chains
from pas.check import check_database
from pas.db import Database
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.tables import ReadingBatchRecord, SeriesDayRecord
from tests.faults.killing import KILLS, Command, write_csv

pytestmark = pytest.mark.faults

ASSETS = 600
CONTRACTS = 60
SEED = 20261123


@pytest.fixture
def fleet(database: Database, tenant: int, tmp_path: Path) -> Database:
    """A small fleet under contract, let in through the doors."""
    files = {
        "products": write_csv(
            tmp_path / "products.csv",
            "code,name,trade,price_new,rated_years,usage_metric,rated_usage",
            ["WM1,Washing machine,laundry,1200,10,cycles,20000"],
        ),
        "sites": write_csv(tmp_path / "sites.csv", "code,name,city", ["GENT,Laundry Ghent,Gent"]),
        "customers": write_csv(tmp_path / "customers.csv", "code,name,language", ["C1,Wasserij Leie,nl"]),
        "assets": _assets_file(tmp_path, "A"),
        "contracts": write_csv(
            tmp_path / "contracts.csv",
            "code,customer,starts_on,ends_on,asset,line_starts_on,monthly_fee",
            [f"K{n % CONTRACTS:03},C1,2024-01-01,2030-01-01,A{n:04},2024-01-01,19.90" for n in range(ASSETS)],
        ),
    }
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    for kind, file in files.items():
        Command(database.url, ("import", kind, str(file), "--json")).run()
    Command(database.url, ("seller", "set", *SELLER)).run()
    return database


SELLER = (
    *("--name", "Maker NV", "--vat-number", "BE0403019261", "--street", "Kaai 1", "--postal-code", "9000"),
    *("--city", "Gent", "--country", "BE", "--email", "billing@maker.example", "--iban", "BE68539007547034"),
)


def _assets_file(folder: Path, prefix: str) -> Path:
    rows = [f"WM1,{prefix}{n:04},in_service,C1,GENT,2024-01-01" for n in range(ASSETS)]
    return write_csv(folder / f"assets-{prefix}.csv", "product,serial,status,holder,site,in_service_on", rows)


def _count(database: Database, tenant: int, record: type, *where: object) -> int:
    with database.reading(tenant) as session:
        return session.exec(select(func.count()).select_from(record).where(*where)).one()  # type: ignore[arg-type]


def _must_be_whole(database: Database, tenant: int) -> None:
    assert check_database(database).faults == []
    with database.reading(tenant) as session:
        assert verify_chains(session).broken is None


def test_a_killed_import_leaves_all_or_nothing(fleet: Database, tenant: int, tmp_path: Path) -> None:
    chance = Random(SEED)
    usual = Command(fleet.url, ("import", "assets", str(_assets_file(tmp_path, "W")))).run()
    for turn in range(KILLS):
        prefix = f"R{turn:02}-"
        command = Command(fleet.url, ("import", "assets", str(_assets_file(tmp_path, prefix))))
        mine = col(AssetRecord.serial).startswith(prefix)

        killed = command.killed_within(usual, chance)

        assert _count(fleet, tenant, AssetRecord, mine) in ({0, ASSETS} if killed else {ASSETS})
        command.run()
        assert _count(fleet, tenant, AssetRecord, mine) == ASSETS
    assert _count(fleet, tenant, StayRecord) == ASSETS * (KILLS + 2)
    _must_be_whole(fleet, tenant)


def test_a_killed_import_of_readings_is_completed_by_a_rerun(fleet: Database, tenant: int, tmp_path: Path) -> None:
    chance = Random(SEED)
    for turn in range(KILLS + 1):
        rows = [
            f"A{n:04},cycles,{1000 + turn * 100 + hour},2026-0{1 + turn % 9}-{1 + turn // 9:02}T{hour:02}:00:00Z"
            for n in range(ASSETS)
            for hour in range(24)
        ]
        file = write_csv(tmp_path / f"readings-{turn}.csv", "asset,metric,value,at", rows)
        command = Command(fleet.url, ("import", "readings", str(file)))
        if turn == 0:
            usual = command.run()
            continue

        command.killed_within(usual, chance)
        command.run()

        with fleet.reading(tenant) as session:
            packed = session.exec(select(func.sum(SeriesDayRecord.count))).one() or 0
            waiting = select(func.sum(ReadingBatchRecord.count)).where(col(ReadingBatchRecord.is_open))
            kept = packed + (session.exec(waiting).one() or 0)
        assert kept == ASSETS * 24 * (turn + 1)
    with fleet.reading(tenant) as session:
        assert session.exec(select(func.sum(ReadingBatchRecord.taken))).one() == kept


def test_a_killed_invoice_run_numbers_nothing_twice_and_skips_no_number(fleet: Database, tenant: int) -> None:
    chance = Random(SEED)
    usual = Command(fleet.url, ("bill-month", "2024-01")).run()
    for turn in range(KILLS):
        month = turn + 1
        command = Command(fleet.url, ("bill-month", f"{2024 + month // 12}-{1 + month % 12:02}"))
        before = _count(fleet, tenant, InvoiceRecord)

        killed = command.killed_within(usual, chance)

        after = _count(fleet, tenant, InvoiceRecord) - before
        assert after in (range(CONTRACTS + 1) if killed else {CONTRACTS})  # in bites
        command.run()
        assert _count(fleet, tenant, InvoiceRecord) - before == CONTRACTS
    with fleet.reading(tenant) as session:
        sequences = session.exec(select(InvoiceRecord.sequence).order_by(col(InvoiceRecord.sequence))).all()
        assert list(sequences) == list(range(1, CONTRACTS * (KILLS + 1) + 1))
        assert session.exec(select(NumberSeriesRecord)).one().last == len(sequences)
        assert session.exec(select(func.sum(BillRunRecord.issued))).one() == len(sequences)
    assert _count(fleet, tenant, InvoiceLineRecord) == ASSETS * (KILLS + 1)


def test_a_killed_reassessment_concludes_once_for_each_asset(fleet: Database, tenant: int, tmp_path: Path) -> None:
    chance = Random(SEED)
    work = Command(fleet.url, ("worker", "--once"))
    work.run()
    for turn in range(KILLS + 1):
        seen_on = date(2026, 1, 1) + timedelta(days=turn)  # each later than the one before, so that each tells more
        rows = [f"A{n:04},{seen_on}T08:00:00Z,{90 - turn}" for n in range(ASSETS)]
        file = write_csv(tmp_path / f"seen-{turn}.csv", "asset,inspected_at,index", rows)
        Command(fleet.url, ("import", "inspections", str(file))).run()
        before = _count(fleet, tenant, ConditionRecord)
        if turn == 0:
            usual = work.run()
            continue

        work.killed_within(usual, chance)

        waiting = _count(fleet, tenant, ReassessmentRecord)
        assert _count(fleet, tenant, ConditionRecord) - before + waiting == ASSETS
        work.run()
        assert _count(fleet, tenant, ReassessmentRecord) == 0
        assert _count(fleet, tenant, ConditionRecord) - before == ASSETS
    assert _count(fleet, tenant, InspectionRecord) == ASSETS * (KILLS + 1)
    _must_be_whole(fleet, tenant)
