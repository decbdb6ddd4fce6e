"""The PDF of an invoice: in the customer's language, the same bytes each time, with all that the law wants."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from billing.contract.contract import Proration
from billing.contract.unit import CODES
from billing.document.document import pdf, words
from billing.invoice import as_document, draw_up, payment_reference
from billing.period import Month
from billing.proof import Proof
from billing.rating.rated import Meter, Terms
from billing.seller import checked
from lifecycle.customer import Customer
from tests.billing.billed_fleet import SELLER, contract, line
from tests.billing.rated_lines import rate

ID = UUID(int=7)
OCTOBER = Month("2026-10")


def document(language: str = "nl", **changes: Any) -> dict[str, Any]:
    buyer = Customer(code="K-7", name="Ziekenhuis Élisabeth", vat_number="BE0417497106", city="Gent", language=language)
    terms = Terms(
        line_id=ID,
        asset_id=ID,
        serial="PRJ-00042",
        product="Laser projector",
        starts_on=date(2026, 10, 8),
        ends_on=None,
        monthly_fee=Decimal("1249.50"),
        meter=Meter("lamp_hours", "hour", Decimal("0.125"), Decimal(100)),
    )
    proof = Proof(
        Decimal("345.5"),
        700,
        Decimal("12345.25"),
        datetime(2026, 10, 7, 21, 58, tzinfo=UTC),
        Decimal("12690.75"),
        datetime(2026, 10, 31, 22, 58, tzinfo=UTC),
    )
    made = draw_up(
        number="INV-2026-000123",
        seller=checked(SELLER),
        buyer=buyer,
        contract=contract(ID, "LC-14", [line(ID)], order_reference="PO 88"),
        period=OCTOBER,
        lines=rate(terms, month=OCTOBER, proration=Proration.ACTUAL_DAYS, proof=proof),
        issued_on=date(2026, 11, 2),
        payment_reference=payment_reference("BE", 2026, 123),
    )
    return as_document(made) | changes


def text_of(content: bytes) -> str:
    reader = PdfReader(io.BytesIO(content))
    spaced = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(spaced.replace("\u00a0", " ").replace("\u202f", " ").split())


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("nl", ["Factuur", "2 nov 2026", "€ 967,35", "1.249,50 × 24 / 31 = 967,35", "12.345,25 7 okt 2026 23:58"]),
        ("fr", ["Facture", "2 nov. 2026", "967,35 €", "par 31 jours", "heures de lampe"]),
        ("en", ["Invoice", "2 Nov 2026", "€967.35", "per 31 days", "8 – 31 Oct 2026"]),
    ],
)
def test_an_invoice_speaks_the_customers_language(language: str, shown: list[str]) -> None:
    printed = text_of(pdf(document(language)))
    for part in (*shown, "INV-2026-000123", "PRJ-00042", "+++202/6000/12320+++", "BE68 5390 0754 7034", "BE0203430576"):
        assert part in printed


def test_the_same_document_gives_the_same_bytes() -> None:
    assert pdf(document()) == pdf(document())


def test_an_invoice_is_archival() -> None:
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf(document())


def test_another_language_may_be_asked_for() -> None:
    assert "Facture" in text_of(pdf(document("nl"), "fr"))


def test_a_name_that_no_font_of_ours_shows_still_gives_a_pdf() -> None:
    odd = document()
    odd["buyer"] = odd["buyer"] | {"name": "株式会社 \U0001f600 \ue000 #set text(red) \\ $x$"}
    assert pdf(odd).startswith(b"%PDF")


def test_every_word_stands_in_every_language_and_every_unit_has_its_word() -> None:
    assert words("nl").keys() == words("fr").keys() == words("en").keys()
    common = {"MON", "DAY", "HUR", "KWH", "KMT", "C62"}
    assert common <= set(CODES.values()) | {"MON"}
    assert all(f"unit_{code}" in words("nl") for code in common)
