"""The square code on an invoice that a banking app reads to fill in the transfer (EPC069-12)."""

from decimal import Decimal
from io import BytesIO

import segno

_LARGEST = Decimal("999999999.99")
_NAME, _REFERENCE, _TEXT = 70, 25, 140
_VERSIONS = 13
"""The largest size that the guideline allows."""


def payment_text(*, name: str, iban: str, bic: str, amount: Decimal, currency: str, reference: str) -> str | None:
    """Give what the code says; None where there is nothing to transfer, or not in euro.

    A creditor reference (ISO 11649) has its own place; Belgium's structured communication stands in the free text,
    where the guideline has it and banks read it.
    """
    if currency != "EUR" or not Decimal("0.01") <= amount <= _LARGEST:
        return None
    of_iso = reference.startswith("RF")
    structured, free = (reference[:_REFERENCE], "") if of_iso else ("", reference[:_TEXT])
    lines = ["BCD", "002", "1", "SCT", bic, name[:_NAME], iban, f"EUR{amount:.2f}", "", structured, free]
    return "\n".join(lines).rstrip("\n")


def payment_qr(text: str) -> str:
    """Draw the code as SVG, with the error correction that the guideline asks for."""
    code = segno.make(text, error="m", encoding="utf-8", micro=False, boost_error=False)
    if int(code.version) > _VERSIONS:
        msg = f"a payment code of version {code.version} is larger than banks read"
        raise ValueError(msg)
    drawn = BytesIO()
    code.save(drawn, kind="svg", border=4, xmldecl=False, svgclass=None, lineclass=None)
    return drawn.getvalue().decode()
