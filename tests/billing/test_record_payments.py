"""Payments: what each pays is found by what the payer wrote, once, and what is open adds up on any day."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, select

from billing.bill_month import bill_month
from billing.collection.match_payment import MatchedBy, Named, OpenInvoice, match, numbers, references
from billing.collection.payment import ImpossiblePayment, NewPayment, PaymentSource, Received
from billing.period import Month
from billing.receivable_queries import open_receivables
from billing.record_payments import PaymentDiffers, Recorded, record_payments
from billing.tables import InvoiceRecord
from telemetry.identity import new_id
from tests.billing.billed_fleet import CLERK, Fleet, contract, found_fleet, line, sign

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = datetime(2026, 12, 20, 9, tzinfo=UTC)
GROSS = Decimal("60.50")


@pytest.fixture
def fleet(session: Session) -> Fleet:
    """One contract of 50.00 and VAT a month, billed for September and October."""
    fleet = found_fleet(session)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], starts_on="2026-09-01")]))
    for month in ("2026-09", "2026-10"):
        bill_month(session, month=Month(month), now=NOW, by=CLERK)
    return fleet


def invoices(session: Session) -> list[InvoiceRecord]:
    return list(session.exec(select(InvoiceRecord).order_by(col(InvoiceRecord.number))))


def pay(session: Session, amount: str, reference: str = "", name: str = "", **facts: Any) -> Recorded:
    told = {"paid_on": "2026-11-20", "amount": amount, "reference": reference, "payer_iban": "BE71096123456769"}
    payment = NewPayment.model_validate(told | facts)
    name = name or f"bank:{new_id()}"
    return record_payments(session, [Received(payment, PaymentSource.BANK, name)], now=LATER, by=CLERK)[0]


def owed(session: Session, day: date = date(2026, 12, 31)) -> dict[str, Decimal]:
    return {one.number: one.open for one in open_receivables(session, as_of=day)}


def test_the_structured_communication_finds_the_invoice(session: Session, fleet: Fleet) -> None:
    first, second = invoices(session)

    paid = pay(session, "60.50", f"merci {first.document['payment_reference']} !")

    assert [(part.invoice_id, part.amount, part.rule) for part in paid.parts] == [(first.id, GROSS, "reference")]
    assert paid.payment.customer_id == fleet.customer.id
    assert owed(session) == {second.number: GROSS}


def test_a_past_day_gives_what_was_open_then(session: Session, fleet: Fleet) -> None:
    first, second = invoices(session)
    pay(session, "20.50", first.document["payment_reference"])
    pay(session, "40.00", first.number, paid_on="2026-12-01")

    assert owed(session, date(2026, 11, 1)) == {}
    assert owed(session, date(2026, 11, 19)) == {first.number: GROSS, second.number: GROSS}
    assert owed(session, date(2026, 11, 30)) == {first.number: Decimal("40.00"), second.number: GROSS}
    assert owed(session, date(2026, 12, 1)) == {second.number: GROSS}


def test_one_payment_pays_several_invoices_and_what_is_too_much_stays_the_customers(
    session: Session, fleet: Fleet
) -> None:
    first, second = invoices(session)

    paid = pay(session, "130.00", f"{second.number} + {first.number}")

    assert [part.invoice_id for part in paid.parts] == [second.id, first.id]
    assert paid.left == Decimal("9.00")
    assert owed(session) == {}


def test_a_known_account_and_the_amount_of_one_open_invoice_suffice_and_of_two_do_not(
    session: Session, fleet: Fleet
) -> None:
    first, second = invoices(session)

    assert pay(session, "60.50", "huur").parts == [], "nobody knows this account yet"
    pay(session, "60.50", first.number)
    assert pay(session, "60.00", "huur").parts == [], "no invoice has this amount"

    assert [part.invoice_id for part in pay(session, "60.50", "huur").parts] == [second.id]


def test_the_same_telling_twice_changes_nothing_and_another_amount_is_refused(session: Session, fleet: Fleet) -> None:
    first, second = invoices(session)
    pay(session, "60.50", first.number, "bank:1")

    again = pay(session, "60.50", first.number, "bank:1")

    assert not again.is_new
    assert owed(session) == {second.number: GROSS}
    with pytest.raises(PaymentDiffers, match="cannot be one of"):
        pay(session, "60.51", first.number, "bank:1")


def test_money_that_goes_back_opens_the_invoice_again(session: Session, fleet: Fleet) -> None:
    first, second = invoices(session)
    pay(session, "60.50", first.number)

    back = pay(session, "-60.50", first.number, paid_on="2026-12-05")

    assert back.left == 0
    assert owed(session) == {first.number: GROSS, second.number: GROSS}
    assert owed(session, date(2026, 12, 4)) == {second.number: GROSS}


def test_money_of_another_currency_pays_nothing(session: Session, fleet: Fleet) -> None:
    assert pay(session, "60.50", invoices(session)[0].number, currency="USD").parts == []


def test_a_payment_of_nothing_is_refused() -> None:
    with pytest.raises((ImpossiblePayment, ValueError), match="of nothing"):
        NewPayment.model_validate({"paid_on": "2026-11-20", "amount": "0"})


def test_a_wrong_check_digit_is_no_reference() -> None:
    assert references("+++202/6000/12321+++ RF47202600012 3") == ()
    assert references("RF46 2026 0001 23 dank u") == ("RF462026000123",)
    assert numbers("2026-000123 is none") == ()


def test_a_payer_with_two_customers_invoices_of_one_amount_is_left_to_a_clerk() -> None:
    two = [
        OpenInvoice(new_id(), f"INV-2026-00000{n}", new_id(), date(2026, 1, 1), "EUR", Decimal(0), GROSS, "")
        for n in (1, 2)
    ]
    assert match(GROSS, "EUR", named=Named((), ()), told=[], candidates=two) == []
    assert match(GROSS, "EUR", named=Named((), ()), told=[], candidates=two[:1])[0].rule is MatchedBy.ACCOUNT
