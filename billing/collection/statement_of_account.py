"""A customer's statement of account: every invoice, credit note and payment in order, with the balance after each."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel

_NOTHING = Decimal("0.00")


class AccountKind(StrEnum):
    """What a line of the account is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"


class Booked(NamedTuple):
    """Something that happened on the account: more than nothing is owed more."""

    on: date
    kind: AccountKind
    number: str
    amount: Decimal
    due_on: date | None
    open: Decimal | None


class AccountLine(BaseModel):
    """One line: `amount` is owed (more than nothing) or came in (less); `open` what an invoice still owes."""

    on: date
    kind: AccountKind
    number: str
    amount: Decimal
    due_on: date | None
    open: Decimal | None
    balance: Decimal


class AccountStatement(BaseModel):
    """The account from one day to another, both included."""

    customer: str
    customer_name: str
    currency: str
    from_day: date
    until_day: date
    opening: Decimal
    lines: list[AccountLine]
    closing: Decimal
    overdue: Decimal
    unallocated: Decimal
    """What was paid and pays no invoice yet."""


def drawn_up(
    booked: Iterable[Booked], *, customer: str, name: str, currency: str, days: tuple[date, date], unallocated: Decimal
) -> AccountStatement:
    """Add the account up: what lies before the first day is its opening balance."""
    first, last = days
    opening, balance, lines, overdue = _NOTHING, _NOTHING, list[AccountLine](), _NOTHING
    for one in sorted(booked, key=lambda one: (one.on, one.kind is not AccountKind.INVOICE, one.number)):
        if one.on > last:
            continue
        balance += one.amount
        if one.open is not None and one.due_on is not None and one.due_on < last:
            overdue += max(one.open, _NOTHING)
        if one.on < first:
            opening = balance
        else:
            lines.append(AccountLine(**one._asdict(), balance=balance))
    return AccountStatement(
        customer=customer,
        customer_name=name,
        currency=currency,
        from_day=first,
        until_day=last,
        opening=opening,
        lines=lines,
        closing=balance,
        overdue=overdue,
        unallocated=unallocated,
    )
