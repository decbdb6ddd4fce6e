"""The journal: each document, payment and end of a month as an entry whose debits and credits are equal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from billing.books.accounts import ROLE_OF_COMPONENT, ROLE_OF_METHOD, Role
from billing.books.line import NOTHING, in_words, total
from billing.books.revenue import RevenueMonth
from billing.period import months_later
from billing.vat import VatShare

JOURNAL_RULE = "journal/1"


class Unbalanced(ValueError):
    """A programming error: the debits of an entry are not its credits. Never shown to anybody."""


class Journal(StrEnum):
    """In which book an entry stands."""

    SALES = "sales"
    FINANCE = "finance"
    GENERAL = "general"


class Posting(NamedTuple):
    """An amount on an account: more than nothing is debit, less is credit."""

    role: Role
    amount: Decimal
    customer: str = ""
    vat: str = ""


class Entry(NamedTuple):
    """Postings that belong together; `key` is unique for ever, so that nothing is exported twice."""

    key: str
    journal: Journal
    on: date
    document: str
    text: str
    currency: str
    postings: tuple[Posting, ...]


class SoldDocument(NamedTuple):
    """An issued document as the journal needs it: its net by component and its VAT by category and rate."""

    number: str
    issued_on: date
    customer: str
    customer_name: str
    currency: str
    gross: Decimal
    nets: Mapping[str, Decimal]
    shares: Sequence[VatShare]


class PaidIn(NamedTuple):
    """A payment; without a customer it waits on the suspense account until it is known what it pays."""

    id: str
    paid_on: date
    customer: str | None
    method: str
    currency: str
    amount: Decimal
    reference: str


class FoundOut(NamedTuple):
    """A part of a payment of nobody knew whom, which turned out to pay an invoice."""

    id: str
    value_on: date
    customer: str
    document: str
    currency: str
    amount: Decimal


def entry(
    key: str, journal: Journal, *, on: date, document: str, text: str, currency: str, postings: Iterable[Posting]
) -> Entry:
    """Make an entry, without postings of nothing. Raises Unbalanced."""
    kept = tuple(posting for posting in postings if posting.amount)
    if total(posting.amount for posting in kept):
        raise Unbalanced(f"{key} is out of balance: {kept}")
    return Entry(key, journal, on, document, text, currency, kept)


def entry_of_document(sold: SoldDocument) -> Entry:
    """Book an invoice, or a credit note, whose amounts are less than nothing: the same accounts, the other side."""
    nets: dict[Role, Decimal] = {}
    for component, net in sold.nets.items():
        role = ROLE_OF_COMPONENT.get(component, Role.REVENUE)
        nets[role] = nets.get(role, NOTHING) + net
    return entry(
        f"document:{sold.number}",
        Journal.SALES,
        on=sold.issued_on,
        document=sold.number,
        text=f"{sold.number} {sold.customer_name}",
        currency=sold.currency,
        postings=[
            Posting(Role.RECEIVABLE, sold.gross, customer=sold.customer),
            *(Posting(role, -net) for role, net in nets.items()),
            *(Posting(Role.VAT, -one.vat, vat=f"{one.category.value} {one.rate:f}") for one in sold.shares),
        ],
    )


def entry_of_payment(paid: PaidIn) -> Entry:
    """Book money that came in, or went back."""
    place = ROLE_OF_METHOD.get(paid.method, Role.SUSPENSE)
    other = Role.SUSPENSE if paid.customer is None else Role.RECEIVABLE
    return entry(
        f"payment:{paid.id}",
        Journal.FINANCE,
        on=paid.paid_on,
        document="",
        text=f"payment {paid.reference}".strip(),
        currency=paid.currency,
        postings=[Posting(place, paid.amount), Posting(other, -paid.amount, customer=paid.customer or "")],
    )


def entry_of_finding(found: FoundOut) -> Entry:
    """Book from the suspense account to the customer what was found out to be the customer's payment."""
    return entry(
        f"allocation:{found.id}",
        Journal.FINANCE,
        on=found.value_on,
        document=found.document,
        text=f"payment of {found.document}",
        currency=found.currency,
        postings=[
            Posting(Role.SUSPENSE, found.amount),
            Posting(Role.RECEIVABLE, -found.amount, customer=found.customer),
        ],
    )


class Standing(NamedTuple):
    """What is deferred or accrued at the end of a month, of one kind of income in one currency."""

    month: date
    currency: str
    income: Role
    held: Role
    amount: Decimal

    @property
    def name(self) -> str:
        """Name it as entries do."""
        return f"{self.held.value}:{in_words(self.month)}:{self.currency}:{self.income.value}"


def standings(month: date, rows: Iterable[RevenueMonth]) -> list[Standing]:
    """Add up what stands at the end of a month, from the roll-forward by component."""
    sums: dict[tuple[str, Role, Role], Decimal] = {}
    for row in rows:
        if row.month == in_words(month):
            income = ROLE_OF_COMPONENT.get(row.group, Role.REVENUE)
            for held, amount in ((Role.DEFERRED, row.deferred), (Role.ACCRUED, row.accrued)):
                sums[row.currency, income, held] = sums.get((row.currency, income, held), NOTHING) + amount
    return [
        Standing(month, currency, income, held, amount)
        for (currency, income, held), amount in sorted(sums.items())
        if amount
    ]


def entry_of_closing(standing: Standing) -> Entry:
    """Close a month: what was billed ahead leaves its income, what was served and not billed joins it."""
    last = months_later(standing.month, 1) - timedelta(days=1)
    return _moved(standing, f"closing:{standing.name}", last, sign=1)


def entry_of_opening(standing: Standing) -> Entry:
    """Take the closing back on the first day of the month after it."""
    return _moved(standing, f"opening:{standing.name}", months_later(standing.month, 1), sign=-1)


def _moved(standing: Standing, key: str, on: date, *, sign: int) -> Entry:
    amount = sign * (standing.amount if standing.held is Role.ACCRUED else -standing.amount)
    return entry(
        key,
        Journal.GENERAL,
        on=on,
        document="",
        text=f"{standing.held.value} {in_words(standing.month)}{'' if sign > 0 else ', taken back'}",
        currency=standing.currency,
        postings=[Posting(standing.held, amount), Posting(standing.income, -amount)],
    )
