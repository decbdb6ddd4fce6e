"""The pages of invoices: the list, one document line by line, and one line down to the readings that caused it."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session, col, select

from billing import queries
from billing.document.line_words import line_title
from billing.document.speech import Speech
from billing.document_queries import credit_notes_of, files_of_all
from billing.document_tables import IssuedDocumentRecord
from billing.invoice import Invoice, InvoiceLine
from billing.period import Month
from billing.receivable_queries import Receivable, receivables
from billing.tables import InvoiceRecord
from lifecycle.tables import CustomerRecord
from pas import clock
from pas.access import Asking, Reading, may
from pas.api.contracts import customer_seen
from pas.api.invoices import READERS, Number, Position, get_line_proof
from pas.api.paging import Cursor
from pas.caller import Caller
from pas.refusals import status_of
from pas.web.page import language_of, render
from pas.web.sorted_page import Order, sorted_page
from telemetry.refusal import Refusal

router = APIRouter(include_in_schema=False)
_ROWS = 50


class Listed(NamedTuple):
    """An invoice in the list: whose it is, and what is still open of it today."""

    invoice: InvoiceRecord
    customer: str
    state: Receivable


class ShownLine(NamedTuple):
    """A line as people read it."""

    line: InvoiceLine
    title: str
    part: str
    days: str
    price: str
    formula: str


@router.get("/invoices")
@may(*READERS)
def invoices_page(
    request: Request,
    caller: Asking,
    session: Reading,
    month: Annotated[str, Query(max_length=7)] = "",
    cursor: Cursor = None,
) -> Response:
    """List the invoices, the newest first; a customer's contact sees that customer's."""
    refusal: Refusal | None = None
    found: Sequence[Listed] = ()
    following: str | None = None
    try:
        found, following = _listed(session, caller, month.strip(), cursor)
    except Refusal as why:
        refusal = why
    return render(
        request,
        "invoices.html",
        caller=caller,
        status=status_of(refusal) if refusal else 200,
        refusal=refusal,
        found=found,
        following=following,
        month=month.strip(),
        today=clock.now().date(),
    )


def _listed(session: Session, caller: Caller, month: str, cursor: str | None) -> tuple[list[Listed], str | None]:
    first = Month(month).start if month else None
    query = queries.invoices(customer_id=customer_seen(caller), month=first)
    newest: tuple[Any, ...] = (col(InvoiceRecord.issued_at), col(InvoiceRecord.number))
    found, following = sorted_page(session, query, Order(newest, downwards=True), cursor=cursor, limit=_ROWS)
    return _with_states(session, found, as_of=clock.now().date()), following


def _with_states(session: Session, found: Sequence[InvoiceRecord], *, as_of: date) -> list[Listed]:
    buyers = select(CustomerRecord).where(col(CustomerRecord.id).in_({one.customer_id for one in found}))
    names = {one.id: one.name for one in session.exec(buyers)}
    states = receivables(session, found, as_of=as_of)
    return [Listed(one, names[one.customer_id], state) for one, state in zip(found, states, strict=True)]


@router.get("/invoices/{number}")
@may(*READERS)
def invoice_page(request: Request, number: Number, caller: Asking, session: Reading) -> Response:
    """Show an invoice line by line, each with its formula and the way to its proof."""
    found = queries.invoice(session, number=number, customer_id=customer_seen(caller))
    document = Invoice.model_validate(found.document)
    today = clock.now().date()
    return render(
        request,
        "invoice.html",
        caller=caller,
        invoice=found,
        document=document,
        days=_days(document, language_of(request, caller)),
        lines=[_shown(one, document, language_of(request, caller)) for one in document.lines],
        state=receivables(session, [found], as_of=today)[0],
        today=today,
        credit_notes=credit_notes_of(session, found.id),
        rule_sets=_rule_sets(files_of_all(session, [found.id]).get(found.id)),
    )


@router.get("/invoices/{number}/lines/{position}")
@may(*READERS)
def line_page(request: Request, number: Number, position: Position, caller: Asking, session: Reading) -> Response:
    """Show how one line came about: its reasons, and the readings of every day that it rests on, worked out anew."""
    proof = get_line_proof(number, position, caller, session)
    found = queries.invoice(session, number=number, customer_id=customer_seen(caller))
    document = Invoice.model_validate(found.document)
    return render(
        request,
        "invoice_line.html",
        caller=caller,
        invoice=found,
        document=document,
        proof=proof,
        shown=_shown(proof.line, document, language_of(request, caller)),
    )


def _shown(line: InvoiceLine, document: Invoice, language: str) -> ShownLine:
    speech = Speech(language, document.currency, document.zone)
    title, part = line_title(line, language)
    price = speech.price(str(line.unit_price))
    return ShownLine(
        line=line,
        title=title,
        part=part,
        days=speech.span(str(line.period_start), str(line.period_end)),
        price=price if line.price_base == 1 else f"{price} / {speech.number(str(line.price_base))}",
        formula=speech.sum(line.formula),
    )


def _days(document: Invoice, language: str) -> str:
    speech = Speech(language, document.currency, document.zone)
    return speech.span(str(document.period_start), str(document.period_end))


def _rule_sets(files: IssuedDocumentRecord | None) -> list[str]:
    """Name the sets of rules by which it was judged before it was issued; an old one has none."""
    return [f"{one['name']} {one['version']}" for one in files.rule_sets] if files else []
