"""VAT is counted once on the sum of each category and rate, never line by line."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from billing.contract.contract import VatCategory
from lifecycle.money import to_cents
from telemetry.refusal import Refusal

PERCENT = Decimal(100)

BUYER_OWES = (VatCategory.REVERSE_CHARGE, VatCategory.INTRA_COMMUNITY)
"""Categories in which the buyer accounts for the VAT, so that the buyer must be known by a VAT number."""

LEGAL_SENTENCE: dict[VatCategory, dict[str, str]] = {
    VatCategory.REVERSE_CHARGE: {
        "nl": "Btw verlegd, art. 196 Richtlijn 2006/112/EG.",
        "fr": "Autoliquidation, art. 196 de la directive 2006/112/CE.",
        "en": "Reverse charge, Article 196 of Directive 2006/112/EC.",
    },
    VatCategory.INTRA_COMMUNITY: {
        "nl": "Vrijgestelde intracommunautaire levering, art. 138 Richtlijn 2006/112/EG.",
        "fr": "Livraison intracommunautaire exonérée, art. 138 de la directive 2006/112/CE.",
        "en": "Exempt intra-Community supply, Article 138 of Directive 2006/112/EC.",
    },
    VatCategory.EXEMPT: {
        "nl": "Vrijgesteld van btw, art. 135 Richtlijn 2006/112/EG.",
        "fr": "Exonéré de TVA, art. 135 de la directive 2006/112/CE.",
        "en": "Exempt from VAT, Article 135 of Directive 2006/112/EC.",
    },
}
"""What the law wants written on an invoice that carries no VAT."""

SECURITY_SENTENCE = {
    "nl": "Waarborg: geen vergoeding voor een levering of dienst, art. 73 Richtlijn 2006/112/EG a contrario.",
    "fr": "Garantie: ne rémunère aucune livraison ni prestation, art. 73 de la directive 2006/112/CE a contrario.",
    "en": "Security: no payment for any supply, Article 73 of Directive 2006/112/EC a contrario.",
}
"""The same of a deposit, which no exemption covers: it pays for nothing, and is given back."""


def why_untaxed(category: VatCategory, *, language: str, only_security: bool) -> str:
    """Say by which law a category of an invoice carries no VAT; nothing where it does, or where no law need be named.

    `only_security` says that every line of the category is a deposit taken or given back.

    >>> why_untaxed(VatCategory.STANDARD, language="en", only_security=False)
    ''
    """
    told = SECURITY_SENTENCE if only_security and category is VatCategory.EXEMPT else LEGAL_SENTENCE.get(category, {})
    return told.get(language, "")


class WrongRate(Refusal):
    """The rate does not go with the category."""


class BuyerWithoutVatNumber(Refusal):
    """The buyer must account for the VAT, and has no VAT number."""


class Taxed(NamedTuple):
    """A net amount under a category and rate."""

    category: VatCategory
    rate: Decimal
    net: Decimal


class VatShare(BaseModel):
    """The VAT of one category and rate of a document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: VatCategory
    rate: Decimal
    taxable: Decimal
    vat: Decimal


def vat_shares(amounts: Iterable[Taxed]) -> list[VatShare]:
    """Add up per category and rate (21 and 21.00 are one rate) and round the VAT of each sum half-up, once.

    >>> vat_shares([Taxed(VatCategory.STANDARD, Decimal(21), Decimal("0.33"))] * 30)[0].vat
    Decimal('2.08')
    """
    sums: dict[tuple[VatCategory, Decimal], Decimal] = defaultdict(Decimal)
    for amount in amounts:
        sums[amount.category, amount.rate.normalize()] += amount.net
    return [
        VatShare(
            category=category, rate=Decimal(format(rate, "f")), taxable=taxable, vat=to_cents(taxable * rate / PERCENT)
        )
        for (category, rate), taxable in sorted(sums.items())
    ]


def check_rate(category: VatCategory, rate: Decimal) -> None:
    """Hold a rate against its category: only the standard category has one above zero. Raises WrongRate."""
    if (category is VatCategory.STANDARD) != (rate > 0):
        sentence = (
            f"VAT category {category.value} goes with a rate of {'more than 0' if rate == 0 else '0'}, not {rate}"
        )
        raise WrongRate(sentence, field="vat_rate")


def check_buyer(category: VatCategory, vat_number: str | None) -> None:
    """Refuse to shift VAT to a buyer who has no VAT number. Raises BuyerWithoutVatNumber."""
    if category in BUYER_OWES and not vat_number:
        sentence = f"VAT category {category.value} shifts the VAT to the customer, who has no VAT number"
        raise BuyerWithoutVatNumber(sentence, field="vat_category")
