"""Which invoices a payment pays: by what the payer wrote, else by the payer's account and the exact amount."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import stdnum.iso11649
from stdnum.exceptions import ValidationError

MATCH_RULE = "match/1"
_MODULUS = 97
_SHORTEST = 9
"""Signs of a creditor reference: shorter ones turn up by chance."""
_STRUCTURED = re.compile(r"(?<!\d)(\d{3})\s*/?\s*(\d{4})\s*/?\s*(\d{5})(?!\d)")
_CREDITOR = re.compile(r"\bRF\s?\d{2}(?:\s?[A-Z0-9]){1,21}", re.IGNORECASE)
_NUMBER = re.compile(r"\b[A-Z0-9]{1,12}-\d{4}-\d{6,9}\b", re.IGNORECASE)


class MatchedBy(StrEnum):
    """How it was found what a payment pays."""

    TOLD = "told"
    """A clerk or the payer named the invoice."""
    REFERENCE = "reference"
    """The structured communication (OGM) or the creditor reference (RF)."""
    NUMBER = "number"
    """The invoice's number stands in the text."""
    ACCOUNT = "account"
    """The account is a known customer's and the amount that of exactly one open invoice."""
    STRIPE = "stripe"
    """Stripe collected it for this invoice."""


class OpenInvoice(NamedTuple):
    """An invoice that a payment may pay."""

    id: UUID
    number: str
    customer_id: UUID
    due_on: date
    currency: str
    paid: Decimal
    open: Decimal
    reference: str
    """As `references` writes it."""


class Part(NamedTuple):
    """So much of a payment is set against an invoice, and how that was found."""

    invoice_id: UUID
    amount: Decimal
    rule: str


class Named(NamedTuple):
    """What a payment names: references, then numbers."""

    references: tuple[str, ...]
    numbers: tuple[str, ...]


def references(text: str) -> tuple[str, ...]:
    """Find the payment references in a text whose check digits are right: 12 digits, or RF and the rest.

    >>> references("facture +++202/6000/12320+++ merci"), references("RF46 2026 0001 23"), references("202600012321")
    (('202600012320',), ('RF462026000123',), ())
    """
    found = ["".join(parts) for parts in _STRUCTURED.findall(text)]
    right = [digits for digits in found if (int(digits[:10]) % _MODULUS or _MODULUS) == int(digits[10:])]
    return (*dict.fromkeys([*right, *filter(None, map(_creditor, _CREDITOR.findall(text)))]),)


def _creditor(text: str) -> str:
    """Give a creditor reference without blanks; of a text that runs on, the longest beginning that is one."""
    compact = re.sub(r"\s", "", text).upper()
    for end in range(len(compact), _SHORTEST - 1, -1):
        try:
            return str(stdnum.iso11649.validate(compact[:end]))
        except ValidationError:
            continue
    return ""


def numbers(text: str) -> tuple[str, ...]:
    """Find what looks like the number of an invoice.

    >>> numbers("Betaling inv-2026-000123 en INV-2026-000124.")
    ('INV-2026-000123', 'INV-2026-000124')
    """
    return (*dict.fromkeys(found.upper() for found in _NUMBER.findall(text)),)


def match(
    amount: Decimal, currency: str, *, named: Named, told: Sequence[str], candidates: Iterable[OpenInvoice]
) -> list[Part]:
    """Say what a payment pays, in the order in which invoices are named, each up to what it has open.

    What is left over pays nothing: it stays the customer's, and is listed. Money that went back (less than nothing)
    takes back what the named invoices were paid.
    """
    known = [one for one in candidates if one.currency == currency]
    by_name = _named(known, named, told)
    if by_name:
        return _spread(amount, by_name)
    fitting = [one for one in known if one.open == amount]
    same_payer = len({one.customer_id for one in known}) == 1
    if len(fitting) == 1 and same_payer:
        return [Part(fitting[0].id, amount, MatchedBy.ACCOUNT)]
    return []


def _named(known: Sequence[OpenInvoice], named: Named, told: Sequence[str]) -> list[tuple[OpenInvoice, str]]:
    wanted = (
        *((number, MatchedBy.TOLD) for number in told),
        *((reference, MatchedBy.REFERENCE) for reference in named.references),
        *((number, MatchedBy.NUMBER) for number in named.numbers),
    )
    found: dict[UUID, tuple[OpenInvoice, str]] = {}
    for name, rule in wanted:
        for one in known:
            if name == (one.reference if rule is MatchedBy.REFERENCE else one.number):
                found.setdefault(one.id, (one, rule))
    return list(found.values())


def _spread(amount: Decimal, found: Iterable[tuple[OpenInvoice, str]]) -> list[Part]:
    left, parts = amount, list[Part]()
    for one, rule in found:
        some = min(left, max(one.open, Decimal(0))) if amount > 0 else max(left, -one.paid)
        if some:
            parts.append(Part(one.id, some, rule))
            left -= some
    return parts
