"""From an invoice to its files, its verdict, the readings behind each line, and back by a credit note, over HTTP."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlmodel import Session, select

from billing.document_queries import ubl_of
from billing.einvoice.judge import Question, judge_all
from billing.einvoice.rules_process import RulesProcess
from billing.einvoice.ubl import elements, text
from billing.einvoice.ubl_invoice import travels
from billing.einvoice.verdict import Verdict
from billing.invoice import Invoice, Kind
from billing.tables import InvoiceRecord
from pas.db import Database
from pas.role import Role
from tests.billing.billed_fleet import contract, found_fleet, line, read_meter
from tests.conftest import ClientOf, Pas

API = "/api/v1"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
METERED = {"meter": "lamp_hours", "unit_price": "0.125"}


@pytest.fixture
def billed(database: Database, tenant: int, client_of: ClientOf) -> dict[str, Any]:
    """An invoice of October: a fee of 50.00 and 345.5 lamp hours."""
    with database.writing(tenant) as session:
        fleet = found_fleet(session)
        read_meter(session, fleet.assets[0], {"2026-09-30T21:30:00Z": 1000.0, "2026-10-31T22:59:00Z": 1345.5}, NOW)
        paper = contract(fleet.customer, "C-1", [line(fleet.assets[0], **METERED)])
        holder, document = fleet.customer.id, json.loads(paper.model_dump_json())
    finance = client_of(Role.FINANCE)
    assert finance.post(f"{API}/contracts", json=document).status_code == 201
    run = finance.post(f"{API}/bill-runs", json={"month": "2026-10"}).json()
    customer = client_of(Role.CUSTOMER, customer_id=holder)
    return {"finance": finance, "customer": customer, "invoice": f"{API}/invoices/{run['first_number']}"}


def test_the_customer_takes_the_invoice_in_every_form_and_its_digests_agree(billed: dict[str, Any]) -> None:
    customer, invoice = billed["customer"], billed["invoice"]

    xml, pdf, hybrid = (customer.get(f"{invoice}/{form}") for form in ("ubl", "pdf", "facturx"))
    verdict = customer.get(f"{invoice}/verdict").json()

    assert text(etree.fromstring(xml.content), "cac:LegalMonetaryTotal/cbc:PayableAmount") == "112.76"
    assert verdict["accepted"] is True
    assert verdict["ubl_sha256"] == hashlib.sha256(xml.content).hexdigest()
    assert verdict["pdf_sha256"] == hashlib.sha256(pdf.content).hexdigest()
    assert [one["name"] for one in verdict["rule_sets"]][:2] == ["UBL 2.1 XSD", "EN 16931 (CEN/TC 434)"]
    assert hybrid.content.startswith(b"%PDF")
    assert xml.headers["content-type"].startswith("application/xml")


def test_any_line_leads_to_its_readings_and_comes_out_the_same(billed: dict[str, Any]) -> None:
    customer, invoice = billed["customer"], billed["invoice"]

    proof = customer.get(f"{invoice}/lines/2/proof").json()

    assert (proof["line"]["quantity"], proof["check"]["found"]) == ("345.5", "equal")
    assert proof["evidence"]["figure"]["increase"] == 345.5
    assert sum(day["increase"] for day in proof["evidence"]["days"]) == 345.5
    followed = customer.get(proof["readings"]).json()
    assert followed["figure"]["closing"] == 1345.5
    fee = customer.get(f"{invoice}/lines/1/proof").json()
    assert (fee["evidence"], fee["check"]["from_readings"]) == (None, False)
    assert customer.get(f"{invoice}/lines/9/proof").status_code == 404
    whole = customer.get(f"{invoice}/proof").json()
    assert (whole["equal"], whole["from_readings"]) == (True, 1)


def test_finance_takes_back_a_line_and_nobody_else_may(billed: dict[str, Any]) -> None:
    finance, customer, invoice = billed["finance"], billed["customer"], billed["invoice"]
    wanted = {"why": "not_delivered", "note": "Broken for a week", "lines": [{"position": 1, "amount": "12.50"}]}

    assert customer.post(f"{invoice}/credit-notes", json=wanted).status_code == 403
    given = finance.post(f"{invoice}/credit-notes", json=wanted)

    assert given.status_code == 201, given.text
    note = given.json()
    assert (note["kind"], note["number"], note["gross"]) == ("credit_note", "CN-2026-000001", "-15.13")
    assert finance.get(given.headers["Location"]).json() == note
    listed = customer.get(f"{invoice}/credit-notes").json()["items"]
    assert [one["number"] for one in listed] == ["CN-2026-000001"]
    more = wanted | {"lines": [{"position": 1, "amount": "40.00"}]}
    refused = finance.post(f"{invoice}/credit-notes", json=more)
    assert (refused.status_code, refused.json()["code"]) == (409, "too-much-credited")
    assert refused.json()["errors"][0]["field"] == "lines.0.amount"


def test_commands_show_check_and_take_back_and_every_invoice_of_the_demo_holds(
    pas: Pas, tmp_path: Path, database: Database
) -> None:
    loaded = pas("demo", "--small", "--no-serve", "--json")
    number = json.loads(loaded.stdout)["billing"]["first_number"] if loaded.exit_code == 0 else ""
    assert number, loaded.stderr
    shown = pas("invoice", number, "--format", "ubl", "--out", str(tmp_path / "one.xml"))
    judged = pas("einvoice", "check", str(tmp_path / "one.xml"), "--json")
    checked = pas("invoice", "verify", number, "--json")
    given = pas("credit-note", number, "--why", "goodwill", "--line", "1=0.01", "--json")
    wrong = pas("credit-note", number, "--why", "goodwill", "--line", "x")
    vague = pas("invoice", "verify")

    assert (shown.exit_code, judged.exit_code) == (0, 0)
    assert json.loads(judged.stdout)["number"] == number
    assert json.loads(checked.stdout)["equal"] is True
    assert json.loads(given.stdout)["credits"] == number
    assert (wrong.exit_code, vague.exit_code) == (2, 2)
    every = json.loads(pas("invoice", "verify", "--all", "--json").stdout)
    assert every["equal"] is True
    assert {one["series"] for one in every["series"]} == {"DEMO", "CNDEMO"}
    demo = json.loads(loaded.stdout)
    assert every["invoices"] == demo["billing"]["issued"] + demo["money"]["invoices"] + 1
    assert every["from_readings"] > 50
    with database.reading(database.tenant_id("demo")) as session:
        _each_adds_up_and_is_accepted(list(session.exec(select(InvoiceRecord))), session)


def _each_adds_up_and_is_accepted(issued: list[InvoiceRecord], session: Session) -> None:
    """Read the sums from the e-invoices themselves, and let all rule sets judge them once more."""
    written = [ubl_of(session, one) for one in issued]
    for one, xml in zip(issued, written, strict=True):
        root = etree.fromstring(xml)
        nets = elements(root, "(cac:InvoiceLine | cac:CreditNoteLine)/cbc:LineExtensionAmount")
        sign = 1 if one.kind is Kind.INVOICE else -1
        assert sum(Decimal(str(net.text)) for net in nets) == sign * one.net
        assert Decimal(text(root, "cac:TaxTotal/cbc:TaxAmount")) == sign * one.vat
        assert Decimal(text(root, "cac:LegalMonetaryTotal/cbc:PayableAmount")) == sign * one.gross
    with RulesProcess() as rules:
        questions = [
            Question(xml, travels(Invoice.model_validate(one.document)))
            for one, xml in zip(issued, written, strict=True)
        ]
        verdicts = judge_all(questions, rules=rules, peppol=None)
    assert [one for one in verdicts if not isinstance(one, Verdict) or not one.accepted] == []
