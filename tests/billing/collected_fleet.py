"""Invoices to collect, a customer who lets us, and a desk from which we do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from sqlmodel import Session, col, select

from billing.bill_month import bill_month
from billing.collection.collecting import MandateKind, MandateState
from billing.collection_tables import MandateRecord
from billing.hand_over import HandedOver, hand_over_some
from billing.hear_events import Heard, hear_events, take_event
from billing.period import Month
from billing.queue_hand_overs import Queued, queue_hand_overs
from billing.stripe_gateway import Limiter, StripeTill, read_event
from billing.tables import InvoiceRecord
from billing.take_steps import Desk
from pas import clock
from pas.db import Database
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign
from tests.stripe_server.at_hand import SECRET, StripeAtHand

MONTH_END = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass
class Office:
    """Where invoices are collected from; the clock is the real one, turned by `ahead`."""

    database: Database
    tenant: int
    stripe: StripeAtHand
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return clock.now() + self.ahead

    @property
    def desk(self) -> Desk:
        till = StripeTill("sk_test_1", url=self.stripe.url, limiter=Limiter(per_second=10_000), patience=5)
        return Desk(till, partial(self.database.writing, self.tenant), self.now, "https://pas.example")

    def turn(self, by: timedelta) -> None:
        """Let time pass, here and at Stripe."""
        self.ahead += by
        self.stripe.ask("turn", seconds=int(by.total_seconds()))

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.database.writing(self.tenant) as session:
            yield session

    def queue(self) -> Queued:
        with self.writing() as session:
            return queue_hand_overs(session, files=False, now=self.now())

    def hand_over(self, most: int = 100) -> HandedOver:
        return hand_over_some(self.desk, most=most)

    def until(self, is_over: Callable[[], bool], rounds: int = 60) -> None:
        """Hand over again and again, letting the waits pass, until it is over."""
        for _ in range(rounds):
            self.hand_over()
            if is_over():
                return
            self.turn(timedelta(minutes=10))
        msg = f"not over after {rounds} rounds"
        raise AssertionError(msg)

    def hear(self, **how: object) -> Heard:
        """Let Stripe tell, as it pleases, and look into what was told."""
        for told in self.stripe.ask("events", **how)["deliveries"]:
            payload, signature = told["payload"].encode(), told["signature"]
            event = read_event(payload, signature=signature, secret=SECRET, now=clock.now())
            with self.writing() as session:
                take_event(session, event=event, now=self.now())
        return hear_events(self.desk, most=1000)

    def invoices(self) -> list[InvoiceRecord]:
        with self.writing() as session:
            return list(session.exec(select(InvoiceRecord).order_by(col(InvoiceRecord.number))))


def open_office(
    database: Database, tenant: int, stripe: StripeAtHand, *, contracts: int = 1, method: str = "pm_card_ok"
) -> Office:
    """Bill contracts of 50.00 and VAT for October, to a customer who lets us charge."""
    office = Office(database, tenant, stripe)
    with office.writing() as session:
        fleet = found_fleet(session, assets=contracts)
        for number, asset in enumerate(fleet.assets):
            terms = [line(asset, starts_on="2026-10-01", monthly_fee=str(Decimal("50.00") + number))]
            sign(session, contract(fleet.customer, f"C-{number}", terms))
        allow(session, fleet.customer.id, method)
        bill_month(session, month=Month("2026-10"), now=MONTH_END, by=CLERK)
    return office


def allow(session: Session, customer_id: object, method: str) -> None:
    """Let a customer allow us to collect by a method that the test server knows."""
    kind = MandateKind.SEPA_DEBIT if "sepa" in method else MandateKind.CARD
    facts = {"customer_id": customer_id, "kind": kind, "state": MandateState.ACTIVE, "payment_method": method}
    facts |= {"made_at": MONTH_END, "made_by": "test", "changed_at": MONTH_END}
    session.add(MandateRecord(tenant_id=session.info["tenant_id"], **facts))
    session.flush()
