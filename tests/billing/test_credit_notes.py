"""A credit note takes back what was billed: whole, in part, and the last one to the cent."""

import zlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlmodel import Session, col, select

from billing.bill_month import bill_month
from billing.document.credit_note import CreditWanted, NotToBeCredited, TooMuchCredited, draw_credit_note
from billing.document_queries import files_of
from billing.einvoice.ubl import elements, text
from billing.invoice import Invoice, Kind
from billing.issue_credit_note import issue_credit_note
from billing.period import Month
from billing.tables import InvoiceLineRecord, InvoiceRecord
from lifecycle.tables import AuditRecord
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign
from tests.billing.test_document import document

OCTOBER = Month("2026-10")
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
TODAY = NOW.date()


def wanted(**what: Any) -> CreditWanted:
    return CreditWanted.model_validate({"why": "wrong_reading"} | what)


def billed(session: Session) -> InvoiceRecord:
    fleet = found_fleet(session)
    lines = [line(fleet.assets[0], monthly_fee="33.33"), line(fleet.assets[1], monthly_fee="66.70")]
    sign(session, contract(fleet.customer, "C-1", lines))
    bill_month(session, month=OCTOBER, now=NOW, by=CLERK)
    return session.exec(select(InvoiceRecord)).one()


def credit(session: Session, **what: Any) -> InvoiceRecord:
    return issue_credit_note(session, number="INV-2026-000001", wanted=wanted(**what), now=NOW, by=CLERK)


def test_a_whole_invoice_is_taken_back_exactly_and_by_name(session: Session) -> None:
    invoice = billed(session)

    note = credit(session, note="Counter was read twice")

    assert (note.number, note.kind) == ("CN-2026-000001", Kind.CREDIT_NOTE)
    assert (note.net, note.vat, note.gross) == (-invoice.net, -invoice.vat, -invoice.gross)
    root = etree.fromstring(zlib.decompress(files_of(session, note).xml))
    assert etree.QName(root).localname == "CreditNote"
    assert text(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == invoice.number
    assert text(root, "cac:LegalMonetaryTotal/cbc:PayableAmount") == str(invoice.gross)
    assert text(root, "cbc:Note") == "Counter was read twice"
    assert [text(one, "cbc:CreditedQuantity") for one in elements(root, "cac:CreditNoteLine")] == ["1", "1"]
    assert (
        session.exec(select(AuditRecord.action).order_by(col(AuditRecord.sequence).desc())).first()
        == "credit-note-given"
    )
    nets = session.exec(select(InvoiceLineRecord.net)).all()
    assert sum(nets) == 0


def test_parts_add_up_to_the_invoice_and_the_last_takes_the_remainder(session: Session) -> None:
    invoice = billed(session)

    parts = [
        credit(session, lines=[{"position": 1, "amount": "33.32"}]),
        credit(session, lines=[{"position": 2, "amount": "33.37"}]),
        credit(session),
    ]

    assert [one.net for one in parts] == [Decimal("-33.32"), Decimal("-33.37"), Decimal("-33.34")]
    assert [one.vat for one in parts] == [Decimal("-7.00"), Decimal("-7.00"), Decimal("-7.01")]
    assert sum(one.gross for one in parts) == -invoice.gross
    assert [one.number for one in parts] == ["CN-2026-000001", "CN-2026-000002", "CN-2026-000003"]
    with pytest.raises(NotToBeCredited, match="nothing is left"):
        credit(session)


def test_what_cannot_be_credited_is_refused_and_takes_no_number(session: Session) -> None:
    billed(session)
    for refused, what in (
        (TooMuchCredited, [{"position": 1, "amount": "33.34"}]),
        (TooMuchCredited, [{"position": 1, "quantity": "2"}]),
        (NotToBeCredited, [{"position": 3}]),
        (NotToBeCredited, [{"position": 1}, {"position": 1}]),
        (NotToBeCredited, [{"position": 1, "amount": "1", "quantity": "1"}]),
    ):
        with pytest.raises(refused):
            credit(session, lines=what)
    assert credit(session).number == "CN-2026-000001"
    with pytest.raises(NotToBeCredited, match="is a credit note"):
        issue_credit_note(session, number="CN-2026-000001", wanted=wanted(), now=NOW, by=CLERK)


def test_the_month_of_a_credited_invoice_is_not_billed_again(session: Session) -> None:
    billed(session)
    credit(session)

    assert bill_month(session, month=OCTOBER, now=NOW, by=CLERK).issued == 0


AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999.99"), places=2)


@given(nets=st.lists(AMOUNTS, min_size=1, max_size=6), data=st.data())
@settings(deadline=None, max_examples=60)
def test_however_an_invoice_is_taken_back_in_parts_it_comes_to_nothing(
    nets: list[Decimal], data: st.DataObject
) -> None:
    invoice = Invoice.model_validate(_document(nets))
    notes: list[Invoice] = []
    left = dict(enumerate(nets, start=1))
    for _ in range(data.draw(st.integers(0, 4))):
        open_lines = [position for position, net in left.items() if net]
        if not open_lines:
            break
        position = data.draw(st.sampled_from(open_lines))
        amount = data.draw(st.decimals(min_value=Decimal("0.01"), max_value=left[position], places=2))
        left[position] -= amount
        asked = wanted(lines=[{"position": position, "amount": amount}])
        notes.append(draw_credit_note(invoice, notes, asked, number=f"CN-{len(notes)}", issued_on=TODAY))
    if any(left.values()):
        notes.append(draw_credit_note(invoice, notes, wanted(), number="CN-9", issued_on=TODAY))

    assert invoice.gross + sum(note.gross for note in notes) == 0
    assert invoice.vat + sum(note.vat for note in notes) == 0
    for note in notes:
        for part in note.vat_shares:
            assert abs(part.vat - part.taxable * part.rate / 100) < Decimal("0.0151")


def _document(nets: list[Decimal]) -> dict[str, Any]:
    whole = document()
    one = whole["lines"][0]
    lines = [
        one | {"position": place, "quantity": "1", "price_base": "1", "unit_price": str(net), "net": str(net)}
        for place, net in enumerate(nets, start=1)
    ]
    net = sum(nets)
    vat = (net * 21 / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    share = {"category": "S", "rate": "21", "taxable": str(net), "vat": str(vat)}
    return whole | {"lines": lines, "vat_shares": [share], "net": net, "vat": vat, "gross": net + vat}
