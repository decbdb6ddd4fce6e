"""The page of the books: revenue, recurring revenue, who owes what, VAT, and what the accountant got."""

from datetime import date
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session, col

from billing.books.aged import AgedReport
from billing.books.group import By
from billing.books.journal_batch import JournalBatch
from billing.books.line import first_of, in_words
from billing.books.recurring import RecurringReport
from billing.books.revenue import RevenueReport
from billing.books.vat_listing import VatReport
from billing.export_journal import export_journal
from billing.journal_queries import batches
from billing.journal_tables import JournalBatchRecord
from billing.period import Month, Period, months_later, read_period
from billing.read_books import aged_report, recurring_report, revenue_report, today, vat_report
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.caller import Caller
from pas.refusals import status_of
from pas.role import Role
from pas.web.page import render
from telemetry.refusal import Refusal

router = APIRouter(include_in_schema=False)

_NEWEST = 12
_MONTHS = 6
"""So many months are shown where nobody asks for others."""


class Books(NamedTuple):
    """All that the page shows."""

    revenue: RevenueReport
    recurring: RecurringReport
    aged: AgedReport
    vat: VatReport
    batches: list[JournalBatch]


@router.get("/books")
@may(Role.ADMINISTRATOR, Role.FINANCE)
def books_page(
    request: Request, caller: Asking, session: Reading, period: Annotated[str, Query(max_length=15)] = ""
) -> Response:
    """Show the books of a period, the last months where none is named."""
    return _page(request, caller, session, period)


@router.post("/books/journal")
@may(Role.ADMINISTRATOR, Role.FINANCE)
def export(
    request: Request, caller: Asking, session: Writing, month: Annotated[str, Form(max_length=7)] = ""
) -> Response:
    """Export what is new of a month's journal, and come back."""
    try:
        with session.begin_nested():
            export_journal(session, month=Month(month), now=clock.now(), by=caller.actor)
    except Refusal as refusal:
        return _page(request, caller, session, "", refusal=refusal)
    return RedirectResponse("/books#journal", status_code=303)


def _page(
    request: Request, caller: Caller, session: Session, asked: str, *, refusal: Refusal | None = None
) -> Response:
    day = today(session, now=clock.now())
    try:
        period, books = _books(session, asked.strip() or _lately(day), day)
    except Refusal as why:
        refusal = why
        period, books = _books(session, _lately(day), day)
    return render(
        request,
        "books.html",
        caller=caller,
        status=status_of(refusal) if refusal else 200,
        refusal=refusal,
        period=period,
        asked=asked.strip() or _lately(day),
        books=books,
        day=day,
        last_month=in_words(months_later(first_of(day), -1)),
    )


def _lately(day: date) -> str:
    first = first_of(day)
    return f"{in_words(months_later(first, 1 - _MONTHS))}/{in_words(first)}"


def _books(session: Session, asked: str, day: date) -> tuple[Period, Books]:
    period = read_period(asked)
    newest = batches(month=None).order_by(col(JournalBatchRecord.month).desc(), col(JournalBatchRecord.sequence).desc())
    books = Books(
        revenue_report(session, period=period, by=By.ALL, as_of=day, now=clock.now()),
        recurring_report(session, period=period, by=By.ALL),
        aged_report(session, as_of=day),
        vat_report(session, period=period),
        [JournalBatch.model_validate(one, from_attributes=True) for one in session.exec(newest.limit(_NEWEST))],
    )
    return period, books
