"""The page of the books, for those who keep them, in three languages."""

import re
from datetime import UTC, datetime

import pytest

from billing.bill_month import bill_month
from billing.period import Month
from pas import clock
from pas.db import Database
from pas.role import Role
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign
from tests.conftest import ClientOf

NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOVEMBER)


@pytest.fixture
def billed(database: Database, tenant: int) -> None:
    """September billed in October, to a customer with a name like markup."""
    with database.writing(tenant) as session:
        fleet = found_fleet(session, name="<b>School</b>")
        sign(session, contract(fleet.customer, "C-1", [line(asset) for asset in fleet.assets]))
        bill_month(session, month=Month("2026-09"), now=datetime(2026, 10, 2, 9, tzinfo=UTC), by=CLERK)


@pytest.mark.parametrize(
    ("language", "heading", "amount"),
    [("nl", "Boekhouding", "€ 181,50"), ("fr", "Comptabilité", "181,50 €"), ("en", "Books", "€181.50")],
)
def test_the_page_tells_the_books_in_the_readers_language(
    client_of: ClientOf, billed: None, language: str, heading: str, amount: str
) -> None:
    page = client_of(Role.FINANCE).get("/books", params={"lang": language, "period": "2026-09/2026-10"})

    assert page.status_code == 200, page.text[:500]
    assert f"<h1>{heading}</h1>" in page.text
    assert amount in re.sub("[\u00a0\u202f]", " ", page.text)
    assert "&lt;b&gt;School" in page.text
    assert "<b>School" not in page.text


def test_a_month_is_exported_from_the_page_and_a_wrong_one_is_refused_in_words(
    client_of: ClientOf, billed: None
) -> None:
    finance = client_of(Role.FINANCE)

    done = finance.post("/books/journal", data={"month": "2026-10"}, follow_redirects=False)
    refused = finance.post("/books/journal", data={"month": "2026-11"})
    unread = finance.get("/books", params={"period": "2026-99"})

    assert (done.status_code, done.headers["location"]) == (303, "/books#journal")
    address = re.search(r"/api/v1/books/journal-batches/[0-9a-f-]+/csv", finance.get("/books").text)
    assert address is not None
    assert "INV-2026-000001" in finance.get(address[0]).text
    assert (refused.status_code, unread.status_code) == (409, 422)
    assert "cannot be exported yet" in refused.text
    assert "no valid period" in unread.text


@pytest.mark.parametrize("role", [Role.FLEET_MANAGER, Role.TECHNICIAN])
def test_nobody_else_opens_the_books(client_of: ClientOf, tenant: int, role: Role) -> None:
    client = client_of(role)
    assert client.get("/books").status_code == 403
    assert client.post("/books/journal", data={"month": "2026-10"}).status_code == 403
    assert 'href="/books"' not in client.get("/").text
    assert 'href="/books"' in client_of(Role.FINANCE).get("/").text


def test_books_without_anything_in_them_have_a_page(client_of: ClientOf, tenant: int) -> None:
    page = client_of(Role.ADMINISTRATOR).get("/books")
    assert page.status_code == 200
    assert "Nobody owes anything." in page.text
