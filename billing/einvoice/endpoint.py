"""Where an electronic invoice is delivered: a company's address on the Peppol network, found from its VAT number."""

import re
from typing import NamedTuple

BELGIAN = "0208"
"""Scheme of the Belgian enterprise number, whose ten digits are those of the VAT number."""

_BY_VAT_NUMBER = {
    "AD": "9922", "AL": "9923", "AT": "9914", "BA": "9924", "BG": "9926", "CH": "9927", "CY": "9928", "CZ": "9929",
    "DE": "9930", "EE": "9931", "EL": "9933", "ES": "9920", "FI": "0213", "FR": "9957", "GB": "9932", "GR": "9933",
    "HR": "9934", "HU": "9910", "IE": "9935", "IT": "0211", "LI": "9936", "LT": "9937", "LU": "9938", "LV": "9939",
    "MC": "9940", "ME": "9941", "MK": "9942", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947",
    "RS": "9948", "SI": "9949", "SK": "9950", "SM": "9951", "TR": "9952", "VA": "9953",
}  # fmt: skip
"""Country of a VAT number to its scheme (Electronic Address Scheme code list); Denmark and Sweden: see below."""
_DANISH, _SWEDISH, _SWEDISH_DIGITS = "0184", "0007", 10


class Endpoint(NamedTuple):
    """An address on the network: the scheme of the number, and the number."""

    scheme: str
    number: str


def endpoint(vat_number: str | None) -> Endpoint | None:
    """Give where invoices for a company go; None where nobody can be told from the number.

    >>> endpoint("BE0403170701"), endpoint("NL001234567B01")
    (Endpoint(scheme='0208', number='0403170701'), Endpoint(scheme='9944', number='NL001234567B01'))
    >>> endpoint("SE556036079301"), endpoint(None)
    (Endpoint(scheme='0007', number='5560360793'), None)
    """
    compact = in_compact_form(vat_number)
    country, digits = compact[:2], compact[2:]
    if country == "BE":
        return Endpoint(BELGIAN, digits)
    if country == "SE":
        return Endpoint(_SWEDISH, digits[:_SWEDISH_DIGITS])
    if country == "DK":
        return Endpoint(_DANISH, digits)
    scheme = _BY_VAT_NUMBER.get(country)
    return Endpoint(scheme, compact) if scheme else None


def enterprise_number(vat_number: str | None) -> Endpoint | None:
    """Give the number of a company in its register, where it follows from the VAT number: in Belgium."""
    found = endpoint(vat_number)
    return found if found and found.scheme == BELGIAN else None


def in_compact_form(vat_number: str | None) -> str:
    """Give a VAT number without the signs that people put between its digits.

    >>> in_compact_form("be 0403.170.701")
    'BE0403170701'
    """
    return re.sub(r"[^0-9A-Za-z]", "", vat_number or "").upper()
