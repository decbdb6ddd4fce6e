"""Check an issued invoice: its digests, its sums, and each line from the raw readings that it rests on."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from billing import queries
from billing.document.document import MADE_BY, pdf
from billing.document.recheck import Difference, Found, LineCheck, Recount, Rests, check_line, rests_on
from billing.document_queries import files_of_all
from billing.document_tables import IssuedDocumentRecord
from billing.invoice import Invoice, InvoiceLine
from billing.number_documents import link
from billing.proof import proof_of
from billing.rating.rated import Component
from billing.tables import InvoiceLineRecord, InvoiceRecord, NumberSeriesRecord
from lifecycle.chain import digest
from telemetry.figure import Figure
from telemetry.read_meters import meter_figures
from telemetry.series_day import ReadingsForgotten


class Recheck(BaseModel):
    """What was found of one invoice; `document` are differences of the whole of it."""

    number: str
    equal: bool
    from_readings: int
    """Lines that were counted from raw readings anew."""
    document: list[Difference]
    lines: list[LineCheck]


def recheck_invoice(session: Session, *, invoice: InvoiceRecord) -> Recheck:
    """Work out an invoice anew and tell what differs. Changes nothing."""
    document = Invoice.model_validate(invoice.document)
    checks = [check_line(line, recount(session, document, line)) for line in document.lines]
    files = files_of_all(session, [invoice.id]).get(invoice.id)
    differences = list(_document(invoice, document, files))
    return Recheck(
        number=invoice.number,
        equal=not differences and all(one.found is not Found.DIFFERENT for one in checks),
        from_readings=sum(one.from_readings for one in checks),
        document=differences,
        lines=checks,
    )


def recount(session: Session, document: Invoice, line: InvoiceLine) -> Recount | None:
    """Count a metered line from its readings; None for one that no meter counted.

    A credit note rests on what it takes back, whose readings may have been corrected since: that is why it was given.
    """
    rests = None if document.credited is not None else rests_on(document, line)
    if rests is None:
        return None
    figure = _figure(session, rests)
    if figure is None:
        return Recount(increase=Decimal(0), opening=None, closing=None, readings=0, forgotten_days=1)
    proof = proof_of(figure)
    return Recount(
        increase=proof.increase,
        opening=proof.opening,
        closing=proof.closing,
        readings=proof.readings,
        corrected_since=_corrected_since(session, line),
        forgotten_days=proof.forgotten_days,
    )


def _figure(session: Session, rests: Rests) -> Figure | None:
    wanted = (rests.asset_id, rests.meter)
    try:
        return meter_figures(session, wanted=[wanted], start=rests.start, end=rests.end)[wanted]
    except ReadingsForgotten:
        return None


def _corrected_since(session: Session, line: InvoiceLine) -> Decimal:
    """Give by how much later bills corrected the use of the same days, as where readings came in late."""
    one = InvoiceLineRecord
    same = (one.billed_of == line.billed_of, one.period_start == line.period_start)
    query = select(one.reasons).join(InvoiceRecord, _of(one)).where(*same, one.component == Component.CORRECTION.value)
    told = (why["inputs"].get("use_difference") for reasons in session.exec(query.where(_IS_BILL)) for why in reasons)
    return sum((Decimal(use) for use in told if use), Decimal(0))


def _of(line: type[InvoiceLineRecord]) -> ColumnElement[bool]:
    return (col(InvoiceRecord.tenant_id) == line.tenant_id) & (col(InvoiceRecord.id) == line.invoice_id)


_IS_BILL = col(InvoiceRecord.revision) == 0


def _document(invoice: InvoiceRecord, document: Invoice, files: IssuedDocumentRecord | None) -> Iterator[Difference]:
    """Hold the document against its digests, and its row against the document."""
    fresh = digest(invoice.document)
    if fresh != invoice.hash:
        yield Difference(what="hash", told=invoice.hash, found=fresh)
    for name in ("number", "net", "vat", "gross", "issued_on", "due_on", "currency"):
        told, found = getattr(document, name), getattr(invoice, name)
        if told != found:
            yield Difference(what=name, told=str(told), found=str(found))
    if files is not None:
        yield from _files(invoice, files)


def _files(invoice: InvoiceRecord, files: IssuedDocumentRecord) -> Iterator[Difference]:
    xml = hashlib.sha256(zlib.decompress(files.xml)).hexdigest()
    if xml != files.xml_sha256:
        yield Difference(what="xml_sha256", told=files.xml_sha256, found=xml)
    if files.made_by != MADE_BY:
        return
    pages = hashlib.sha256(pdf(invoice.document)).hexdigest()
    if pages != files.pdf_sha256:
        yield Difference(what="pdf_sha256", told=files.pdf_sha256, found=pages)


class SeriesCheck(BaseModel):
    """What was found of one series of one year: no number skipped, none twice, no document changed or taken out."""

    series: str
    year: int
    documents: int
    differences: list[Difference]


def recheck_series(session: Session) -> list[SeriesCheck]:
    """Follow each series from its first document to its last, and hold its chain against the head. Changes nothing."""
    order = (col(NumberSeriesRecord.series), col(NumberSeriesRecord.year))
    return [_series(session, one) for one in session.exec(select(NumberSeriesRecord).order_by(*order)).all()]


def _series(session: Session, series: NumberSeriesRecord) -> SeriesCheck:
    one = InvoiceRecord
    query = select(one).where(one.series == series.series, one.year == series.year).order_by(col(one.sequence))
    invoices = session.exec(query).all()
    files = files_of_all(session, [invoice.id for invoice in invoices])
    differences = [*_gaps(series, invoices), *_chain(series, invoices, files)]
    return SeriesCheck(series=series.series, year=series.year, documents=len(invoices), differences=differences)


def _gaps(series: NumberSeriesRecord, invoices: Sequence[InvoiceRecord]) -> Iterator[Difference]:
    for place, invoice in enumerate(invoices, start=1):
        if invoice.sequence != place:
            yield Difference(what="sequence", told=str(place), found=str(invoice.sequence))
            return
    if series.last != len(invoices):
        yield Difference(what="last", told=str(series.last), found=str(len(invoices)))


def _chain(
    series: NumberSeriesRecord, invoices: Sequence[InvoiceRecord], files: dict[UUID, IssuedDocumentRecord]
) -> Iterator[Difference]:
    """Follow the links; documents from before there were files have none."""
    head = ""
    for invoice in invoices:
        kept = files.get(invoice.id)
        if kept is None and not head:
            continue
        made = "" if kept is None else link(head, invoice, kept)
        if kept is None or kept.chain != made:
            yield Difference(what=f"chain of {invoice.number}", told="" if kept is None else kept.chain, found=made)
            return
        head = made
    if head != series.head:
        yield Difference(what="head of the chain", told=series.head, found=head)


def invoices_to_check(session: Session, number: str | None) -> Iterator[InvoiceRecord]:
    """Give one invoice by its number, or all of them in the order of their numbers. Raises UnknownInvoice."""
    if number is not None:
        yield queries.invoice(session, number=number, customer_id=None)
        return
    one = InvoiceRecord
    yield from session.exec(select(one).order_by(col(one.series), col(one.year), col(one.sequence)))
