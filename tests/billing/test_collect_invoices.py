"""Collecting through Stripe: whatever fails on the way, each invoice is collected once, and the books agree."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select

from billing.collection.collecting import CollectedState, TaskState
from billing.collection.payment import NewPayment, PaymentSource, Received
from billing.collection_tables import CollectedInvoiceRecord, CollectionTaskRecord, PaymentRecord
from billing.receivable_queries import open_receivables
from billing.reconcile import reconcile
from billing.record_payments import record_payments
from pas.db import Database
from tests.billing.billed_fleet import CLERK
from tests.billing.collected_fleet import MONTH_END, Office, open_office
from tests.faults.killing import tell
from tests.stripe_server.at_hand import StripeAtHand, stripe_at_hand

SEEDS = int(os.environ.get("PAS_TEST_STRIPE_SEEDS", "4"))
"""Plans of faults: a slice in `make test`, more in `make prove`."""
LONG_AGO = MONTH_END - timedelta(days=1)


@pytest.fixture(scope="module")
def server() -> Iterator[StripeAtHand]:
    with stripe_at_hand() as running:
        yield running


@pytest.fixture
def stripe(server: StripeAtHand) -> StripeAtHand:
    server.ask("forget")
    return server


def states(office: Office) -> list[CollectedState]:
    with office.writing() as session:
        return [one.state for one in session.exec(select(CollectedInvoiceRecord))]


def owed(office: Office) -> Decimal:
    with office.writing() as session:
        return sum((one.open for one in open_receivables(session, as_of=date.max)), Decimal(0))


def all_paid(office: Office) -> bool:
    held = states(office)
    return len(held) == len(office.invoices()) and set(held) == {CollectedState.PAID}


def tasks(office: Office) -> list[tuple[str, str]]:
    with office.writing() as session:
        return [(one.state.value, one.answer) for one in session.exec(select(CollectionTaskRecord))]


def clean(office: Office) -> Any:
    return reconcile(office.desk, since=LONG_AGO)


def test_an_invoice_is_charged_under_our_number_with_our_vat(
    database: Database, tenant: int, stripe: StripeAtHand
) -> None:
    office = open_office(database, tenant, stripe)

    assert office.queue().tasks == 1
    assert office.hand_over().done == 1

    (ours,) = office.invoices()
    (theirs,) = stripe.things("invoice")
    (row,) = theirs["lines"]["data"]
    assert (theirs["number"], theirs["status"], theirs["total"]) == (ours.number, "paid", 6050)
    assert (row["amount"], row["taxes"][0]["amount"], row["taxes"][0]["taxable_amount"]) == (5000, 1050, 5000)
    assert theirs["metadata"]["pas_hash"] == ours.hash
    assert owed(office) == 0
    assert clean(office).is_clean
    assert office.queue().tasks == 0
    assert office.hand_over() == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("fault", "call"),
    [
        *((fault, call) for fault in ("500_before", "500_after", "cut_after") for call in range(5)),
        ("429", 1),
        ("429", 4),
    ],
)
def test_whatever_call_fails_nothing_is_made_or_charged_twice(
    database: Database, tenant: int, stripe: StripeAtHand, fault: str, call: int
) -> None:
    office = open_office(database, tenant, stripe)
    stripe.ask("plan", script=["none"] * call + [fault])
    office.queue()

    office.until(lambda: all_paid(office))

    assert [len(stripe.things(kind)) for kind in ("customer", "invoice", "payment_intent")] == [1, 1, 1]
    assert owed(office) == 0
    assert clean(office).is_clean


@pytest.mark.parametrize("seed", range(SEEDS))
def test_with_the_server_failing_by_plan_no_customer_is_charged_twice_and_none_is_missing(
    database: Database, tenant: int, stripe: StripeAtHand, seed: int
) -> None:
    office = open_office(database, tenant, stripe, contracts=5, method="pm_sepa" if seed % 2 else "pm_card_ok")
    stripe.ask("plan", seed=seed, rate=0.4, reads=0.2)
    office.queue()
    told = {"seed": seed, "drop": 0.4, "twice": 0.5, "shuffle": True}

    done = {CollectedState.PAID, CollectedState.PROCESSING}
    office.until(lambda: len(states(office)) == 5 and set(states(office)) <= done)
    stripe.ask("settle")
    office.hear(**told)

    stripe.ask("plan")
    office.turn(timedelta(days=1))
    office.hear(**told)
    found = clean(office)
    assert found.is_clean, (found, tasks(office))
    assert found.compared == 5
    assert all_paid(office)
    intents = stripe.things("payment_intent")
    assert sorted(one["amount"] for one in intents) == [6050, 6171, 6292, 6413, 6534]
    assert len(stripe.things("customer")) == 1
    assert owed(office) == 0
    tell(f"plan {seed} of {SEEDS} on {database.engine.dialect.name}: {len(intents)} charges, once each")


def test_a_key_that_stripe_may_have_forgotten_is_not_trusted(
    database: Database, tenant: int, stripe: StripeAtHand
) -> None:
    office = open_office(database, tenant, stripe)
    stripe.ask("plan", script=["none", "cut_after"])
    office.queue()
    assert office.hand_over().again == 1

    office.turn(timedelta(days=3))
    office.until(lambda: all_paid(office))

    assert len(stripe.things("invoice")) == 1
    assert clean(office).is_clean


def test_a_debit_under_way_is_processing_and_then_paid_and_news_never_go_back(
    database: Database, tenant: int, stripe: StripeAtHand
) -> None:
    office = open_office(database, tenant, stripe, method="pm_sepa")
    office.queue()
    office.hand_over()
    assert states(office) == [CollectedState.PROCESSING]
    assert owed(office) == Decimal("60.50")

    stripe.ask("settle")
    office.hear(shuffle=True, twice=1.0, seed=3)

    assert states(office) == [CollectedState.PAID]
    assert owed(office) == 0
    with office.writing() as session:
        (paid,) = session.exec(select(PaymentRecord)).all()
        assert (paid.method.value, paid.amount, paid.external_id[:10]) == (
            "direct_debit",
            Decimal("60.50"),
            "stripe:pi_",
        )


def test_a_debit_that_the_bank_takes_back_opens_the_invoice_again(
    database: Database, tenant: int, stripe: StripeAtHand
) -> None:
    office = open_office(database, tenant, stripe, method="pm_sepa")
    office.queue()
    office.hand_over()
    stripe.ask("settle")
    office.hear()
    (intent,) = stripe.things("payment_intent")

    stripe.ask("take_back", payment_intent=intent["id"])
    office.hear(twice=1.0)

    assert owed(office) == Decimal("60.50")


def test_a_card_that_is_declined_fails_and_charges_nothing(
    database: Database, tenant: int, stripe: StripeAtHand
) -> None:
    office = open_office(database, tenant, stripe, method="pm_card_bad")
    office.queue()

    office.hand_over()
    office.hear()

    assert states(office) == [CollectedState.FAILED]
    ((state, answer),) = tasks(office)
    assert (state, answer.split(":")[0]) == ("done", "card_declined")
    assert owed(office) == Decimal("60.50")
    assert clean(office).is_clean


def pay_at_the_bank(session: Session, office: Office, amount: str) -> None:
    number = office.invoices()[0].number
    paid = NewPayment.model_validate({"paid_on": "2026-11-20", "amount": amount, "reference": number})
    record_payments(session, [Received(paid, PaymentSource.BANK, f"bank:{amount}")], now=office.now(), by=CLERK)


@pytest.mark.parametrize("amount", ["60.50", "10.00"])
def test_who_paid_at_the_bank_meanwhile_is_not_charged(
    database: Database, tenant: int, stripe: StripeAtHand, amount: str
) -> None:
    office = open_office(database, tenant, stripe)
    office.queue()
    with office.writing() as session:
        pay_at_the_bank(session, office, amount)

    assert office.hand_over().left == 1

    assert stripe.things("payment_intent") == []
    assert [state for state, _ in tasks(office)] == [TaskState.LEFT]


def test_stripe_is_told_of_an_invoice_that_was_paid_at_the_bank_after_a_charge_failed(
    database: Database, tenant: int, stripe: StripeAtHand
) -> None:
    office = open_office(database, tenant, stripe, method="pm_card_bad")
    office.queue()
    office.hand_over()
    with office.writing() as session:
        pay_at_the_bank(session, office, "60.50")

    office.queue()
    office.hand_over()

    assert states(office) == [CollectedState.PAID]
    with office.writing() as session:
        assert len(session.exec(select(PaymentRecord)).all()) == 1, "what was paid elsewhere is no money of Stripe's"
    assert clean(office).is_clean
