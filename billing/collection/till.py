"""What we ask of whoever collects for us (Stripe), and what is answered; amounts are in cents."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from billing.collection.collecting import CollectedState, MandateKind

KEY_LASTS = timedelta(hours=23)
"""Stripe may forget an idempotency key after 24 hours; from then on we look before we ask again."""


class MakeCustomer(NamedTuple):
    """Make the customer known there."""

    code: str
    """Ours, by which it is found again."""
    name: str
    email: str
    language: str


class DraftInvoice(NamedTuple):
    """Draw up an invoice under our own number."""

    customer: str
    number: str
    currency: str
    payment_method: str
    hash: str


class Tax(NamedTuple):
    """Our VAT on a line."""

    amount: int
    taxable: int
    percent: str
    category: str
    country: str


class TillLine(NamedTuple):
    """A line of an invoice with its VAT."""

    text: str
    amount: int
    tax: Tax


class AddLines(NamedTuple):
    """Give an invoice all its lines at once."""

    invoice: str
    lines: tuple[TillLine, ...]


class FinalizeInvoice(NamedTuple):
    """Make an invoice final; nothing is collected by that alone."""

    invoice: str


class PayInvoice(NamedTuple):
    """Collect an invoice now."""

    invoice: str
    payment_method: str


class SettleOutside(NamedTuple):
    """Say that an invoice was paid otherwise."""

    invoice: str


class VoidInvoice(NamedTuple):
    """Say that an invoice is owed no more."""

    invoice: str


class GiveBack(NamedTuple):
    """Give money back by the way that it came."""

    payment_intent: str
    amount: int
    refund: str
    """Our id of it."""


class AskMandate(NamedTuple):
    """Open a page on which a customer gives account or card."""

    customer: str
    kind: MandateKind
    mandate: str
    """Our id of it."""
    language: str
    back_to: str


Deed = (
    MakeCustomer
    | DraftInvoice
    | AddLines
    | FinalizeInvoice
    | PayInvoice
    | SettleOutside
    | VoidInvoice
    | GiveBack
    | AskMandate
)


class Outcome(StrEnum):
    """What became of a deed."""

    DONE = "done"
    UNKNOWN = "unknown"
    """No answer, or told to wait: the same key may be used again."""
    BROKEN = "broken"
    """The other side failed: it repeats that under this key for ever, so look, then use another."""
    REFUSED = "refused"
    """It will not be done as asked."""
    DECLINED = "declined"
    """The bank said no to the payment."""


class Answer(NamedTuple):
    """What was answered to a deed."""

    outcome: Outcome
    id: str = ""
    page: str = ""
    said: str = ""
    wait: float = 0
    """So many seconds we were asked to wait."""


class SeenInvoice(NamedTuple):
    """An invoice as it stands there."""

    id: str
    number: str
    state: CollectedState
    lines: int
    total: int
    paid: int
    attempts: int
    payment_intent: str
    why: str


class SeenMandate(NamedTuple):
    """What a customer gave on the page."""

    is_complete: bool
    is_over: bool
    payment_method: str
    last4: str
    reference: str
    page: str


class SeenRefund(NamedTuple):
    """A refund as it stands there."""

    id: str
    refund: str
    """Our id of it."""
    status: str
    amount: int
    payment_intent: str


class SeenDispute(NamedTuple):
    """A payment that the payer's bank takes back."""

    id: str
    is_lost: bool
    amount: int
    currency: str
    payment_intent: str
    happened_at: datetime


class SeenEvent(NamedTuple):
    """What we were told, whose signature is right: only which thing to look at."""

    id: str
    type: str
    object_id: str
    happened_at: datetime


class TillSilent(Exception):
    """The other side could not be asked; it is tried again later."""

    def __init__(self, said: str, wait: float = 0) -> None:
        """Keep what was said, and for how many seconds we were asked to wait."""
        super().__init__(said)
        self.said = said
        self.wait = wait


class NotThere(Exception):
    """The other side knows no such thing."""


class Till(Protocol):
    """Whoever collects for us."""

    def do(self, deed: Deed, *, key: str) -> Answer:
        """Do something that must have its effect once; the same key again gives the same answer."""
        ...

    def find(self, deed: Deed, *, since: datetime) -> str:
        """Find what an earlier try of a deed made, by our own number or id; empty where it made nothing.

        Raises TillSilent.
        """
        ...

    def invoice(self, stripe_id: str) -> SeenInvoice:
        """See an invoice as it stands. Raises TillSilent and NotThere."""
        ...

    def invoices(self, *, since: datetime) -> Iterator[SeenInvoice]:
        """See all invoices made since a moment. Raises TillSilent."""
        ...

    def mandate(self, session: str) -> SeenMandate:
        """See what a customer gave. Raises TillSilent and NotThere."""
        ...

    def refund(self, stripe_id: str) -> SeenRefund:
        """See a refund. Raises TillSilent and NotThere."""
        ...

    def dispute(self, stripe_id: str) -> SeenDispute:
        """See a dispute. Raises TillSilent and NotThere."""
        ...
