"""Collecting again after a charge failed: one order is one try, and none where nothing is to be had."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from billing.collection.collecting import CollectedState, MandateState
from billing.collection.payment import NewPayment, PaymentSource, Received
from billing.collection_queries import Collection, collection_of
from billing.collection_tables import MandateRecord
from billing.contest_invoice import contest_invoice
from billing.order_collection import NotToBeCollected, order_collection
from billing.receivable_queries import receivables
from billing.reconcile import reconcile
from billing.record_payments import record_payments
from billing.take_dunning_steps import due_steps
from pas.db import Database
from tests.billing.billed_fleet import CLERK
from tests.billing.collected_fleet import MONTH_END, Office, allow, open_office
from tests.stripe_server.at_hand import StripeAtHand, stripe_at_hand

NEXT_YEAR = MONTH_END + timedelta(days=90)


@pytest.fixture(scope="module")
def server() -> Iterator[StripeAtHand]:
    with stripe_at_hand() as running:
        yield running


@pytest.fixture
def office(database: Database, tenant: int, server: StripeAtHand) -> Office:
    """A charge that was declined."""
    server.ask("forget")
    declined = open_office(database, tenant, server, method="pm_card_bad")
    declined.queue()
    declined.hand_over()
    return declined


def order(office: Office) -> Collection:
    number = office.invoices()[0].number
    with office.writing() as session:
        return order_collection(session, number=number, now=office.now(), by=CLERK)


def standing(office: Office) -> Collection:
    (invoice,) = office.invoices()
    with office.writing() as session:
        return collection_of(session, invoice=invoice)


def give_another(office: Office, method: str) -> None:
    """Let the customer give another account or card."""
    (invoice,) = office.invoices()
    with office.writing() as session:
        for one in session.exec(select(MandateRecord)):
            one.state = MandateState.ENDED
        allow(session, invoice.customer_id, method)


def reminded(session: Session) -> list[list[str]]:
    return [[reason.code for reason in step.claim.reasons] for step in due_steps(session, now=NEXT_YEAR)]


def test_each_order_is_one_try_until_one_succeeds(office: Office) -> None:
    assert standing(office)[1:5] == (CollectedState.FAILED, 1, "card_declined", False)

    assert order(office).waits
    assert order(office).waits, "a click too many orders nothing"
    assert office.hand_over().done == 1
    assert standing(office)[1:5] == (CollectedState.FAILED, 2, "card_declined", False)
    give_another(office, "pm_card_ok")
    order(office)
    assert office.hand_over().done == 1

    assert standing(office)[1:5] == (CollectedState.PAID, 3, "", False)
    tries = [one["status"] for one in office.stripe.things("payment_intent")]
    assert tries == ["requires_payment_method", "requires_payment_method", "succeeded"]
    (invoice,) = office.invoices()
    with office.writing() as session:
        assert receivables(session, [invoice], as_of=date.max)[0].paid == Decimal("60.50")
    assert reconcile(office.desk, since=MONTH_END - timedelta(days=1)).is_clean
    with pytest.raises(NotToBeCollected, match="is paid"):
        order(office)


@pytest.mark.parametrize("fault", ["429", "500_before", "500_after", "cut_before", "cut_after"])
def test_whatever_breaks_off_the_second_try_it_charges_once(office: Office, fault: str) -> None:
    give_another(office, "pm_card_ok")
    order(office)
    office.stripe.ask("plan", script=[fault])

    office.until(lambda: standing(office).state is CollectedState.PAID)

    tries = [one["status"] for one in office.stripe.things("payment_intent")]
    assert tries == ["requires_payment_method", "succeeded"]
    assert reconcile(office.desk, since=MONTH_END - timedelta(days=1)).is_clean


def test_a_second_debit_under_way_is_no_failure_and_nobody_is_reminded_of_it(office: Office) -> None:
    with office.writing() as session:
        assert reminded(session) == [["dunning.overdue", "dunning.collection_failed", "dunning.free_reminder"]]
    give_another(office, "pm_sepa")

    order(office)
    with office.writing() as session:
        assert reminded(session) == [], "it is about to be debited"
    office.hand_over()

    assert standing(office)[1:3] == (CollectedState.PROCESSING, 2)
    with office.writing() as session:
        assert reminded(session) == []
    with pytest.raises(NotToBeCollected, match="is being debited already"):
        order(office)
    office.stripe.ask("settle", fails=True)
    office.hear(shuffle=True, twice=1.0, seed=5)
    assert standing(office)[1:4] == (CollectedState.FAILED, 2, "insufficient_funds")
    assert order(office).waits


def test_what_is_contested_partly_paid_or_without_mandate_is_not_collected(office: Office) -> None:
    (invoice,) = office.invoices()
    with office.writing() as session:
        contest_invoice(session, invoice=invoice, disputed=True, reason="broken", now=office.now(), by=CLERK)
    with pytest.raises(NotToBeCollected, match="is contested"):
        order(office)
    with office.writing() as session:
        contest_invoice(session, invoice=invoice, disputed=False, reason="settled", now=office.now(), by=CLERK)
        for one in session.exec(select(MandateRecord).where(col(MandateRecord.state) == MandateState.ACTIVE)):
            one.state = MandateState.ENDED
    with pytest.raises(NotToBeCollected, match="without a mandate"):
        order(office)
    give_another(office, "pm_card_ok")
    with office.writing() as session:
        paid = NewPayment.model_validate({"paid_on": "2026-11-20", "amount": "10.00", "reference": invoice.number})
        record_payments(session, [Received(paid, PaymentSource.BANK, "bank:1")], now=office.now(), by=CLERK)
    with pytest.raises(NotToBeCollected, match="wholly or in part"):
        order(office)
    assert len(office.stripe.things("payment_intent")) == 1
