"""An invoice is a legal document whose sums cannot disagree: it is drawn up right or not at all."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from billing.contract.contract import Contract, Proration, VatCategory
from billing.period import Period
from billing.proof import plain
from billing.rating.rated import Component, RatedLine
from billing.seller import Seller
from billing.vat import Taxed, VatShare, check_buyer, check_rate, vat_shares, why_untaxed
from lifecycle.customer import Customer
from lifecycle.money import to_cents

INVOICE_RULE = "invoice/2"
MODULUS = 97
LONGEST_SERIES = 12
POLICIES = ("fee_timing", "zero_use", "negative_month", "late_months")
"""What of a contract is printed on each of its invoices, beside how a part of a month is found."""


class SumsDisagree(ValueError):
    """A programming error: the amounts of a document do not add up. Never shown to anybody."""


class Kind(StrEnum):
    """What a document of the series is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    """Takes back an invoice or a part of it: its amounts are less than nothing, and people read them turned round."""


class Why(StrEnum):
    """Why a credit note is given."""

    WRONG_READING = "wrong_reading"
    WRONG_TERMS = "wrong_terms"
    NOT_DELIVERED = "not_delivered"
    GOODWILL = "goodwill"
    WRONG_BUYER = "wrong_buyer"
    OTHER = "other"


class Credited(BaseModel):
    """The invoice that a credit note takes back, as the law wants it named, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: str
    issued_on: date
    why: Why
    note: str = ""


class Party(BaseModel):
    """Who sells or buys, as they stood on the day of issue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    vat_number: str | None
    street: str
    postal_code: str
    city: str
    country: str
    email: str | None


class InvoiceLine(RatedLine):
    """A rated line with its place on the document and its VAT."""

    position: int
    vat_category: VatCategory
    vat_rate: Decimal
    credits_line: int | None = None
    """Of a line of a credit note: which line of the credited invoice it takes back."""


class Invoice(BaseModel):
    """The whole document. Days are local and half-open: `period_end` and a line's are the first day no longer in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str = INVOICE_RULE
    kind: Kind = Kind.INVOICE
    number: str
    issued_on: date
    due_on: date
    period_start: date
    period_end: date
    language: str
    currency: str
    seller: Party
    buyer: Party
    customer_code: str
    contract: str
    order_reference: str
    zone: str
    proration: Proration
    policies: dict[str, str] = {}
    """How the contract charges where it could be done in more than one way, by the names of its fields."""
    lines: list[InvoiceLine]
    vat_shares: list[VatShare]
    net: Decimal
    vat: Decimal
    gross: Decimal
    iban: str
    bic: str
    payment_reference: str
    legal_sentences: list[str]
    credited: Credited | None = None

    @property
    def span(self) -> Period:
        """Give the days of the document and of all its lines: late use stands before the month it is billed in."""
        starts, ends = ([getattr(one, name) for one in (self, *self.lines)] for name in ("period_start", "period_end"))
        return Period(min(starts), max(ends))

    @model_validator(mode="after")
    def _sums_agree(self) -> Self:
        """Hold every sum against its parts. Raises SumsDisagree."""
        exact = (
            all(line.net == to_cents(line.quantity * line.unit_price / line.price_base) for line in self.lines),
            self.net == sum(line.net for line in self.lines),
            self.net == sum(part.taxable for part in self.vat_shares),
            self.vat == sum(part.vat for part in self.vat_shares),
            self.gross == self.net + self.vat,
        )
        if not all(exact):
            raise SumsDisagree(f"the amounts of {self.number} do not add up: {exact}")
        return self


SECURITY = frozenset({Component.DEPOSIT, Component.DEPOSIT_RETURN})


def only_security(lines: Sequence[InvoiceLine], category: VatCategory) -> bool:
    """Tell whether every line of a category is a deposit taken or given back."""
    return all(line.component in SECURITY for line in lines if line.vat_category is category)


def draw_up(
    *, number: str, seller: Seller, buyer: Customer, contract: Contract, period: Period, lines: Sequence[RatedLine],
    issued_on: date, payment_reference: str,
) -> Invoice:  # fmt: skip
    """Draw up the document of one contract and period; what comes to less than nothing is a credit note.

    Allocates no number and stores nothing. Raises WrongRate and BuyerWithoutVatNumber.
    """
    check_rate(contract.vat_category, contract.vat_rate)
    check_buyer(contract.vat_category, buyer.vat_number)
    placed = [_placed(line, position, contract) for position, line in enumerate(lines, start=1)]
    shares = vat_shares(Taxed(line.vat_category, line.vat_rate, line.net) for line in placed)
    net = sum((line.net for line in lines), Decimal("0.00"))
    vat = sum((part.vat for part in shares), Decimal("0.00"))
    sentences = [
        why_untaxed(part.category, language=buyer.language, only_security=only_security(placed, part.category))
        for part in shares
    ]
    return Invoice(
        kind=Kind.CREDIT_NOTE if net < 0 else Kind.INVOICE,
        number=number,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=contract.payment_days),
        period_start=period.start,
        period_end=period.end,
        language=buyer.language,
        currency=contract.currency,
        seller=_party(seller),
        buyer=_party(buyer),
        customer_code=buyer.code,
        contract=contract.code,
        order_reference=contract.order_reference,
        zone=contract.zone,
        proration=contract.proration,
        policies={name: str(getattr(contract, name)) for name in POLICIES},
        lines=placed,
        vat_shares=shares,
        net=net,
        vat=vat,
        gross=net + vat,
        iban=seller.iban,
        bic=seller.bic,
        payment_reference=payment_reference,
        legal_sentences=[one for one in dict.fromkeys(sentences) if one],
    )


def _placed(line: RatedLine, position: int, contract: Contract) -> InvoiceLine:
    """Give a line its place, and the VAT of its contract where it has none of its own."""
    taxed = {
        "vat_category": line.vat_category or contract.vat_category,
        "vat_rate": plain(contract.vat_rate if line.vat_rate is None else line.vat_rate),
    }
    fields = {name: getattr(line, name) for name in RatedLine.model_fields}
    return InvoiceLine(**fields | taxed, position=position)


def _party(whom: Seller | Customer) -> Party:
    return Party(**{name: getattr(whom, name) for name in Party.model_fields})


def as_document(invoice: Invoice) -> dict[str, Any]:
    """Give the document as it is kept: JSON, amounts as decimal text."""
    return invoice.model_dump(mode="json")


def invoice_number(series: str, year: int, sequence: int) -> str:
    """Write a number.

    >>> invoice_number("INV", 2026, 123)
    'INV-2026-000123'
    """
    return f"{series}-{year}-{sequence:06}"


def credit_series(series: str) -> str:
    """Give the series of the credit notes of a seller: their own, so that invoices follow each other without a gap.

    >>> credit_series("INV"), credit_series("DEMO")
    ('CN', 'CNDEMO')
    """
    return "CN" if series == "INV" else f"CN{series}"[:LONGEST_SERIES]


def payment_reference(country: str, year: int, sequence: int) -> str:
    """Derive what the payer writes on the transfer: Belgium's structured communication, elsewhere ISO 11649.

    >>> payment_reference("BE", 2026, 123), payment_reference("NL", 2026, 123)
    ('+++202/6000/12320+++', 'RF462026000123')
    """
    digits = f"{year}{sequence:06}"[-10:]
    if country == "BE":
        full = f"{digits}{int(digits) % MODULUS or MODULUS:02}"
        return f"+++{full[:3]}/{full[3:7]}/{full[7:]}+++"
    check = MODULUS + 1 - int(f"{digits}271500") % MODULUS
    return f"RF{check:02}{digits}"
