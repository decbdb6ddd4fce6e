"""Give documents their numbers: without a gap, with their digests and verdicts, all or nothing."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from billing.document_files import Files, make_files
from billing.document_tables import IssuedDocumentRecord
from billing.einvoice.own_rules import own_rules
from billing.invoice import Invoice, as_document, invoice_number, payment_reference
from billing.tables import ContractRecord, InvoiceLineRecord, InvoiceRecord, NumberSeriesRecord
from lifecycle.chain import digest
from telemetry.identity import new_id
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

LINE_COLUMNS = (
    "position",
    "billed_of",
    "contract_line_id",
    "asset_id",
    "period_start",
    "period_end",
    "quantity",
    "unit",
    "unit_price",
    "price_base",
    "net",
    "vat_rate",
)
REVISIONS = 1000
"""A line of a credit note counts its own correction within that of its document."""
EXPECTED = (Refusal, ValueError, ArithmeticError, LookupError)
"""What may be wrong with one document and keeps no other from its number."""

Made = Mapping[str, Files]
"""Files made before the series was held, by the digest of their document."""
Outcome = InvoiceRecord | Exception


class Numbering(NamedTuple):
    """What the documents of one call share: the series, the country whose payment reference they bear, the moment."""

    series: str
    country: str
    issued_on: date
    now: datetime
    run_id: UUID | None = None


class Draft(NamedTuple):
    """A document that waits for its number; `draw` draws it up with its number and payment reference."""

    contract: ContractRecord
    draw: Callable[[str, str], Invoice]
    revision: int = 0


class _Drawn(NamedTuple):
    """A document with the number that it would bear."""

    place: int
    sequence: int
    invoice: Invoice
    hash: str


def number_documents(
    session: Session, *, numbering: Numbering, drafts: Sequence[Draft], made: Made | None = None
) -> list[Outcome]:
    """Give each draft its number and store it, in order, or say why it has none; what fails takes no number.

    Holds the series until the transaction ends. Files that `foresee_files` made are taken where the number is still
    the foreseen one. Sends nothing.
    """
    series = _held_series(session, numbering)
    found: dict[int, Outcome] = {}
    while waiting := [place for place in range(len(drafts)) if place not in found]:
        drawn = _drawn(numbering, series.last, drafts, waiting, found)
        files = _files(session, drawn, made or {})
        refused = {one.place: why for one, why in zip(drawn, files, strict=True) if isinstance(why, Refusal)}
        ready = [
            (one, file)
            for one, file in zip(drawn, files, strict=True)
            if isinstance(file, Files) and one.place < min(refused, default=len(drafts))
        ]
        found |= refused | _stored(session, numbering, series, drafts, ready)
    return [found[place] for place in range(len(drafts))]


def foresee_files(session: Session, *, numbering: Numbering, drafts: Sequence[Draft]) -> Made:
    """Make the files of drafts with the numbers that they would bear now, so that the series is held only shortly."""
    series = _series(session, numbering)
    drawn = _drawn(numbering, 0 if series is None else series.last, drafts, range(len(drafts)), {})
    files = zip(drawn, _files(session, drawn, {}), strict=True)
    return {one.hash: file for one, file in files if isinstance(file, Files)}


def _drawn(
    numbering: Numbering, last: int, drafts: Sequence[Draft], places: Sequence[int], failed: dict[int, Outcome]
) -> list[_Drawn]:
    """Draw up documents with the next numbers; what cannot be drawn up is told in `failed` and takes none."""
    drawn: list[_Drawn] = []
    for place in places:
        sequence = last + len(drawn) + 1
        try:
            invoice = drafts[place].draw(*_numbers(numbering, sequence))
        except EXPECTED as why:
            failed[place] = why
            continue
        drawn.append(_Drawn(place, sequence, invoice, digest(as_document(invoice))))
    return drawn


def _numbers(numbering: Numbering, sequence: int) -> tuple[str, str]:
    year = numbering.issued_on.year
    return (
        invoice_number(numbering.series, year, sequence),
        payment_reference(numbering.country, year, sequence),
    )


def _files(session: Session, drawn: Sequence[_Drawn], made: Made) -> list[Files | Refusal]:
    missing = [one for one in drawn if one.hash not in made]
    fresh = make_files([one.invoice for one in missing], rules=own_rules(), peppol=session.info.get("peppol"))
    by_hash = dict(zip([one.hash for one in missing], fresh, strict=True))
    return [made.get(one.hash) or by_hash[one.hash] for one in drawn]


def _stored(
    session: Session,
    numbering: Numbering,
    series: NumberSeriesRecord,
    drafts: Sequence[Draft],
    ready: Sequence[tuple[_Drawn, Files]],
) -> dict[int, Outcome]:
    """Store documents together, behind a savepoint; where the database refuses one of several, only the first."""
    if not ready:
        return {}
    try:
        with session.begin_nested():
            records = _store(session, numbering, series, drafts, ready)
    except IntegrityError as why:
        if len(ready) > 1:
            return _stored(session, numbering, series, drafts, ready[:1])
        return {ready[0][0].place: why}
    return {one.place: record for (one, _), record in zip(ready, records, strict=True)}


def _store(
    session: Session,
    numbering: Numbering,
    series: NumberSeriesRecord,
    drafts: Sequence[Draft],
    ready: Sequence[tuple[_Drawn, Files]],
) -> list[InvoiceRecord]:
    records = [_record(session, numbering, drafts[one.place], one) for one, _ in ready]
    session.add_all(records)
    proofs: list[dict[str, Any]] = []
    for (_, files), record in zip(ready, records, strict=True):
        series.last, series.head = record.sequence, link(series.head, record, files)
        proofs.append(_proof(record, files, series.head, numbering.now))
    session.flush()
    lines = [row for (one, _), record in zip(ready, records, strict=True) for row in _rows(one.invoice, record)]
    session.execute(insert(InvoiceLineRecord), lines)
    session.execute(insert(IssuedDocumentRecord), proofs)
    return records


def link(before: str, record: InvoiceRecord, files: Files | IssuedDocumentRecord) -> str:
    """Give the link of a document in the chain of its series."""
    return digest([before, record.number, record.hash, files.xml_sha256, files.pdf_sha256])


def _series(session: Session, numbering: Numbering) -> NumberSeriesRecord | None:
    one, year = NumberSeriesRecord, numbering.issued_on.year
    return session.exec(select(one).where(one.series == numbering.series, one.year == year)).first()


def _held_series(session: Session, numbering: Numbering) -> NumberSeriesRecord:
    """Hold the series of a year; its first document makes it."""
    one, year = NumberSeriesRecord, numbering.issued_on.year
    query = select(one).where(one.series == numbering.series, one.year == year)
    held = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(held).first()
    if found is None:
        found = NumberSeriesRecord(tenant_id=tenant_of(session), series=numbering.series, year=year)
        session.add(found)
        session.flush()
    return found


def _record(session: Session, numbering: Numbering, draft: Draft, drawn: _Drawn) -> InvoiceRecord:
    invoice, record_id = drawn.invoice, new_id()
    return InvoiceRecord(
        tenant_id=tenant_of(session),
        id=record_id,
        kind=invoice.kind,
        number=invoice.number,
        series=numbering.series,
        year=numbering.issued_on.year,
        sequence=drawn.sequence,
        contract_id=draft.contract.id,
        customer_id=draft.contract.customer_id,
        run_id=numbering.run_id or record_id,
        period_start=invoice.period_start,
        period_end=invoice.period_end,
        revision=draft.revision,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        currency=invoice.currency,
        net=invoice.net,
        vat=invoice.vat,
        gross=invoice.gross,
        document=as_document(invoice),
        hash=drawn.hash,
        issued_at=numbering.now,
    )


def _rows(invoice: Invoice, record: InvoiceRecord) -> list[dict[str, Any]]:
    return [
        {
            **{column: getattr(line, column) for column in LINE_COLUMNS},
            "component": line.component.value,
            "vat_category": line.vat_category.value,
            "tenant_id": record.tenant_id,
            "invoice_id": record.id,
            "revision": record.revision * REVISIONS + line.revision,
            "reasons": [reason.model_dump(mode="json") for reason in line.reasons],
        }
        for line in invoice.lines
    ]


def _proof(record: InvoiceRecord, files: Files, chain: str, now: datetime) -> dict[str, Any]:
    return {
        "tenant_id": record.tenant_id,
        "invoice_id": record.id,
        "xml": zlib.compress(files.xml),
        "xml_sha256": files.xml_sha256,
        "pdf_sha256": files.pdf_sha256,
        "pdf_bytes": files.pdf_bytes,
        "made_by": files.made_by,
        "chain": chain,
        "rule_sets": [one._asdict() for one in files.verdict.rule_sets],
        "findings": [one._asdict() for one in files.verdict.findings],
        "judged_at": now,
    }
