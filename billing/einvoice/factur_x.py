"""One file for people and machines: the PDF of a document with its CII form inside (Factur-X, profile EN 16931)."""

from facturx import generate_from_binary

from billing.document.document import pdf
from billing.einvoice.cii_invoice import cii
from billing.invoice import Invoice, as_document
from telemetry.refusal import Refusal

_ARCHIVAL = b"<pdfaid:part>3</pdfaid:part>"


class NoHybrid(Refusal):
    """The PDF holds signs that none of our fonts shows, so it is no archival one, and no file may be called so."""


def factur_x(invoice: Invoice) -> bytes:
    """Give the hybrid; the PDF is an archival one (PDF/A-3) already. Raises NoHybrid where it is not."""
    pages = pdf(as_document(invoice))
    if _ARCHIVAL not in pages:
        raise NoHybrid(f"{invoice.number} holds signs that no font of ours shows; take its PDF and its UBL apart")
    made = generate_from_binary(
        pages,
        cii(invoice),
        flavor="factur-x",
        level="en16931",
        check_xsd=True,
        check_schematron=False,
        pdf_metadata={
            "author": invoice.seller.name,
            "keywords": "Factur-X",
            "title": invoice.number,
            "subject": f"{invoice.seller.name}: {invoice.number}",
        },
        lang=invoice.language,
        xmp_compression=False,
    )
    return bytes(made)
