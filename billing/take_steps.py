"""Take one step at Stripe, once: written down, asked, and what came of it written down; never inside a transaction."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from billing.collection.till import AskMandate, Deed, DraftInvoice, GiveBack, MakeCustomer, Outcome, Till
from billing.keep_steps import begin_step, end_step, tried_before

_MAKING = (MakeCustomer, DraftInvoice, GiveBack, AskMandate)
"""Deeds that make a thing: twice would make two, so an earlier try is looked for before it is tried again."""


class Desk(NamedTuple):
    """What is at hand: whoever collects, transactions of their own, and the time."""

    till: Till
    writing: Callable[[], AbstractContextManager[Session]]
    now: Callable[[], datetime]
    back_to: str = ""
    """Where Stripe's page sends a customer back to."""


class Later(Exception):
    """The step could not be taken now; it is taken later."""

    def __init__(self, said: str, wait: float = 0) -> None:
        """Keep what was said, and for how many seconds we were asked to wait."""
        super().__init__(said)
        self.said = said
        self.wait = wait


class NotDone(Exception):
    """The other side will not do it as asked; a person must look."""


class Taken(NamedTuple):
    """What a step came to: the id of what was made or done, and a page where it has one."""

    id: str
    page: str = ""
    declined: str = ""


def take_step(desk: Desk, *, operation: str, deed: Deed) -> Taken:
    """Take a step whose effect must come once, whatever broke off before.

    An answer that was lost is asked for again under the same key. A key that was answered with a fault, or that Stripe
    may have forgotten, is replaced, after a look at what it made. Raises Later, NotDone and TillSilent.
    """
    with desk.writing() as session:
        before = tried_before(session, operation=operation)
    if before is not None and before.done_at is not None:
        return Taken(before.stripe_id)
    if before is not None and isinstance(deed, _MAKING):
        found = desk.till.find(deed, since=before.first_tried_at)
        if found:
            return _ended(desk, operation, Taken(found))

    with desk.writing() as session:
        step = begin_step(session, operation=operation, now=desk.now())
    answer = desk.till.do(deed, key=step.key)

    if answer.outcome is Outcome.DONE:
        return _ended(desk, operation, Taken(answer.id, answer.page))
    if answer.outcome is Outcome.DECLINED:
        return _ended(desk, operation, Taken("declined", declined=answer.said))
    if answer.outcome is Outcome.REFUSED:
        raise NotDone(answer.said)
    if answer.outcome is Outcome.BROKEN:
        found = desk.till.find(deed, since=step.since) if isinstance(deed, _MAKING) else ""
        if found:
            return _ended(desk, operation, Taken(found))
        with desk.writing() as session:
            begin_step(session, operation=operation, now=desk.now(), key_is_spent=True)
    raise Later(answer.said, answer.wait)


def _ended(desk: Desk, operation: str, taken: Taken) -> Taken:
    with desk.writing() as session:
        end_step(session, operation=operation, stripe_id=taken.id, now=desk.now())
    return taken
