"""What the law asks of an invoice and the rules of Europe let pass."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from lxml import etree

from billing.einvoice.ubl import elements, text
from billing.einvoice.verdict import Finding, RuleSet, Severity

LEGAL = RuleSet("pas legal rules", "2")
_CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 18
_PARTY = "cac:AccountingSupplierParty/cac:Party"
_BUYER = "cac:AccountingCustomerParty/cac:Party"
_VAT_OF = "cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID"
_BUYER_OWES = {"AE": "a reverse charge", "K": "an intra-Community supply"}


def break_of_law(root: etree._Element) -> Iterator[Finding]:
    """Find what a document does that the law forbids, whatever the published rules let pass.

    Does not know whether a VAT number exists, nor whether the rate is the right one for what was sold.
    """
    yield from _vat_on_the_sum(root)
    yield from _buyer_known(root)


def _vat_on_the_sum(root: etree._Element) -> Iterator[Finding]:
    """VAT of a Belgian seller is rounded on the total of a rate, never by line (Royal Decree of 8 July 2025).

    What takes back a part of an invoice may be a cent off, so that all parts come to the VAT of the whole.
    """
    if not _is_belgian(root):
        return
    remainder = _CENT if elements(root, "self::*[local-name()='CreditNote']/cac:BillingReference") else Decimal(0)
    currency = text(root, "cbc:DocumentCurrencyCode")
    for number, share in enumerate(elements(root, "cac:TaxTotal/cac:TaxSubtotal"), 1):
        amount = share.find("{*}TaxAmount")
        if amount is None or amount.get("currencyID") != currency:
            continue
        net, rate, told = (
            _number(text(share, path)) for path in ("cbc:TaxableAmount", "cac:TaxCategory/cbc:Percent", "cbc:TaxAmount")
        )
        if net is None or told is None or rate is None:
            continue
        right = (net * rate / 100).quantize(_CENT, ROUND_HALF_UP)
        if abs(told - right) > remainder:
            sentence = (
                f"{rate.normalize():f} % of {net} is {right}, and {told} is charged: round the total, never the lines"
            )
            yield Finding("PAS-VAT-ON-SUM", Severity.FATAL, sentence, f"cac:TaxTotal/cac:TaxSubtotal[{number}]")


def _buyer_known(root: etree._Element) -> Iterator[Finding]:
    """Where the buyer accounts for the VAT, the buyer's number is told (Directive 2006/112/EC, Article 226(4))."""
    if text(root, f"{_BUYER}/{_VAT_OF}"):
        return
    used = {text(share, "cac:TaxCategory/cbc:ID") for share in elements(root, "cac:TaxTotal/cac:TaxSubtotal")}
    for code in sorted(used & _BUYER_OWES.keys()):
        sentence = f"{_BUYER_OWES[code]} ({code}) needs the VAT number of the buyer, and none is given"
        yield Finding("PAS-BUYER-VAT", Severity.FATAL, sentence, f"{_BUYER}/cac:PartyTaxScheme")


def _is_belgian(root: etree._Element) -> bool:
    number = text(root, f"{_PARTY}/{_VAT_OF}")[:2].upper()
    return (number or text(root, f"{_PARTY}/cac:PostalAddress/cac:Country/cbc:IdentificationCode")) == "BE"


def _number(written: str) -> Decimal | None:
    """Read an amount; what is none is for the schema to refuse."""
    try:
        found = Decimal(written)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _LARGEST else None
