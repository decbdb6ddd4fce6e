"""Billing over HTTP and on the command line: finance writes, customers see their own, the rest is not there."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pypdf import PdfReader
from sqlmodel import select

from lifecycle.chain import digest
from lifecycle.tables import CustomerRecord
from pas.db import Database
from pas.role import Role
from tests.billing.billed_fleet import SELLER, contract, found_fleet, line
from tests.conftest import ClientOf

API = "/api/v1"


@pytest.fixture
def leased(database: Database, tenant: int) -> dict[str, Any]:
    """Two customers with a contract each, ready to be signed."""
    with database.writing(tenant) as session:
        fleet = found_fleet(session)
        facts = {"tenant_id": tenant, "code": "K-008", "name": "School", "language": "fr"}
        other = CustomerRecord.model_validate(facts)
        session.add(other)
        session.flush()
        papers = [
            contract(fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="50.00")]),
            contract(other, "C-2", [line(fleet.assets[1], monthly_fee="19.95", starts_on="2026-09-15")]),
        ]
        return {
            "customers": [fleet.customer.id, other.id],
            "contracts": [json.loads(paper.model_dump_json()) for paper in papers],
        }


@pytest.fixture
def billed(client_of: ClientOf, leased: dict[str, Any]) -> dict[str, Any]:
    """The same, signed and billed for September 2026."""
    finance = client_of(Role.FINANCE)
    signed = [finance.post(f"{API}/contracts", json=paper).json() for paper in leased["contracts"]]
    run = finance.post(f"{API}/bill-runs", json={"month": "2026-09"})
    assert run.status_code == 201, run.text
    return leased | {"signed": signed, "run": run.json(), "finance": finance}


def test_finance_signs_a_contract_and_reads_it_back(client_of: ClientOf, leased: dict[str, Any]) -> None:
    finance = client_of(Role.FINANCE)

    answer = finance.post(f"{API}/contracts", json=leased["contracts"][0])

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert finance.get(answer.headers["Location"]).json() == made
    assert made["lines"][0]["monthly_fee"] == "50.00"
    assert finance.get(f"{API}/contracts").json()["items"] == [made]
    assert finance.post(f"{API}/contracts", json=leased["contracts"][0]).json() == made


def test_other_terms_under_one_code_are_a_conflict(client_of: ClientOf, leased: dict[str, Any]) -> None:
    finance = client_of(Role.FINANCE)
    finance.post(f"{API}/contracts", json=leased["contracts"][0])
    answer = finance.post(f"{API}/contracts", json=leased["contracts"][0] | {"payment_days": 7})
    assert (answer.status_code, answer.json()["code"]) == (409, "contract-differs")


def test_a_run_tells_what_it_did_and_again_finds_it_done(billed: dict[str, Any]) -> None:
    run, finance = billed["run"], billed["finance"]
    assert (run["issued"], run["net"], run["vat"], run["gross"]) == (2, "60.64", "12.73", "73.37")
    again = finance.post(f"{API}/bill-runs", json={"month": "2026-09"}).json()
    assert (again["issued"], again["already_issued"]) == (0, 2)
    listed = finance.get(f"{API}/bill-runs").json()["items"]
    assert listed == [run, again]


def test_a_month_that_is_not_over_is_refused(client_of: ClientOf, billed: dict[str, Any]) -> None:
    answer = billed["finance"].post(f"{API}/bill-runs", json={"month": "2199-12"})
    assert (answer.status_code, answer.json()["code"]) == (409, "month-not-over")
    assert billed["finance"].post(f"{API}/bill-runs", json={"month": "2026-13"}).status_code == 422


def test_an_invoice_is_read_as_data_and_as_pdf(billed: dict[str, Any]) -> None:
    finance = billed["finance"]
    heads = finance.get(f"{API}/invoices", params={"month": "2026-09"}).json()["items"]
    assert [head["number"][-2:] for head in heads] == ["01", "02"]
    assert finance.get(f"{API}/invoices", params={"month": "2026-08"}).json()["items"] == []

    whole = finance.get(f"{API}/invoices/{heads[0]['number']}").json()
    printed = finance.get(f"{API}/invoices/{heads[0]['number']}/pdf", params={"language": "en"})

    assert digest(whole["document"]) == whole["hash"]
    assert printed.headers["content-type"] == "application/pdf"
    assert "Invoice" in PdfReader(io.BytesIO(printed.content)).pages[0].extract_text()


def test_a_customer_sees_its_own_papers_and_no_others(client_of: ClientOf, billed: dict[str, Any]) -> None:
    first, second = billed["customers"]
    contact = client_of(Role.CUSTOMER, customer_id=second)
    numbers = {head["customer_id"]: head["number"] for head in billed["finance"].get(f"{API}/invoices").json()["items"]}

    assert [one["number"] for one in contact.get(f"{API}/invoices").json()["items"]] == [numbers[str(second)]]
    assert contact.get(f"{API}/invoices", params={"customer": str(first)}).json()["items"] == []
    assert [one["code"] for one in contact.get(f"{API}/contracts").json()["items"]] == ["C-2"]
    assert contact.get(f"{API}/invoices/{numbers[str(second)]}").status_code == 200
    for path in (
        f"invoices/{numbers[str(first)]}",
        f"invoices/{numbers[str(first)]}/pdf",
        f"contracts/{billed['signed'][0]['id']}",
    ):
        foreign = contact.get(f"{API}/{path}")
        assert foreign.status_code == 404
    unknown = contact.get(f"{API}/contracts/{uuid4()}").json()
    foreign = contact.get(f"{API}/contracts/{billed['signed'][0]['id']}").json()
    assert {**unknown, "detail": "", "errors": ""} == {**foreign, "detail": "", "errors": ""}


def test_a_contact_of_nobody_sees_nothing(client_of: ClientOf, billed: dict[str, Any]) -> None:
    contact = client_of(Role.CUSTOMER)
    assert contact.get(f"{API}/invoices").json()["items"] == []


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.CUSTOMER, Role.FLEET_MANAGER])
def test_only_finance_writes(client_of: ClientOf, leased: dict[str, Any], role: Role) -> None:
    customer: UUID | None = leased["customers"][0] if role is Role.CUSTOMER else None
    client = client_of(role, customer_id=customer)
    assert client.post(f"{API}/contracts", json=leased["contracts"][0]).status_code == 403
    assert client.post(f"{API}/bill-runs", json={"month": "2026-09"}).status_code == 403
    assert client.put(f"{API}/seller", json=SELLER.model_dump()).status_code == 403


def test_the_seller_is_kept_in_compact_form(client_of: ClientOf, leased: dict[str, Any]) -> None:
    finance = client_of(Role.FINANCE)
    kept = finance.put(f"{API}/seller", json=SELLER.model_dump() | {"name": "Nieuwe Naam NV"}).json()
    assert (kept["name"], kept["iban"]) == ("Nieuwe Naam NV", "BE68539007547034")
    assert finance.get(f"{API}/seller").json() == kept
    wrong = finance.put(f"{API}/seller", json=SELLER.model_dump() | {"iban": "BE68539007547035"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "iban")


def test_without_a_seller_there_is_a_clear_answer(client_of: ClientOf) -> None:
    answer = client_of(Role.FINANCE).get(f"{API}/seller")
    assert (answer.status_code, answer.json()["code"]) == (409, "no-seller")


@pytest.mark.parametrize(
    "change",
    [
        {"starts_on": "0001-01-01"},
        {"ends_on": "9999-12-31"},
        {"zone": "nul\u0000"},
        {"vat_rate": "NaN"},
        {"vat_rate": "1e-30"},
        {"payment_days": 2**70},
        {"code": ""},
        {"extra": 1},
        {"lines": []},
    ],
)
def test_nonsense_is_refused_and_never_breaks(
    client_of: ClientOf, leased: dict[str, Any], change: dict[str, Any]
) -> None:
    answer = client_of(Role.FINANCE).post(f"{API}/contracts", json=leased["contracts"][0] | change)
    assert answer.status_code == 422, answer.text


def test_the_end_report_is_read_over_http(client_of: ClientOf, billed: dict[str, Any]) -> None:
    client = client_of(Role.FLEET_MANAGER)
    answer = client.get(f"{API}/end-report", params={"start": "2026-01-01", "end": "2027-01-01"})
    assert (answer.status_code, answer.json()["lines"]) == (200, [])
    turned = client.get(f"{API}/end-report", params={"start": "2026-01-01", "end": "2025-01-01"})
    assert turned.status_code == 422
    assert client.get(f"{API}/end-report", params={"start": "0001-01-01", "end": "9999-12-31"}).status_code == 422


def test_the_commands_bill_and_print(
    database: Database, client_of: ClientOf, leased: dict[str, Any], pas: Callable[..., Any], tmp_path: Path
) -> None:
    finance = client_of(Role.FINANCE)
    for paper in leased["contracts"]:
        assert finance.post(f"{API}/contracts", json=paper).status_code == 201

    ran = pas("bill-month", "2026-09", "--json")
    number = ran.json["first_number"]
    file = tmp_path / "invoice.pdf"

    assert (ran.json["issued"], ran.json["failed"]) == (2, 0)
    written = pas("invoice", number, "--format", "pdf", "--out", str(file), "--json")
    assert (written.exit_code, written.json["number"], written.json["format"]) == (0, number, "pdf")
    assert file.read_bytes().startswith(b"%PDF")
    shown = pas("invoice", number).json
    assert digest({key: value for key, value in shown.items() if key != "hash"}) == shown["hash"]
    assert pas("invoice", "INV-1999-000001").exit_code == 1
    assert pas("bill-month", "2199-01", "--json").json["code"] == "month-not-over"
    assert pas("bill-month").exit_code == 2
    with database.reading(database.tenant_id(None)) as session:
        assert len(session.exec(select(CustomerRecord)).all()) == 2
