"""What an invoice looks like on paper: nothing cut, nothing overlapping, and a code that banking apps read."""

from decimal import Decimal
from itertools import combinations
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from billing.document.document import pdf
from billing.document.payment_qr import payment_text
from billing.einvoice.factur_x import NoHybrid, factur_x
from billing.invoice import Invoice
from tests.billing.test_document import document

MILLIMETRE = 72 / 25.4
SIDE, TOP, BOTTOM = 20 * MILLIMETRE, 18 * MILLIMETRE, 8 * MILLIMETRE
LONG = "Verwaltungsgesellschaftszusammenschlussangelegenheitsbüro"


def long_document(language: str, lines: int) -> dict[str, Any]:
    """A document of many lines with names as long as they may be."""
    one = document(language)
    many = []
    for place in range(lines):
        line = dict(one["lines"][place % 2]) | {"position": place + 1, "serial": f"PRJ-{place:05}-{'9' * 40}"}
        many.append(line | {"product": f"{LONG} {place}" if place % 7 == 0 else line["product"]})
    net = sum(Decimal(line["net"]) for line in many)
    vat = (net * 21 / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    share = {"category": "S", "rate": "21", "taxable": str(net), "vat": str(vat)}
    buyer = one["buyer"] | {"name": f"{LONG} {LONG} {LONG}", "street": LONG, "email": f"{LONG.lower()}@klant.example"}
    sums = {"net": str(net), "vat": str(vat), "gross": str(net + vat), "vat_shares": [share]}
    return one | sums | {"lines": many, "buyer": buyer, "order_reference": "PO" + "7" * 78, "contract": "C" * 60}


def boxes(content: bytes) -> list[tuple[pypdfium2.PdfPage, list[tuple[float, float, float, float]]]]:
    found = []
    for page in pypdfium2.PdfDocument(content):
        text = page.get_textpage()
        found.append((page, [text.get_rect(place) for place in range(text.count_rects())]))
    return found


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("lines", [2, 130])
def test_no_text_leaves_its_page_and_none_lies_on_another(language: str, lines: int) -> None:
    pages = boxes(pdf(long_document(language, lines)))

    assert len(pages) == 1 if lines == 2 else len(pages) >= 10
    for page, rectangles in pages:
        width, height = page.get_size()
        for left, bottom, right, top in rectangles:
            assert SIDE - 2 <= left < right <= width - SIDE + 2
            assert BOTTOM <= bottom < top <= height - TOP + 2
        for one, other in combinations(rectangles, 2):
            across = min(one[2], other[2]) - max(one[0], other[0])
            upright = min(one[3], other[3]) - max(one[1], other[1])
            assert across < 1 or upright < 2, (one, other)


def test_a_banking_app_reads_the_code_on_the_page() -> None:
    page = pypdfium2.PdfDocument(pdf(document()))[0]

    (code,) = zxingcpp.read_barcodes(page.render(scale=4).to_pil())

    assert code.text.split("\n") == [
        "BCD", "002", "1", "SCT", "", "Lumière Circulaire NV", "BE68539007547034", "EUR1211.04", "", "",
        "+++202/6000/12320+++",
    ]  # fmt: skip


def test_only_what_can_be_transferred_has_a_code() -> None:
    facts = {"name": "A", "iban": "BE68539007547034", "bic": "", "reference": "RF462026000123"}
    assert payment_text(**facts, amount=Decimal(0), currency="EUR") is None
    assert payment_text(**facts, amount=Decimal(1), currency="USD") is None
    told = payment_text(**facts, amount=Decimal(1), currency="EUR")
    assert told is not None
    assert told.split("\n")[7:] == ["EUR1.00", "", "RF462026000123"]


def test_a_credit_note_shows_what_comes_back_and_asks_for_nothing() -> None:
    whole = document()
    turned = whole | {"kind": "credit_note", "net": "-1000.86", "vat": "-210.18", "gross": "-1211.04"}
    turned["credited"] = {"number": "INV-2026-000123", "issued_on": "2026-11-02", "why": "goodwill", "note": "Excuses"}
    turned["lines"] = [line | {"quantity": f"-{line['quantity']}", "net": f"-{line['net']}"} for line in whole["lines"]]
    turned["vat_shares"] = [{"category": "S", "rate": "21", "taxable": "-1000.86", "vat": "-210.18"}]

    page = pypdfium2.PdfDocument(pdf(turned, "en"))[0]

    printed = page.get_textpage().get_text_range()
    for shown in (
        "Credit note",
        "corrects invoice INV-2026-000123",
        "goodwill. Excuses",
        "In your favour",
        "€1,211.04",
    ):
        assert shown in printed
    assert "-€" not in printed
    assert "IBAN" not in printed
    assert not zxingcpp.read_barcodes(page.render(scale=4).to_pil())


def test_the_hybrid_is_the_pdf_with_the_data_inside() -> None:
    made = factur_x(Invoice.model_validate(document()))

    opened = pypdfium2.PdfDocument(made)
    assert [opened.get_attachment(place).get_name() for place in range(opened.count_attachments())] == ["factur-x.xml"]
    assert b"CrossIndustryInvoice" in bytes(opened.get_attachment(0).get_data())
    assert b"<pdfaid:part>3</pdfaid:part>" in made
    assert b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in made


def test_what_is_no_archival_pdf_is_never_called_a_hybrid() -> None:
    odd = document()
    odd["buyer"] = odd["buyer"] | {"name": "株式会社"}
    with pytest.raises(NoHybrid):
        factur_x(Invoice.model_validate(odd))
