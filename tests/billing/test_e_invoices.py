"""Every invoice that we issue is written as an e-invoice and accepted by all rules, or it is not issued."""

import zlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from sqlmodel import Session, col, select

from billing.bill_month import bill_month
from billing.document.document import view
from billing.document_queries import ubl_of
from billing.document_tables import IssuedDocumentRecord
from billing.einvoice.ubl import elements, text
from billing.invoice import Kind
from billing.issue_invoice import Issuing, Owed, foresee_invoices, issue_invoices
from billing.number_documents import link
from billing.period import Month
from billing.queries import seller
from billing.rating.rated import RatedLine
from billing.tables import ContractRecord, InvoiceRecord, NumberSeriesRecord
from lifecycle.tables import CustomerRecord
from telemetry.identity import new_id
from tests.billing.billed_fleet import CLERK, Fleet, contract, found_fleet, line, read_meter, sign

OCTOBER = Month("2026-10")
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
ISSUED_ON = date(2026, 11, 2)


def use(session: Session, of: ContractRecord, net: str = "50.00", **changes: Any) -> RatedLine:
    """A fee, as rating gives it."""
    facts: dict[str, Any] = {
        "billed_of": new_id(),
        "product": "Laser projector",
        "component": "fee",
        "period_start": OCTOBER.start,
        "period_end": OCTOBER.end,
        "quantity": "1",
        "unit": "MON",
        "unit_price": net,
        "net": net,
        "formula": f"{net} = {net}",
        "reasons": [],
    }
    assert session.get(ContractRecord, (of.tenant_id, of.id))
    return RatedLine.model_validate(facts | changes)


def issuing(session: Session) -> Issuing:
    return Issuing(new_id(), OCTOBER, seller(session), ISSUED_ON, NOW)


def owed(session: Session, fleet: Fleet, codes: list[str]) -> list[Owed]:
    assets = fleet.assets[: len(codes)]
    signed = sign(
        session, *(contract(fleet.customer, code, [line(one)]) for code, one in zip(codes, assets, strict=True))
    )
    return [Owed(one, fleet.customer, [use(session, one)]) for one in signed]


def documents(session: Session) -> list[tuple[InvoiceRecord, IssuedDocumentRecord]]:
    same = IssuedDocumentRecord.invoice_id == InvoiceRecord.id
    query = select(InvoiceRecord, IssuedDocumentRecord).where(same).order_by(col(InvoiceRecord.number))
    return [(invoice, files) for invoice, files in session.exec(query)]


def test_an_issued_invoice_has_its_e_invoice_and_the_verdict_by_which_it_was_issued(session: Session) -> None:
    fleet = found_fleet(session)
    read_meter(session, fleet.assets[0], {"2026-09-30T21:30:00Z": 10.0, "2026-10-31T22:00:00Z": 20.25}, NOW)
    metered = line(fleet.assets[0], meter="lamp_hours", unit_price="0.125")
    sign(session, contract(fleet.customer, "C-1", [metered], order_reference="PO 7"))

    bill_month(session, month=OCTOBER, now=NOW, by=CLERK)

    ((invoice, files),) = documents(session)
    root = etree.fromstring(zlib.decompress(files.xml))
    assert text(root, "cbc:ID") == invoice.number
    assert text(root, "cac:OrderReference/cbc:ID") == "PO 7"
    assert text(root, "cac:LegalMonetaryTotal/cbc:PayableAmount") == str(invoice.gross)
    assert [text(one, "cbc:LineExtensionAmount") for one in elements(root, "cac:InvoiceLine")] == ["50.00", "1.28"]
    opening = "cac:InvoiceLine[2]/cac:Item/cac:AdditionalItemProperty[cbc:Name='opening reading']/cbc:Value"
    assert text(root, opening).startswith("10 (2026-09-30")
    assert [one["name"] for one in files.rule_sets] == [
        "UBL 2.1 XSD", "EN 16931 (CEN/TC 434)", "Peppol BIS Billing 3.0, by mock-einvoice", "pas legal rules",
    ]  # fmt: skip


def test_what_breaks_a_rule_takes_no_number_and_keeps_no_other_from_its_own(session: Session) -> None:
    fleet = found_fleet(session)
    first, second, third = owed(session, fleet, ["C-1", "C-2", "C-3"])
    wrong = CustomerRecord.model_validate(fleet.customer.model_dump() | {"vat_number": "BE0417497107"})

    issued = issue_invoices(session, issuing=issuing(session), owed=[first, second._replace(buyer=wrong), third])

    assert [getattr(one, "number", "") for one in issued] == ["INV-2026-000001", "", "INV-2026-000002"]
    assert "PEPPOL-COMMON-R043" in str(issued[1])
    assert "C-2" in str(issued[1])
    assert "VAT number" in str(issued[1])


def test_what_the_database_refuses_takes_no_number_either(session: Session) -> None:
    first, second, third = owed(session, found_fleet(session), ["C-1", "C-2", "C-3"])

    issued = issue_invoices(session, issuing=issuing(session), owed=[first, first, second, third])

    assert [getattr(one, "number", "") for one in issued] == [
        "INV-2026-000001",
        "",
        "INV-2026-000002",
        "INV-2026-000003",
    ]
    assert "UNIQUE" in str(issued[1]).upper()


def test_files_made_beforehand_are_taken_where_the_number_is_still_the_foreseen_one(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = owed(session, found_fleet(session), ["C-1", "C-2", "C-3"])
    this = issuing(session)
    made = foresee_invoices(session, issuing=this, owed=[first, second])
    judged: list[int] = []
    monkeypatch.setattr("billing.number_documents.make_files", lambda some, **_: judged.append(len(some)) or [])

    issued = issue_invoices(session, issuing=this, owed=[first, second], made=made)
    assert [getattr(one, "number", "") for one in issued] == ["INV-2026-000001", "INV-2026-000002"]
    assert judged == [0]

    monkeypatch.undo()
    (last,) = issue_invoices(session, issuing=this, owed=[third], made=made)
    assert getattr(last, "number", "") == "INV-2026-000003"


def test_each_document_is_a_link_of_the_chain_of_its_series(session: Session) -> None:
    both = owed(session, found_fleet(session), ["C-1", "C-2"])
    issue_invoices(session, issuing=issuing(session), owed=both)

    head = ""
    for invoice, files in documents(session):
        head = link(head, invoice, files)
        assert files.chain == head
    assert session.exec(select(NumberSeriesRecord)).one().head == head


def test_a_buyer_whom_the_network_cannot_reach_gets_an_invoice_by_the_rules_of_europe(session: Session) -> None:
    fleet = found_fleet(session, vat_number=None)
    (one,) = owed(session, fleet, ["C-1"])

    issue_invoices(session, issuing=issuing(session), owed=[one])

    ((_, files),) = documents(session)
    root = etree.fromstring(zlib.decompress(files.xml))
    assert text(root, "cbc:CustomizationID") == "urn:cen.eu:en16931:2017"
    assert [rules["name"] for rules in files.rule_sets] == ["UBL 2.1 XSD", "EN 16931 (CEN/TC 434)", "pas legal rules"]


def test_a_month_of_less_than_nothing_is_a_credit_note_in_the_series_of_invoices(session: Session) -> None:
    (one,) = owed(session, found_fleet(session), ["C-1"])
    back = use(session, one.contract, quantity="-1", net="-50.00", unit_price="50.00", component="credit")

    (issued,) = issue_invoices(session, issuing=issuing(session), owed=[one._replace(lines=[back])])

    assert isinstance(issued, InvoiceRecord)
    assert (issued.kind, issued.number, issued.gross) == (Kind.CREDIT_NOTE, "INV-2026-000001", Decimal("-60.50"))
    root = etree.fromstring(ubl_of(session, issued))
    assert text(root, "cac:LegalMonetaryTotal/cbc:PayableAmount") == "60.50"
    assert text(root, "cac:CreditNoteLine/cbc:CreditedQuantity") == "1"


def test_the_policies_of_the_contract_are_printed_in_the_language_of_the_customer(session: Session) -> None:
    (one,) = owed(session, found_fleet(session), ["C-1"])
    (issued,) = issue_invoices(session, issuing=issuing(session), owed=[one])

    assert isinstance(issued, InvoiceRecord)
    printed = " ".join(view(issued.document, "nl")["sentences"])
    assert "na afloop van hun periode" in printed
    assert "gaat af van de volgende factuur" in printed
