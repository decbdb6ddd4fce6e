"""The pages of invoices: each line leads to its days and readings, and nobody reads another customer's."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from billing.bill_month import bill_month
from billing.period import Month
from billing.tables import InvoiceRecord
from lifecycle.tables import CustomerRecord
from pas import clock
from pas.db import Database
from pas.role import Role
from pas.web import invoices_page
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, read_meter, sign
from tests.conftest import ClientOf

NOVEMBER = datetime(2026, 11, 5, 9, tzinfo=UTC)
USE = {"meter": "lamp_hours", "unit_price": "0.21", "allowance": "100"}


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOVEMBER)


@pytest.fixture
def billed(database: Database, tenant: int) -> InvoiceRecord:
    """October of one projector that ran 175 hours."""
    with database.writing(tenant) as session:
        fleet = found_fleet(session, assets=1, name="<b>School</b>")
        sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **USE)]))
        readings = {"2026-09-30T22:00:00Z": 3202.0, "2026-10-15T12:00:00Z": 3300.0, "2026-10-31T22:30:00Z": 3377.0}
        read_meter(session, fleet.assets[0], readings, NOVEMBER)
        bill_month(session, month=Month("2026-10"), now=NOVEMBER, by=CLERK)
        invoice = session.exec(select(InvoiceRecord)).one()
        session.expunge(invoice)
    return invoice


def words_of(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


@pytest.mark.parametrize(
    ("language", "heading", "state", "amount"),
    [("nl", "Facturen", "Open", "€ "), ("fr", "Factures", "Ouverte", " €"), ("en", "Invoices", "Open", "€")],
)
def test_the_list_says_what_is_open_in_the_readers_language(
    client_of: ClientOf, billed: InvoiceRecord, language: str, heading: str, state: str, amount: str
) -> None:
    page = client_of(Role.FINANCE).get("/invoices", params={"lang": language, "month": "2026-10"})

    assert page.status_code == 200, page.text[:500]
    assert f"<h1>{heading}</h1>" in page.text
    assert f"<td>{state}</td>" in page.text
    assert billed.number in page.text
    assert amount in words_of(page.text)
    assert "&lt;b&gt;School" in page.text
    assert "<b>School" not in page.text


def test_a_line_leads_to_the_readings_that_caused_it(client_of: ClientOf, billed: InvoiceRecord) -> None:
    reader = client_of(Role.CUSTOMER, customer_id=billed.customer_id)
    document = reader.get(f"/invoices/{billed.number}", params={"lang": "en"})
    ways = re.findall(rf'href="(/invoices/{billed.number}/lines/\d+)"', document.text)
    pages = [reader.get(way, params={"lang": "en"}) for way in ways]

    assert document.status_code == 200, document.text[:500]
    assert [page.status_code for page in pages] == [200, 200]
    fee, use = (words_of(page.text) for page in pages)
    assert "No meter counted this line" in fee
    assert "max(0, 175 − 100) = 75" in use
    assert "It was counted from the raw readings." in use
    assert "175 h" in use
    assert "3,377" in use


def test_the_list_goes_on_page_by_page_the_newest_first(
    client_of: ClientOf, database: Database, tenant: int, billed: InvoiceRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoices_page, "_ROWS", 1)
    with database.writing(tenant) as session:
        bill_month(session, month=Month("2026-09"), now=NOVEMBER + timedelta(hours=1), by=CLERK)
    finance = client_of(Role.FINANCE)
    first = finance.get("/invoices")
    following = r'href="(/invoices\?month=&amp;cursor=[^"]+)"'
    (way,) = re.findall(following, first.text)
    second = finance.get(way.replace("&amp;", "&"))

    shown = [re.findall(r'href="/invoices/([^"]+)"', page.text) for page in (first, second)]
    assert shown[1] == [billed.number]
    assert shown[0] != shown[1]
    assert not re.findall(following, second.text)
    assert finance.get("/invoices", params={"cursor": "nonsense"}).status_code == 422


def test_a_wrong_month_is_refused_in_words_and_an_empty_one_says_so(client_of: ClientOf, billed: InvoiceRecord) -> None:
    finance = client_of(Role.FINANCE)
    wrong = finance.get("/invoices", params={"month": "2026-99", "lang": "en"})
    empty = finance.get("/invoices", params={"month": "2026-01", "lang": "en"})

    assert (wrong.status_code, empty.status_code) == (422, 200)
    assert 'role="alert"' in wrong.text
    assert "No invoices for this month." in empty.text


def test_nobody_reads_the_invoice_of_another_customer(
    client_of: ClientOf, database: Database, tenant: int, billed: InvoiceRecord
) -> None:
    with database.writing(tenant) as session:
        other = CustomerRecord(tenant_id=tenant, code="K-008", name="Another", language="en")
        session.add(other)
        session.flush()
        stranger_id = other.id
    stranger = client_of(Role.CUSTOMER, customer_id=stranger_id)
    paths = (f"/invoices/{billed.number}", f"/invoices/{billed.number}/lines/1", "/invoices/NO-1", "/invoices")
    found = [stranger.get(path) for path in paths]

    assert [one.status_code for one in found] == [404, 404, 404, 200]
    assert all(billed.number not in one.text for one in found)
    assert client_of(Role.TECHNICIAN).get("/invoices").status_code == 403
