"""What proves an issued document: its electronic form, the digests of its files, and the verdict it was issued by."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from billing import tables as _tables  # noqa: F401 - the foreign keys below name its table
from billing.invoice import Why
from telemetry.columns import Json, UtcDateTime, worded
from telemetry.tables import TenantOwned


class IssuedDocumentRecord(TenantOwned, table=True):
    """The files of an invoice as they stood when it got its number. Append-only.

    `xml` is the e-invoice (UBL), deflated. The PDF is made anew from the document when it is asked for; `pdf_sha256`
    proves that it is the same one, `made_by` says by which program and template. `chain` is the digest of the chain of
    the document before in its series and of all digests here: no document can be changed or taken out unseen.
    """

    __tablename__ = "issued_document"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),)

    invoice_id: UUID = Field(primary_key=True)
    xml: bytes
    xml_sha256: str = Field(max_length=64)
    pdf_sha256: str = Field(max_length=64)
    pdf_bytes: int
    made_by: str = Field(max_length=120)
    chain: str = Field(max_length=64)
    rule_sets: list[dict[str, Any]] = Field(sa_type=Json)
    findings: list[dict[str, Any]] = Field(sa_type=Json)
    """Warnings; a document with a fatal finding is never issued."""
    judged_at: datetime = Field(sa_type=UtcDateTime)


class CreditNoteRecord(TenantOwned, table=True):
    """That a document takes back another one, wholly or in part, and why. Append-only."""

    __tablename__ = "credit_note"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        ForeignKeyConstraint(["tenant_id", "credits_id"], ["invoice.tenant_id", "invoice.id"]),
        Index("credit_note_of_invoice", "tenant_id", "credits_id"),
    )

    invoice_id: UUID = Field(primary_key=True)
    """The credit note itself, which is numbered and kept as an invoice is."""
    credits_id: UUID
    why: Why = Field(sa_type=worded(Why))
    note: str = Field(max_length=500)
    given_by: str = Field(max_length=200)
