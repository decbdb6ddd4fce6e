"""The month's run: everything owed is billed once, numbered without a gap, whatever fails beside it."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, select

from billing import issue_invoice
from billing.begin_bill_run import MonthNotOver
from billing.bill_month import bill_month
from billing.invoice import Invoice, draw_up
from billing.month.bill_run import BillRun
from billing.period import Month
from billing.queries import NoSeller
from billing.tables import BillFailureRecord, BillRunRecord, InvoiceLineRecord, InvoiceRecord
from lifecycle.chain import digest
from pas.db import Database
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, read_meter, sign

OCTOBER = Month("2026-10")
SOON_AFTER = datetime(2026, 11, 2, 9, tzinfo=UTC)


def bill(session: Session, month: Month = OCTOBER, now: datetime = SOON_AFTER) -> BillRun:
    return bill_month(session, month=month, now=now, by=CLERK)


def invoices(session: Session) -> list[InvoiceRecord]:
    return list(session.exec(select(InvoiceRecord).order_by(col(InvoiceRecord.number))))


def test_a_month_becomes_an_invoice_that_leads_back_to_days_and_readings(session: Session) -> None:
    fleet = found_fleet(session)
    read_meter(
        session,
        fleet.assets[0],
        {"2026-09-30T21:30:00Z": 1000.0, "2026-10-15T12:00:00Z": 1100.5, "2026-10-31T22:59:00Z": 1345.5},
        SOON_AFTER,
    )
    lines = [
        line(fleet.assets[0], meter="lamp_hours", unit_price="0.125", allowance="100"),
        line(fleet.assets[1], starts_on="2026-10-08"),
    ]
    sign(session, contract(fleet.customer, "C-1", lines, order_reference="PO 7"))

    run = bill(session)

    (invoice,) = invoices(session)
    assert (run.issued, run.failed, run.first_number, run.last_number) == (1, 0, "INV-2026-000001", "INV-2026-000001")
    assert (run.net, run.vat, run.gross) == (Decimal("119.40"), Decimal("25.07"), Decimal("144.47"))
    assert (invoice.issued_on, invoice.due_on) == (date(2026, 11, 2), date(2026, 12, 2))
    assert digest(invoice.document) == invoice.hash
    fee, use, late = invoice.document["lines"]
    assert (fee["net"], use["net"], late["net"]) == ("50.00", "30.69", "38.71")
    assert (use["opening"], use["closing"], use["quantity"]) == ("1000", "1345.5", "245.5")
    assert use["opening_at"].startswith("2026-09-30T21:30")
    assert late["formula"] == "50.00 × 24 / 31 = 38.71"
    assert invoice.document["order_reference"] == "PO 7"
    stored = session.exec(select(InvoiceLineRecord).order_by(col(InvoiceLineRecord.position))).all()
    assert [one.net for one in stored] == [Decimal("50.00"), Decimal("30.69"), Decimal("38.71")]


def test_the_local_month_decides_which_readings_count(session: Session) -> None:
    fleet = found_fleet(session)
    read_meter(
        session,
        fleet.assets[0],
        {"2026-09-30T22:00:00Z": 0.0, "2026-10-31T22:59:59Z": 10.0, "2026-10-31T23:30:00Z": 99.0},
        SOON_AFTER,
    )
    metered = line(fleet.assets[0], monthly_fee="0", meter="lamp_hours", unit_price="1")
    sign(session, contract(fleet.customer, "C-1", [metered]))

    assert bill(session).net == Decimal("10.00")


def test_what_one_month_closes_with_the_next_opens_with(session: Session) -> None:
    fleet = found_fleet(session)
    readings = {
        f"2026-{month:02}-{day:02}T06:30:00Z": month * 31.0 + day for month in (8, 9, 10) for day in (5, 15, 25)
    }
    read_meter(session, fleet.assets[0], readings, SOON_AFTER)
    metered = line(fleet.assets[0], monthly_fee="0", meter="lamp_hours", unit_price="1")
    sign(session, contract(fleet.customer, "C-1", [metered], starts_on="2026-01-01"))

    nets = [bill(session, Month(f"2026-{month:02}")).net for month in (8, 9, 10)]

    assert sum(nets) == Decimal(str(max(readings.values()) - min(readings.values())))


def test_use_that_was_read_late_is_billed_with_the_next_month(session: Session) -> None:
    fleet = found_fleet(session)
    known, silent = fleet.assets[:2]
    metered = {"monthly_fee": "1", "meter": "lamp_hours", "unit_price": "1"}
    sign(session, contract(fleet.customer, "C-1", [line(known, **metered), line(silent, **metered)]))
    read_meter(session, known, {"2026-08-31T12:00:00Z": 0.0, "2026-09-20T12:00:00Z": 100.0}, SOON_AFTER)
    assert bill(session, Month("2026-09")).net == Decimal("102.00")
    read_meter(session, known, {"2026-09-28T12:00:00Z": 150.0, "2026-10-20T12:00:00Z": 210.0}, SOON_AFTER)
    read_meter(session, silent, {"2026-09-10T12:00:00Z": 5.0, "2026-10-20T12:00:00Z": 12.0}, SOON_AFTER)

    assert bill(session).net == Decimal("119.00")  # 210 - 100, 12 - 5, and two fees

    lines = invoices(session)[1].document["lines"]
    assert [(one["component"], one["opening"], one["net"]) for one in lines if one["serial"] == known.serial] == [
        ("fee", None, "1.00"),
        ("use", "150", "60.00"),
        ("correction", "0", "50.00"),
    ]
    assert [(one["period_start"], one["period_end"]) for one in lines][-1] == ("2026-09-01", "2026-10-01")


def test_a_second_run_changes_nothing(session: Session) -> None:
    fleet = found_fleet(session)
    sign(session, *(contract(fleet.customer, f"C-{n}", [line(asset)]) for n, asset in enumerate(fleet.assets)))
    first = bill(session)
    before = [(one.number, one.hash) for one in invoices(session)]

    again = bill(session)

    assert (first.issued, again.issued, again.already_issued) == (3, 0, 3)
    assert (again.net, again.first_number) == (Decimal("0.00"), None)
    assert [(one.number, one.hash) for one in invoices(session)] == before


def test_a_month_in_which_nobody_billed_is_billed_later_in_its_own_period(session: Session) -> None:
    fleet = found_fleet(session)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], starts_on="2026-01-01"))
    bill(session, Month("2026-10"))
    bill(session, Month("2026-09"))

    assert [one.period_start for one in invoices(session)] == [date(2026, 10, 1), date(2026, 9, 1)]


def test_one_bad_contract_stops_no_other_and_leaves_no_gap(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = found_fleet(session, assets=5)
    sign(session, *(contract(fleet.customer, f"C-{n}", [line(asset)]) for n, asset in enumerate(fleet.assets)))

    def fail_for_two(**facts: Any) -> Invoice:
        if facts["contract"].code in {"C-1", "C-3"}:
            msg = "the paper is torn"
            raise ValueError(msg)
        return draw_up(**facts)

    monkeypatch.setattr(issue_invoice, "draw_up", fail_for_two)
    first = bill(session)
    monkeypatch.undo()
    second = bill(session)

    assert (first.issued, first.failed, second.issued, second.already_issued) == (3, 2, 2, 3)
    assert [why.contract for why in first.failures] == ["C-1", "C-3"]
    assert "the paper is torn" in first.failures[0].sentence
    assert [one.number for one in invoices(session)] == [f"INV-2026-{n:06}" for n in range(1, 6)]
    assert len(session.exec(select(BillFailureRecord)).all()) == 2
    assert len(session.exec(select(InvoiceLineRecord)).all()) == 5


def test_numbers_start_anew_each_year_of_issue(session: Session) -> None:
    fleet = found_fleet(session)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], starts_on="2026-01-01"))
    bill(session, Month("2026-11"), datetime(2026, 12, 31, 22, 59, tzinfo=UTC))
    bill(session, Month("2026-12"), datetime(2026, 12, 31, 23, 0, tzinfo=UTC))

    assert [one.number for one in invoices(session)] == ["INV-2026-000001", "INV-2027-000001"]
    assert invoices(session)[1].issued_on == date(2027, 1, 1)


def test_a_month_is_billed_only_when_it_is_over_in_the_latest_zone(session: Session) -> None:
    fleet = found_fleet(session)
    west = contract(fleet.customer, "C-1", [line(fleet.assets[0])], zone="America/Los_Angeles")
    sign(session, west, contract(fleet.customer, "C-2", [line(fleet.assets[1])]))

    with pytest.raises(MonthNotOver):
        bill(session, now=datetime(2026, 11, 1, 6, 59, tzinfo=UTC))
    assert bill(session, now=datetime(2026, 11, 1, 7, 0, tzinfo=UTC)).issued == 2


def test_a_contract_that_owes_nothing_gets_no_invoice(session: Session) -> None:
    fleet = found_fleet(session)
    idle = line(fleet.assets[0], monthly_fee="0", meter="lamp_hours", unit_price="1")
    sign(session, contract(fleet.customer, "C-1", [idle]))

    run = bill(session)

    assert (run.issued, run.nothing_owed, run.failed) == (0, 1, 0)
    assert invoices(session) == []


def test_without_a_seller_nothing_is_billed(session: Session) -> None:
    with pytest.raises(NoSeller):
        bill(session)


def test_an_empty_month_is_a_run_too(session: Session) -> None:
    found_fleet(session)
    assert bill(session).issued == 0
    assert len(session.exec(select(BillRunRecord)).all()) == 1


def test_two_runs_at_once_bill_everything_once(database: Database, tenant: int) -> None:
    with database.writing(tenant) as session:
        fleet = found_fleet(session, assets=20)
        sign(session, *(contract(fleet.customer, f"C-{n:02}", [line(asset)]) for n, asset in enumerate(fleet.assets)))
    runs: list[BillRun] = []

    def run_once() -> None:
        with database.writing(tenant) as session:
            runs.append(bill(session))

    threads = [threading.Thread(target=run_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(run.issued for run in runs) == [0, 0, 0, 20]
    with database.reading(tenant) as session:
        assert [one.sequence for one in invoices(session)] == list(range(1, 21))
