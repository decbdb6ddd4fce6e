"""The statement of account as a PDF: all that was booked stands on it, in each language, and nothing is cut off."""

from datetime import date, timedelta
from decimal import Decimal

import pypdfium2
import pytest

from billing.collection.account_pdf import account_pdf, account_words
from billing.collection.statement_of_account import AccountKind, AccountStatement, Booked, drawn_up
from lifecycle.customer import Customer
from tests.billing.billed_fleet import SELLER

BUYER = Customer(
    code="K-007", name="Ziekenhuis Sint-Élisabeth", street="Kaai 1", postal_code="9000", city="Gent", country="BE"
)
FIRST, LAST = date(2026, 1, 1), date(2026, 11, 23)


def statement(lines: int) -> AccountStatement:
    """Draw up an account: each second invoice is paid under a reference as long as a bank allows."""
    booked = []
    for number in range(lines):
        on = FIRST + timedelta(days=2 * number)
        if number % 2:
            booked.append(Booked(on, AccountKind.PAYMENT, "x" * 140, Decimal("-1234567.89"), None, None))
        else:
            due = on + timedelta(days=30)
            named = f"INV-2026-{number:06}"
            booked.append(Booked(on, AccountKind.INVOICE, named, Decimal("1234567.89"), due, Decimal("1234567.89")))
    names = {"customer": BUYER.code, "name": BUYER.name, "currency": "EUR"}
    return drawn_up(booked, **names, days=(FIRST, LAST), unallocated=Decimal("125.00"))


def pages(document: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(document)]


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("lines", [0, 3, 130])
def test_everything_stands_on_it_in_each_language(language: str, lines: int) -> None:
    made = statement(lines)

    document = account_pdf(made, keeper=SELLER, customer=BUYER, language=language)

    shown = pages(document)
    whole, say = " ".join(shown), account_words(language)
    assert (len(shown) > 1) == (lines > 100)
    assert all(one.number in whole for one in made.lines if one.kind is AccountKind.INVOICE)
    assert whole.count(say["payment"]) >= lines // 2
    assert say["title"] in shown[0]
    assert (say["owed"] in whole, say["even"] in whole) == (lines == 3, lines != 3)
    assert ("BE68 5390 0754 7034" in whole) == (lines == 3)
    assert account_pdf(made, keeper=SELLER, customer=BUYER, language=language) == document


def test_every_line_lies_within_the_page() -> None:
    document = pypdfium2.PdfDocument(account_pdf(statement(130), keeper=SELLER, customer=BUYER, language="fr"))
    for page in document:
        width, text = page.get_width(), page.get_textpage()
        boxes = [text.get_charbox(place) for place in range(text.count_chars())]
        assert min(left for left, _, _, _ in boxes) > 50
        assert max(right for _, _, right, _ in boxes) < width - 50
