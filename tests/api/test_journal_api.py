"""The journal over HTTP and on the command line: exported once, read back as csv, closed to others."""

import csv
import io
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from billing.bill_month import bill_month
from billing.period import Month
from pas import clock
from pas.db import Database
from pas.role import Role
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign
from tests.conftest import ClientOf, Pas

API = "/api/v1/books"
NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOVEMBER)


@pytest.fixture
def billed(database: Database, tenant: int) -> None:
    """September billed in October, to a customer whose name is a formula."""
    with database.writing(tenant) as session:
        fleet = found_fleet(session, name="=HYPERLINK(1)", code="@K")
        sign(session, contract(fleet.customer, "C-1", [line(asset) for asset in fleet.assets]))
        bill_month(session, month=Month("2026-09"), now=datetime(2026, 10, 2, 9, tzinfo=UTC), by=CLERK)


def test_a_month_is_exported_once_and_read_back_as_csv(client_of: ClientOf, billed: None) -> None:
    finance = client_of(Role.FINANCE)

    first = finance.post(f"{API}/journal-batches", json={"month": "2026-10"})
    again = finance.post(f"{API}/journal-batches", json={"month": "2026-10"})

    assert (first.status_code, first.json()["made"], again.json()["made"]) == (201, 1, 0)
    (batch,) = first.json()["batches"]
    assert again.json()["batches"] == [batch]
    assert finance.get(f"{API}/journal-batches", params={"month": "2026-10"}).json()["items"] == [batch]
    assert finance.get(f"{API}/journal-batches/{batch['id']}").json() == batch
    shown = finance.get(f"{API}/journal-batches/{batch['id']}/csv")
    assert sha256(shown.content).hexdigest() == batch["sha256"]
    _check_balanced(shown.text, batch["debit"])


def _check_balanced(text: str, debit: str) -> None:
    rows = list(csv.DictReader(io.StringIO(text)))
    entries: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        entries[row["entry"]] += Decimal(row["debit"]) - Decimal(row["credit"])
        assert not any(cell.startswith(("=", "@", "+")) for cell in row.values())
    assert set(entries.values()) == {Decimal(0)}
    assert sum(Decimal(row["debit"]) for row in rows) == Decimal(debit)
    assert "'@K" in {row["customer"] for row in rows}
    sold = {row["account"]: (row["debit"], row["credit"]) for row in rows if row["journal"] == "sales"}
    assert sold == {"400000": ("181.50", "0.00"), "700000": ("0.00", "150.00"), "451000": ("0.00", "31.50")}


def test_accounts_can_be_named(client_of: ClientOf, tenant: int) -> None:
    finance = client_of(Role.FINANCE)
    known = finance.get(f"{API}/accounts").json()
    assert (known["receivable"], known["vat"], known["deferred"]) == ("400000", "451000", "493000")
    assert finance.put(f"{API}/accounts", json=known | {"revenue": "704100"}).json()["revenue"] == "704100"
    assert finance.get(f"{API}/accounts").json()["revenue"] == "704100"
    assert finance.put(f"{API}/accounts", json=known | {"revenue": "=1"}).status_code == 422


def test_what_cannot_be_exported_is_refused(client_of: ClientOf, billed: None) -> None:
    finance = client_of(Role.FINANCE)
    open_month = finance.post(f"{API}/journal-batches", json={"month": "2026-11"})
    assert (open_month.status_code, open_month.json()["code"]) == (409, "books-still-open")
    assert finance.post(f"{API}/journal-batches", json={"month": "2026-13"}).status_code == 422
    assert finance.get(f"{API}/journal-batches/{uuid4()}").status_code == 404
    assert client_of(Role.FLEET_MANAGER).post(f"{API}/journal-batches", json={"month": "2026-10"}).status_code == 403


def test_the_commands_export_and_name_accounts(pas: Pas, billed: None, tmp_path: Path) -> None:
    file = tmp_path / "journal.csv"

    named = pas("books", "accounts", "--set", "revenue=704100", "--json").json
    made = pas("books", "journal", "2026-10", "--csv", str(file), "--json").json

    assert named["revenue"] == "704100"
    assert made["made"] == 1
    text = file.read_text(encoding="utf-8")
    assert sha256(text.encode()).hexdigest() == made["batches"][0]["sha256"]
    assert "704100" in {row["account"] for row in csv.DictReader(io.StringIO(text))}
    assert pas("books", "accounts", "--set", "nonsense=1").exit_code == 1
    assert pas("books", "accounts", "--set", "revenue").exit_code == 1
    assert "704100" in pas("books", "accounts").stdout
