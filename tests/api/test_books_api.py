"""The books over HTTP and on the command line: finance and administrators read them, nobody else does."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from billing.bill_month import bill_month
from billing.period import Month
from billing.tables import InvoiceRecord
from lifecycle.tables import CustomerRecord
from pas import clock
from pas.db import Database
from pas.role import Role
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign
from tests.conftest import ClientOf, Pas

API = "/api/v1/books"
OCTOBER = datetime(2026, 10, 2, 9, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOVEMBER)


@pytest.fixture
def billed(database: Database, tenant: int) -> list[InvoiceRecord]:
    """Two customers, one of them hostile by name; September billed in October, October in November."""
    with database.writing(tenant) as session:
        fleet = found_fleet(session)
        facts = {"tenant_id": tenant, "code": "K-008", "name": "=cmd|' /C calc'!A0", "vat_number": "NL004495445B01"}
        other = CustomerRecord.model_validate(facts | {"country": "NL"})
        session.add(other)
        session.flush()
        ours = [line(fleet.assets[0]), line(fleet.assets[2], starts_on="2026-10-11", monthly_fee="31.00")]
        shifted = {"vat_category": "AE", "vat_rate": 0, "ends_on": "2026-10-16"}
        theirs = [line(fleet.assets[1], monthly_fee="19.95", starts_on="2026-09-15")]
        sign(session, contract(fleet.customer, "C-1", ours), contract(other, "C-2", theirs, **shifted))
        for month, now in (("2026-09", OCTOBER), ("2026-10", NOVEMBER)):
            run = bill_month(session, month=Month(month), now=now, by=CLERK)
            assert (run.issued, run.failed) == (2, 0)
        return list(session.exec(select(InvoiceRecord)))


def test_revenue_belongs_to_the_month_of_service_and_ties_out(client_of: ClientOf, billed: list[InvoiceRecord]) -> None:
    finance = client_of(Role.FINANCE)
    asked = {"period": "2026-09/2026-11", "as_of": "2026-12-01", "by": "customer"}

    report = finance.get(f"{API}/revenue", params=asked).json()

    by_month = {(row["month"], row["group"]): row for row in report["months"]}
    assert by_month["2026-09", "K-007"]["recognised"] == "50.00"
    assert by_month["2026-09", "K-007"]["accrued"] == "50.00"
    assert by_month["2026-10", "K-007"]["recognised"] == "71.00"
    assert by_month["2026-10", "K-007"]["billed"] == "50.00"
    assert by_month["2026-11", "K-007"]["closing"] == "-5.40", "two days of November are served and not billed"
    for row in report["months"]:
        opening, billed_, recognised, closing = (
            Decimal(row[name]) for name in ("opening", "billed", "recognised", "closing")
        )
        assert opening + billed_ - recognised == closing
    assert sum(Decimal(row["billed"]) for row in report["months"]) == sum(one.net for one in billed)


def test_what_was_issued_after_a_day_was_not_known_on_it(client_of: ClientOf, billed: list[InvoiceRecord]) -> None:
    finance = client_of(Role.FINANCE)
    asked = {"period": "2026-09/2026-11", "as_of": "2026-10-31"}
    report = finance.get(f"{API}/revenue", params=asked).json()
    known = sum(one.net for one in billed if one.issued_on <= date(2026, 10, 31))
    assert sum(Decimal(row["billed"]) for row in report["months"]) == known


@pytest.mark.parametrize(("as_of", "accrued"), [("2026-11-15", "40.50"), ("2026-10-31", "80.65"), ("2026-12-15", None)])
def test_what_is_served_and_not_billed_is_accrued_by_the_day(
    client_of: ClientOf, billed: list[InvoiceRecord], monkeypatch: pytest.MonkeyPatch, as_of: str, accrued: str | None
) -> None:
    """In mid November half of 81.00; at the end of October that whole month, though its bill was issued since."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 20, 9, tzinfo=UTC))
    asked = {"period": "2026-09/2026-11", "as_of": as_of}

    report = client_of(Role.FINANCE).get(f"{API}/revenue", params=asked).json()

    assert report["unrated"] == []
    if accrued is not None:
        assert report["estimated"] == {"EUR": accrued}
        last = next(row for row in report["months"] if row["month"] == as_of[:7])
        assert last["accrued"] == accrued
    else:
        assert report["estimated"] == {"EUR": "54.00"}, "nothing is served after today"


def test_recurring_revenue_says_what_it_means_and_what_moved_it(
    client_of: ClientOf, billed: list[InvoiceRecord]
) -> None:
    report = client_of(Role.FINANCE).get(f"{API}/mrr", params={"period": "2026-09/2026-10"}).json()

    assert "last day of the month" in report["meaning"]
    september, october = report["months"]
    assert (september["opening"], september["new"], september["closing"]) == ("50.00", "19.95", "69.95")
    assert (october["expansion"], october["churned"], october["closing"]) == ("31.00", "19.95", "81.00")
    assert (october["contracts_ended"], october["contract_churn"]) == (1, "0.5000")


def test_receivables_age_and_a_past_day_gives_the_same_again(client_of: ClientOf, billed: list[InvoiceRecord]) -> None:
    finance = client_of(Role.FINANCE)

    report = finance.get(f"{API}/aged", params={"as_of": "2026-11-05"}).json()
    earlier = finance.get(f"{API}/aged", params={"as_of": "2026-10-31"}).json()

    first = {one.customer_id: one for one in billed if one.issued_on == OCTOBER.date()}
    assert {row["days_1_30"] for row in report["customers"]} == {str(one.gross) for one in first.values()}
    assert sum(Decimal(row["open"]) for row in report["totals"]) == sum(one.gross for one in billed)
    assert sum(Decimal(row["not_due"]) for row in earlier["totals"]) == sum(one.gross for one in first.values())


def test_the_vat_listing_says_what_the_invoices_say(client_of: ClientOf, billed: list[InvoiceRecord]) -> None:
    listing = client_of(Role.ADMINISTRATOR).get(f"{API}/vat", params={"period": "2026-Q4"}).json()

    assert listing["documents"] == 4
    assert sum(Decimal(row["vat"]) for row in listing["rows"]) == sum(one.vat for one in billed)
    assert sum(Decimal(row["taxable"]) for row in listing["sums"]) == sum(one.net for one in billed)
    assert {box["grid"] for box in listing["grids"]} == {"03", "44", "54"}
    (abroad,) = listing["intra_community"]
    assert (abroad["country"], abroad["vat_number"], abroad["code"]) == ("NL", "004495445B01", "S")


def test_a_csv_can_be_read_back_and_runs_nothing(client_of: ClientOf, billed: list[InvoiceRecord]) -> None:
    finance = client_of(Role.FINANCE)
    answer = finance.get(f"{API}/vat.csv", params={"period": "2026-Q4"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert sum(Decimal(row["taxable"]) for row in rows) == sum(one.net for one in billed)
    assert {row["customer_name"][0] for row in rows} == {"Z", "'"}
    for name, asked in (
        ("revenue", {"period": "2026-10"}),
        ("mrr", {"period": "2026-10"}),
        ("aged", {"as_of": "2026-12-01"}),
        ("vat", {"period": "2026-Q4", "table": "intra_community"}),
    ):
        shown = finance.get(f"{API}/{name}.csv", params=asked)
        assert len(list(csv.DictReader(io.StringIO(shown.text)))) >= 1


@pytest.mark.parametrize("role", [Role.FLEET_MANAGER, Role.TECHNICIAN])
def test_the_books_are_closed_to_others(client_of: ClientOf, tenant: int, role: Role) -> None:
    for path in ("revenue?period=2026", "mrr?period=2026", "aged", "vat?period=2026", "vat.csv?period=2026"):
        assert client_of(role).get(f"{API}/{path}").status_code == 403


@pytest.mark.parametrize("period", ["", "2026-13", "x", "1980/2150", "2026/2025"])
def test_what_is_no_period_is_refused(client_of: ClientOf, tenant: int, period: str) -> None:
    for name in ("revenue", "mrr"):
        assert client_of(Role.FINANCE).get(f"{API}/{name}", params={"period": period}).status_code == 422


def test_the_commands_say_the_same(pas: Pas, tenant: int, billed: list[InvoiceRecord], tmp_path: Path) -> None:
    file = tmp_path / "mrr.csv"

    revenue = pas("books", "revenue", "2026-09/2026-11", "--as-of", "2026-12-01", "--by", "product", "--json").json
    mrr = pas("books", "mrr", "2026-10", "--csv", str(file), "--json").json
    aged = pas("books", "aged", "--as-of", "2026-11-05", "--json").json
    vat = pas("books", "vat", "2026-Q4", "--json").json

    assert {row["group"] for row in revenue["months"]} == {"Laser projector LP-40"}
    (written,) = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
    assert written["closing"] == mrr["months"][0]["closing"]
    assert aged["totals"][0]["open"] == str(sum(one.gross for one in billed))
    assert vat["documents"] == 4
    assert "Z" in pas("books", "aged", "--as-of", "2026-11-05").stdout
    assert pas("books", "vat", "2026-Q9", "--json").exit_code == 1
    assert json.loads(pas("books", "vat", "2026-Q9", "--json").stdout)["code"] == "not-a-period"


def test_books_without_anything_in_them_are_empty(client_of: ClientOf, tenant: int) -> None:
    finance = client_of(Role.FINANCE)
    shown: dict[str, Any] = finance.get(f"{API}/revenue", params={"period": "2026"}).json()
    assert (shown["months"], shown["deposits"]) == ([], [])
    assert finance.get(f"{API}/aged").json()["totals"] == []
