"""The public identifier of a thing is a GS1 Digital Link: the address behind the QR code on its plate."""

import re
from urllib.parse import quote
from uuid import UUID

from stdnum import ean

from telemetry.refusal import Refusal

RESOLVER = "https://id.gs1.org"

_SERIAL = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}""")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ADDRESS = re.compile(r"https?://[^\s<>\"]{3,190}")


class BadGtin(Refusal, ValueError):
    """A product number whose length or check digit is wrong."""


class BadPublicId(Refusal, ValueError):
    """A public identifier that no QR reader could follow."""


def gtin14(text: str) -> str:
    """Give a GTIN of 8, 12, 13 or 14 digits as 14, its check digit verified.

    >>> gtin14("5410000000019")
    '05410000000019'
    """
    digits = text.strip()
    if len(digits) not in {8, 12, 13, 14} or not (digits.isascii() and digits.isdigit()):
        raise BadGtin(f"{digits!r} is no GTIN: it must have 8, 12, 13 or 14 digits", field="gtin")
    right = ean.calc_check_digit(digits[:-1])
    if digits[-1] != right:
        raise BadGtin(f"the check digit of GTIN {digits} is {digits[-1]}, it should be {right}", field="gtin")
    return digits.zfill(14)


def public_id(*, gtin: str | None, serial: str, asset_id: UUID) -> str:
    """Make the identifier: GTIN and serial where GS1 allows them, else an individual asset number (GIAI).

    >>> public_id(gtin="5410000000019", serial="A/7", asset_id=UUID(int=7))
    'https://id.gs1.org/01/05410000000019/21/A%2F7'
    >>> public_id(gtin=None, serial="A/7", asset_id=UUID(int=7))
    'https://id.gs1.org/8004/PAS0000000000000000000000007'
    """
    if gtin and _SERIAL.fullmatch(serial):
        return f"{RESOLVER}/01/{gtin14(gtin)}/21/{quote(serial, safe='')}"
    return f"{RESOLVER}/8004/PAS{_base36(asset_id.int).zfill(25)}"


def given_public_id(text: str) -> str:
    """Check an identifier that came from outside: a web address, with a sound GTIN where it names one."""
    if not _ADDRESS.fullmatch(text):
        raise BadPublicId(f"{text!r} is no web address such as {RESOLVER}/01/GTIN/21/SERIAL", field="public_id")
    if named := re.search(r"/01/([^/]+)", text):
        gtin14(named.group(1))
    return text


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
