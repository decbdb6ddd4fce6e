"""Give a credit note: it takes the next number of its own series and names the invoice that it takes back."""

from datetime import date, datetime
from functools import partial

from sqlalchemy import func
from sqlmodel import Session, select

from billing.document.credit_note import CreditWanted, draw_credit_note
from billing.document_queries import credit_notes_of
from billing.document_tables import CreditNoteRecord
from billing.invoice import Invoice, credit_series
from billing.number_documents import Draft, Numbering, number_documents
from billing.period import local_day
from billing.queries import held_seller, invoice
from billing.tables import ContractRecord, InvoiceRecord
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit


def issue_credit_note(
    session: Session, *, number: str, wanted: CreditWanted, now: datetime, by: Actor
) -> InvoiceRecord:
    """Take back an invoice or a part of it. Pays nothing back; what the customer is owed stands in the receivables.

    Raises UnknownInvoice, NotToBeCredited, TooMuchCredited, InvoiceRefused, NotJudged and NoSeller.
    """
    seller = held_seller(session)
    credited = invoice(session, number=number, customer_id=None)
    contract = session.get_one(ContractRecord, (credited.tenant_id, credited.contract_id))
    earlier = [Invoice.model_validate(one.document) for one in credit_notes_of(session, credited.id)]
    issued_on = local_day(now, seller.zone)

    draw = partial(_draw, Invoice.model_validate(credited.document), earlier, wanted, issued_on)
    numbering = Numbering(credit_series(credited.series), seller.country, issued_on, now)
    draft = Draft(contract, draw, _next_revision(session, credited))
    (issued,) = number_documents(session, numbering=numbering, drafts=[draft])
    if isinstance(issued, Exception):
        raise issued

    _save(session, issued, credited, wanted, by)
    told = {"number": issued.number, "credits": number, "why": wanted.why.value, "net": str(issued.net)}
    record_audit(session, action="credit-note-given", subject=number, before=None, after=told, now=now, by=by)
    return issued


def _draw(
    of: Invoice, earlier: list[Invoice], wanted: CreditWanted, issued_on: date, number: str, _reference: str
) -> Invoice:
    return draw_credit_note(of, earlier, wanted, number=number, issued_on=issued_on)


def _next_revision(session: Session, credited: InvoiceRecord) -> int:
    """Count the documents of the contract and period; an invoice is the first."""
    one = InvoiceRecord
    same = (one.contract_id == credited.contract_id, one.period_start == credited.period_start)
    last = session.exec(select(func.max(one.revision)).where(*same)).one()
    return int(last or 0) + 1


def _save(session: Session, issued: InvoiceRecord, credited: InvoiceRecord, wanted: CreditWanted, by: Actor) -> None:
    note = CreditNoteRecord(
        tenant_id=issued.tenant_id,
        invoice_id=issued.id,
        credits_id=credited.id,
        why=wanted.why,
        note=wanted.note,
        given_by=by.name,
    )
    session.add(note)
    session.flush()
