"""Invoices and credit notes over HTTP: as data and as files, with their verdict and the proof of each line."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel
from sqlmodel import Session

from billing import queries
from billing.document.credit_note import CreditWanted
from billing.document.document import pdf
from billing.document.recheck import LineCheck, Rests, check_line, rests_on
from billing.document_queries import credit_notes_of, files_of, ubl_of
from billing.invoice import Invoice, InvoiceLine, Kind
from billing.issue_credit_note import issue_credit_note
from billing.period import Month
from billing.recheck_invoice import Recheck, recheck_invoice, recount
from billing.tables import InvoiceRecord
from pas import clock
from pas.access import Asking, Caller, Reading, Writing, may
from pas.api.contracts import CustomerFilter, customer_seen
from pas.api.meters import EvidenceAnswer, evidence_answer
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/invoices", tags=["invoices"])

Number = Annotated[str, Path(min_length=1, max_length=40, description="Such as INV-2026-000123.")]
Position = Annotated[int, Path(ge=1, le=1_000_000, description="Of the line on its document.")]
MonthFilter = Annotated[str | None, Query(max_length=7, description="Only those of this month, such as 2026-10.")]

PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
XML: dict[int | str, dict[str, Any]] = {200: {"content": {"application/xml": {"schema": {"type": "string"}}}}}
READERS = (Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)


class Language(StrEnum):
    """A language that invoices speak."""

    NL = "nl"
    FR = "fr"
    EN = "en"


class InvoiceHead(BaseModel):
    """An invoice in a list."""

    id: UUID
    kind: Kind
    number: str
    contract_id: UUID
    customer_id: UUID
    period_start: date
    period_end: date
    issued_on: date
    due_on: date
    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    hash: str
    issued_at: datetime


class IssuedInvoice(InvoiceHead):
    """A whole invoice; `hash` is the SHA-256 of the canonical spelling of `document`."""

    document: Invoice


class RuleSetAnswer(BaseModel):
    """A set of rules by which a document was judged."""

    name: str
    version: str


class FindingAnswer(BaseModel):
    """A rule that the document breaks without being refused for it."""

    rule: str
    severity: str
    message: str
    where: str


class VerdictAnswer(BaseModel):
    """By which rules a document was judged before it was issued, and the digests of its files."""

    number: str
    accepted: bool
    judged_at: datetime
    rule_sets: list[RuleSetAnswer]
    findings: list[FindingAnswer]
    document_sha256: str
    ubl_sha256: str
    pdf_sha256: str
    pdf_made_by: str
    chain: str


class LineProof(BaseModel):
    """One line, worked out anew, and the readings that it rests on, where a meter counted it."""

    number: str
    line: InvoiceLine
    check: LineCheck
    evidence: EvidenceAnswer | None
    readings: str | None
    """Where the raw readings of the line are given."""


@router.get("", responses=problems(422))
@may(*READERS)
def list_invoices(
    caller: Asking,
    session: Reading,
    customer: CustomerFilter = None,
    month: MonthFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[InvoiceHead]:
    """List invoices by number; a customer's contact sees that customer's."""
    first = None if month is None else Month(month).start
    query = queries.invoices(customer_id=customer_seen(caller, customer), month=first)
    by = (InvoiceRecord.number, InvoiceRecord.id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=[InvoiceHead.model_validate(one, from_attributes=True) for one in found], next_cursor=next_cursor)


@router.get("/{number}", responses=problems(404))
@may(*READERS)
def get_invoice(number: Number, caller: Asking, session: Reading) -> IssuedInvoice:
    """Give an invoice with every line and its reasons."""
    found = _seen(session, number, caller)
    return IssuedInvoice.model_validate(found, from_attributes=True)


@router.get("/{number}/pdf", response_class=Response, responses=problems(404) | PDF)
@may(*READERS)
def get_invoice_pdf(number: Number, caller: Asking, session: Reading, language: Language | None = None) -> Response:
    """Give an invoice as PDF, in the customer's language unless another is asked for."""
    found = _seen(session, number, caller)
    return _file(pdf(found.document, language), f"{found.number}.pdf", "application/pdf")


@router.get("/{number}/ubl", response_class=Response, responses=problems(404) | XML)
@may(*READERS)
def get_invoice_ubl(number: Number, caller: Asking, session: Reading) -> Response:
    """Give the e-invoice (UBL 2.1, Peppol BIS Billing 3.0) as it was issued, byte for byte."""
    found = _seen(session, number, caller)
    return _file(ubl_of(session, found), f"{found.number}.xml", "application/xml")


@router.get("/{number}/facturx", response_class=Response, responses=problems(404, 409) | PDF)
@may(*READERS)
def get_invoice_facturx(number: Number, caller: Asking, session: Reading) -> Response:
    """Give the hybrid (Factur-X, profile EN 16931): the PDF with the data of the invoice inside."""
    from billing.einvoice.factur_x import factur_x  # noqa: PLC0415 - heavy, and seldom asked for

    found = _seen(session, number, caller)
    return _file(factur_x(Invoice.model_validate(found.document)), f"{found.number}.pdf", "application/pdf")


@router.get("/{number}/verdict", responses=problems(404))
@may(*READERS)
def get_invoice_verdict(number: Number, caller: Asking, session: Reading) -> VerdictAnswer:
    """Tell by which rules the invoice was judged before it was issued, with the digests of its files."""
    found = _seen(session, number, caller)
    files = files_of(session, found)
    return VerdictAnswer(
        number=found.number,
        accepted=True,
        judged_at=files.judged_at,
        rule_sets=[RuleSetAnswer.model_validate(one) for one in files.rule_sets],
        findings=[FindingAnswer.model_validate(one) for one in files.findings],
        document_sha256=found.hash,
        ubl_sha256=files.xml_sha256,
        pdf_sha256=files.pdf_sha256,
        pdf_made_by=files.made_by,
        chain=files.chain,
    )


@router.get("/{number}/proof", responses=problems(404))
@may(*READERS)
def get_invoice_proof(number: Number, caller: Asking, session: Reading) -> Recheck:
    """Work the whole invoice out anew, each metered line from its raw readings, and tell what differs."""
    return recheck_invoice(session, invoice=_seen(session, number, caller))


@router.get("/{number}/lines/{position}/proof", responses=problems(404))
@may(*READERS)
def get_line_proof(number: Number, position: Position, caller: Asking, session: Reading) -> LineProof:
    """Lead from a line to the readings that caused it, day by day, and work it out anew from them."""
    document = Invoice.model_validate(_seen(session, number, caller).document)
    line = next((one for one in document.lines if one.position == position), None)
    if line is None:
        raise queries.UnknownInvoice(f"invoice {number[:40]!r} has no line {position}", field="position")
    check = check_line(line, recount(session, document, line))
    rests = rests_on(document, line)
    if rests is None:
        return LineProof(number=document.number, line=line, check=check, evidence=None, readings=None)
    evidence = evidence_answer(session, asset_id=rests.asset_id, code=rests.meter, start=rests.start, end=rests.end)
    where = f"/api/v1/assets/{rests.asset_id}/meters/{rests.meter}?{urlencode(_ends(rests))}"
    return LineProof(number=document.number, line=line, check=check, evidence=evidence, readings=where)


def _ends(rests: Rests) -> dict[str, str]:
    return {"start": rests.start.isoformat(), "end": rests.end.isoformat()}


@router.get("/{number}/credit-notes", responses=problems(404))
@may(*READERS)
def list_credit_notes(number: Number, caller: Asking, session: Reading) -> Page[InvoiceHead]:
    """List the credit notes of an invoice."""
    found = credit_notes_of(session, _seen(session, number, caller).id)
    return Page(items=[InvoiceHead.model_validate(one, from_attributes=True) for one in found], next_cursor=None)


@router.post("/{number}/credit-notes", status_code=201, responses=problems(404, 409, 422, 503))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def give_credit_note(
    number: Number, wanted: CreditWanted, response: Response, caller: Asking, session: Writing
) -> IssuedInvoice:
    """Take back an invoice, lines of it, or amounts of them; the last credit note takes the remainder."""
    given = issue_credit_note(session, number=number, wanted=wanted, now=clock.now(), by=caller.actor)
    response.headers["Location"] = f"/api/v1/invoices/{given.number}"
    return IssuedInvoice.model_validate(given, from_attributes=True)


def _seen(session: Session, number: str, caller: Caller) -> InvoiceRecord:
    """Give an invoice that the caller may see; a foreign one is as unknown as none."""
    return queries.invoice(session, number=number, customer_id=customer_seen(caller))


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
