"""Export the journal of a month: what is new becomes a batch that never changes; nothing is ever exported twice."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from sqlalchemy import insert
from sqlmodel import Session, col

from billing.books.group import By
from billing.books.journal import (
    JOURNAL_RULE,
    Entry,
    Standing,
    entry_of_closing,
    entry_of_document,
    entry_of_finding,
    entry_of_opening,
    entry_of_payment,
    standings,
)
from billing.books.journal_batch import JournalBatch, JournalExport, csv_of, rows_of
from billing.books.line import in_words, total
from billing.journal_queries import (
    accounts,
    batches,
    closed,
    exported_entries,
    exported_months,
    found_out,
    paid_in,
    sold_documents,
)
from billing.journal_tables import JournalBatchRecord, JournalLineRecord
from billing.period import Month, Period, months_later
from billing.queries import held_seller
from billing.read_books import revenue_report, today
from lifecycle.actor import Actor
from telemetry.identity import new_id
from telemetry.lots import ROWS, lots
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class BooksStillOpen(Refusal):
    """The month is not over, or it is not the next one to be exported."""


def export_journal(session: Session, *, month: Month, now: datetime, by: Actor) -> JournalExport:
    """Export what is new of a month; a second export finds nothing new and gives the same batches again.

    Two at once wait for each other on the seller's row. Raises NoSeller and BooksStillOpen.
    """
    held_seller(session)
    _check_closed(session, month, now)
    known = exported_entries(session, period=month)
    previous = list(session.exec(batches(month=month.start).order_by(col(JournalBatchRecord.sequence))))
    turn, unrated = ([], []) if previous else _turn_of_month(session, month, now)

    new = [one for one in (*turn, *_happened(session, month)) if one.postings and one.key not in known]

    if new or not previous:
        previous.append(_save(session, month, new, sequence=len(previous) + 1, now=now, by=by))
        made = 1
    else:
        made = 0
    shown = [JournalBatch.model_validate(one, from_attributes=True) for one in previous]
    return JournalExport(month=str(month), made=made, batches=shown, unrated=unrated)


def _check_closed(session: Session, month: Month, now: datetime) -> None:
    if today(session, now=now) < month.end:
        raise BooksStillOpen(f"{month} is not over; export its journal from {month.end} on", field="month")
    span = exported_months(session)
    if span is not None and months_later(span.last, 1) < month.start:
        missing = in_words(months_later(span.last, 1))
        raise BooksStillOpen(f"export {missing} first: {month} takes back what that month closes with", field="month")
    if span is not None and month.start < span.first:
        sentence = f"the journal begins with {in_words(span.first)}; what {month} brought was booked before it"
        raise BooksStillOpen(sentence, field="month")


def _turn_of_month(session: Session, month: Month, now: datetime) -> tuple[list[Entry], list[str]]:
    """Take back what the month before was closed with, and close this one, once and for all."""
    before = months_later(month.start, -1)
    report = revenue_report(
        session, period=Period(before, month.end), by=By.COMPONENT, as_of=today(session, now=now), now=now
    )
    taken_back: list[Standing] = closed(session, month=before)
    if exported_months(session) is None:
        taken_back = standings(before, report.months)
    closing = standings(month.start, report.months)
    return [*map(entry_of_opening, taken_back), *map(entry_of_closing, closing)], report.unrated


def _happened(session: Session, month: Month) -> Iterator[Entry]:
    yield from map(entry_of_document, sold_documents(session, period=month))
    yield from map(entry_of_payment, paid_in(session, period=month))
    yield from map(entry_of_finding, found_out(session, period=month))


def _save(
    session: Session, month: Month, new: list[Entry], *, sequence: int, now: datetime, by: Actor
) -> JournalBatchRecord:
    rows = list(rows_of(new, accounts(session)))
    record = JournalBatchRecord(
        tenant_id=tenant_of(session),
        id=new_id(),
        month=month.start,
        sequence=sequence,
        entries=len(new),
        lines=len(rows),
        debit=total(row["debit"] for row in rows),
        credit=total(row["credit"] for row in rows),
        sha256=sha256(csv_of(rows).encode()).hexdigest(),
        rule=JOURNAL_RULE,
        made_at=now,
        made_by=by.name,
    )
    session.add(record)
    session.flush()
    own = {"tenant_id": record.tenant_id, "batch_id": record.id}
    for some in lots(rows, ROWS):
        session.execute(insert(JournalLineRecord), [row | own for row in some])
    return record
