"""Questions about the files of invoices, their verdicts and their credit notes."""

import zlib
from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from billing.document_tables import CreditNoteRecord, IssuedDocumentRecord
from billing.tables import InvoiceRecord
from telemetry.lots import KEYS, lots
from telemetry.refusal import Refusal


class NoFiles(Refusal):
    """The invoice was issued before e-invoices were made."""


def files_of(session: Session, invoice: InvoiceRecord) -> IssuedDocumentRecord:
    """Give the files of an invoice as they were issued. Raises NoFiles."""
    found = session.exec(select(IssuedDocumentRecord).where(IssuedDocumentRecord.invoice_id == invoice.id)).first()
    if found is None:
        raise NoFiles(f"{invoice.number} was issued before e-invoices were made, and has only its PDF", field="number")
    return found


def ubl_of(session: Session, invoice: InvoiceRecord) -> bytes:
    """Give the e-invoice as it was issued, byte for byte. Raises NoFiles."""
    return zlib.decompress(files_of(session, invoice).xml)


def files_of_all(session: Session, invoice_ids: Iterable[UUID]) -> dict[UUID, IssuedDocumentRecord]:
    """Give the files of many invoices, of those that have some."""
    found: dict[UUID, IssuedDocumentRecord] = {}
    for some in lots(sorted(set(invoice_ids)), KEYS):
        query = select(IssuedDocumentRecord).where(col(IssuedDocumentRecord.invoice_id).in_(some))
        found |= {one.invoice_id: one for one in session.exec(query)}
    return found


def credit_notes_of(session: Session, invoice_id: UUID) -> list[InvoiceRecord]:
    """Give the credit notes of an invoice, in the order of their numbers."""
    note, document = CreditNoteRecord, InvoiceRecord
    query = (
        select(InvoiceRecord)
        .join(note, (col(note.tenant_id) == document.tenant_id) & (col(note.invoice_id) == document.id))
        .where(note.credits_id == invoice_id)
        .order_by(col(document.year), col(document.sequence))
    )
    return list(session.exec(query))
