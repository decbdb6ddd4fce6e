"""How far the collection of an invoice, a mandate, a refund or a task has come; nothing goes back."""

from enum import StrEnum
from typing import NamedTuple


class TaskKind(StrEnum):
    """What is handed over."""

    COLLECT = "collect"
    """An invoice, to be debited or charged through Stripe."""
    COLLECT_AGAIN = "collect_again"
    """The same once more, after a try that failed."""
    FILE = "file"
    """An e-invoice, to the folder of the access point."""
    MANDATE = "mandate"
    """A page on which a customer gives account or card."""
    REFUND = "refund"
    """Money back through Stripe."""
    SETTLE = "settle"
    """Tell Stripe that an invoice it holds was paid or credited otherwise."""


class TaskState(StrEnum):
    """How far a task has come."""

    WAITING = "waiting"
    WORKING = "working"
    """Somebody claimed it; after `claimed_until` another may."""
    DONE = "done"
    LEFT = "left"
    """Nothing was to be done: paid already, or not to be collected by Stripe."""
    FAILED = "failed"
    """The other side refuses it, or what it holds is not what we meant; a person must look."""


class MandateKind(StrEnum):
    """By which way we collect."""

    SEPA_DEBIT = "sepa_debit"
    CARD = "card"


class MandateState(StrEnum):
    """How far a mandate has come."""

    WAITING = "waiting"
    """The customer has yet to give account or card."""
    ACTIVE = "active"
    ENDED = "ended"
    """Withdrawn, expired or refused."""


class RefundState(StrEnum):
    """How far a refund has come."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class CollectedState(StrEnum):
    """How far Stripe is with an invoice, in the order in which it goes."""

    DRAFT = "draft"
    OPEN = "open"
    PROCESSING = "processing"
    """A direct debit is under way: 5 to 14 working days, in which nobody is reminded."""
    FAILED = "failed"
    """The last try failed; the invoice is open again."""
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


ORDER = {state: rank for rank, state in enumerate(CollectedState)}
FINAL = frozenset({CollectedState.PAID, CollectedState.VOID})


class Standing(NamedTuple):
    """Where a collection stands: the state, and after how many tries of payment."""

    state: CollectedState
    attempts: int


def is_forward(before: Standing, after: Standing) -> bool:
    """Tell whether news is newer than what is known: nothing leaves paid or void, a new try outdates an old failure.

    >>> is_forward(Standing(CollectedState.PAID, 1), Standing(CollectedState.PROCESSING, 1))
    False
    >>> is_forward(Standing(CollectedState.FAILED, 1), Standing(CollectedState.PROCESSING, 2))
    True
    """
    if before.state in FINAL:
        return False
    if after.state in FINAL:
        return True
    return (after.attempts, ORDER[after.state]) > (before.attempts, ORDER[before.state])
