"""Reminding: each step once and in order, interest by law to the cent, and nobody who contests or is being debited."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

import pytest
from sqlmodel import Session, select

from billing.bill_month import bill_month
from billing.collection.collecting import CollectedState
from billing.collection.dunning import DunningStep, Owed, next_claim
from billing.collection.late_interest import Balance, interest, rates
from billing.collection.payment import NewPayment, PaymentSource, Received
from billing.collection_tables import CollectedInvoiceRecord, DunningRecord
from billing.contest_invoice import contest_invoice
from billing.period import Month
from billing.record_payments import record_payments
from billing.tables import InvoiceRecord
from pas.db import Database
from pas.mail_gateway import Posted
from pas.message_tables import MessageRecord, MessageState
from pas.send_messages import Post, send_messages
from pas.send_reminders import send_reminders
from pas.webhook_gateway import Called
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign

BILLED = datetime(2026, 2, 2, 9, tzinfo=UTC)
DUE = date(2026, 3, 4)
GROSS = Decimal("6050.00")


def bill(session: Session, **customer: Any) -> InvoiceRecord:
    """Bill 5,000.00 and VAT for January, due on 4 March."""
    fleet = found_fleet(session, email="facturen@ziekenhuis.example", **customer)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="5000")]))
    bill_month(session, month=Month("2026-01"), now=BILLED, by=CLERK)
    return session.exec(select(InvoiceRecord)).one()


def remind(session: Session, days_after_due: int) -> list[tuple[str, str]]:
    now = datetime(2026, 3, 4, 12, tzinfo=UTC) + timedelta(days=days_after_due)
    return [(step.claim.step.value, str(step.claim.total)) for step in send_reminders(session, now=now, by=CLERK)]


def test_the_steps_are_taken_each_once_and_in_order_with_what_the_law_adds(session: Session) -> None:
    invoice = bill(session)

    assert invoice.due_on == DUE
    assert remind(session, 6) == []
    assert remind(session, 7) == [("reminder", "6050.00")]
    assert remind(session, 7) == []
    assert remind(session, 21) == [], "two weeks have to pass after the reminder"
    interest_22 = (GROSS * Decimal("10.5") * 21 / 36500).quantize(Decimal("0.01"))
    assert remind(session, 22) == [("notice", str(GROSS + interest_22 + 40))]
    assert remind(session, 36) == []
    interest_42 = (GROSS * Decimal("10.5") * 41 / 36500).quantize(Decimal("0.01"))
    assert remind(session, 42) == [("formal_notice", str(GROSS + interest_42 + 40))]
    assert remind(session, 400) == []
    assert len(session.exec(select(DunningRecord)).all()) == 3


def test_weeks_without_a_run_do_not_bring_two_steps_at_once(session: Session) -> None:
    bill(session)

    assert [step for step, _ in remind(session, 90)] == ["reminder"]
    assert remind(session, 91) == []
    assert [step for step, _ in remind(session, 105)] == ["notice"]


def test_interest_follows_what_was_open_and_stops_where_no_rate_is_published() -> None:
    balances = [Balance(date(2026, 3, 5), Decimal(1000)), Balance(date(2026, 3, 25), Decimal(400))]
    found = interest(balances, until=date(2026, 4, 4))

    by_hand = Decimal(1000) * 20 * Decimal("10.5") / 36500 + Decimal(400) * 10 * Decimal("10.5") / 36500
    assert found.amount == by_hand.quantize(Decimal("0.01")) == Decimal("6.90")
    assert [reason.inputs["days"] for reason in found.reasons] == [20, 10]

    over_new_year = interest([Balance(date(2025, 6, 21), Decimal(1000))], until=date(2025, 7, 11))
    assert over_new_year.amount == Decimal("6.03"), "ten days at 11.5 % and ten at 10.5 %"

    unknown = interest([Balance(rates()[-1].until, Decimal(1000))], until=rates()[-1].until + timedelta(days=30))
    assert (unknown.amount, [reason.code for reason in unknown.reasons]) == (Decimal(0), ["dunning.no_rate"])


def test_the_published_rates_follow_one_another_without_a_gap() -> None:
    assert all(one.until == after.since for one, after in zip(rates(), rates()[1:], strict=False))
    assert all(one.percent % Decimal("0.5") == 0 and one.percent >= 8 for one in rates())


def test_a_consumer_is_asked_for_nothing_beyond_what_is_open() -> None:
    taken = {DunningStep.REMINDER: date(2026, 3, 11)}
    owed = Owed(DUE, [Balance(date(2026, 3, 5), GROSS)], is_consumer=True, taken=taken)
    claim = next_claim(owed, today=date(2026, 4, 1))

    assert claim is not None
    assert (claim.step, claim.total) == (DunningStep.NOTICE, GROSS)
    assert claim.reasons[-1].code == "dunning.consumer"


def test_who_contests_is_not_reminded_until_the_matter_is_settled(session: Session) -> None:
    invoice = bill(session)
    said = {"invoice": invoice, "reason": "wrong projector", "by": CLERK}
    contest_invoice(session, **said, disputed=True, now=BILLED)
    assert remind(session, 10) == []

    contest_invoice(session, **said, disputed=False, now=BILLED + timedelta(days=1))

    assert [step for step, _ in remind(session, 10)] == ["reminder"]


def test_nobody_is_reminded_while_a_debit_is_under_way(session: Session) -> None:
    invoice = bill(session)
    held = CollectedInvoiceRecord(
        tenant_id=invoice.tenant_id,
        invoice_id=invoice.id,
        stripe_id="in_1",
        state=CollectedState.PROCESSING,
        synced_at=BILLED,
    )
    session.add(held)
    session.flush()
    assert remind(session, 10) == []

    held.state = CollectedState.FAILED
    session.flush()

    assert [step for step, _ in remind(session, 10)] == ["reminder"]


def test_who_has_paid_is_not_reminded_and_of_a_part_only_the_rest_is_asked_for(session: Session) -> None:
    invoice = bill(session)
    part = NewPayment.model_validate({"paid_on": "2026-03-10", "amount": "6000.00", "reference": invoice.number})
    record_payments(session, [Received(part, PaymentSource.BANK, "bank:1")], now=BILLED, by=CLERK)
    assert remind(session, 10) == [("reminder", "50.00")]

    rest = NewPayment.model_validate({"paid_on": "2026-03-20", "amount": "50.00", "reference": invoice.number})
    record_payments(session, [Received(rest, PaymentSource.BANK, "bank:2")], now=BILLED, by=CLERK)

    assert remind(session, 60) == []


class Box:
    """Keeps letters."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    def post(self, letter: EmailMessage) -> Posted:
        self.letters.append(letter)
        return Posted(taken=True, answer="250 ok")


@pytest.mark.parametrize(
    ("language", "subject", "sum_asked"),
    [
        ("nl", "Aanmaning: factuur INV-2026-000001 van Lumière Circulaire NV", "6.126,55"),
        ("fr", "Deuxième rappel : facture INV-2026-000001 de Lumière Circulaire NV", "6 126,55"),
        ("en", "Second reminder: invoice INV-2026-000001 of Lumière Circulaire NV", "6,126.55"),
    ],
)
def test_the_letter_goes_to_the_customer_in_their_language_once(
    database: Database, tenant: int, language: str, subject: str, sum_asked: str
) -> None:
    with database.writing(tenant) as session:
        reference = bill(session, language=language).document["payment_reference"]
        remind(session, 7)
        remind(session, 22)
    box, later = Box(), datetime(2026, 4, 1, tzinfo=UTC)
    post = Post(box, lambda _call: Called(taken=False, answer=""), "billing@maker.example", "https://pas.example")

    first, second = (send_messages(database, tenant, post=post, now=lambda: later).sent for _ in range(2))

    assert (first, second) == (2, 0)
    letter = box.letters[1]
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\xa0", " ").replace("\u202f", " ")
    assert (letter["To"], letter["Subject"]) == ("facturen@ziekenhuis.example", subject)
    assert "List-Unsubscribe" not in letter
    for part in (sum_asked, reference, "BE68 5390 0754 7034", "10"):
        assert part in text, text
    assert "–" not in text, "every blank of every sentence is filled in"
    with database.writing(tenant) as session:
        assert {one.state for one in session.exec(select(MessageRecord))} == {MessageState.SENT}
