"""The books, worked out anew each time somebody asks: from what was issued, signed and paid, and from nothing else."""

from datetime import date, datetime

from sqlmodel import Session, select

from billing.book_queries import booked_lines, open_items, vat_documents
from billing.books.aged import AgedReport, aged
from billing.books.group import By
from billing.books.line import check_length
from billing.books.recurring import RecurringReport, recurring
from billing.books.revenue import RevenueReport, by_currency, deposits, roll_forward
from billing.books.vat_listing import VatReport, vat_listing
from billing.period import Period, local_day
from billing.read_fees import read_fees
from billing.read_unbilled import read_unbilled
from billing.tables import SellerRecord


def today(session: Session, *, now: datetime) -> date:
    """Give the day that it is where the seller is, for its documents are dated so."""
    zone = session.exec(select(SellerRecord.zone)).first()
    return local_day(now, zone or "UTC")


def revenue_report(session: Session, *, period: Period, by: By, as_of: date, now: datetime) -> RevenueReport:
    """Roll deferred and accrued revenue forward over whole months. Raises NotAPeriod.

    What was served and is on no document yet is estimated up to the end of `as_of`, or up to today if that is earlier.
    """
    check_length(period)
    unbilled = read_unbilled(session, as_of=min(as_of, today(session, now=now)), now=now)
    lines = [*booked_lines(session, period=period, as_of=as_of), *unbilled.lines]
    return RevenueReport(
        start=period.start,
        end=period.end,
        as_of=as_of,
        by=by,
        months=roll_forward(lines, period=period, by=by),
        deposits=deposits(lines, period=period),
        estimated=by_currency(unbilled.lines),
        unrated=unbilled.unrated,
    )


def recurring_report(session: Session, *, period: Period, by: By) -> RecurringReport:
    """Tell monthly recurring revenue and what moved it, over whole months. Raises NotAPeriod."""
    check_length(period)
    months = recurring(read_fees(session, period=period), period=period, by=by)
    return RecurringReport(start=period.start, end=period.end, by=by, months=months)


def aged_report(session: Session, *, as_of: date) -> AgedReport:
    """Tell who owes what since when, as it was at the end of a day."""
    return aged(open_items(session, as_of=as_of), as_of=as_of)


def vat_report(session: Session, *, period: Period) -> VatReport:
    """List the VAT of the documents issued in a period. Raises ListingDisagrees."""
    documents = vat_documents(session, start=period.start, end=period.end)
    return vat_listing(documents, start=period.start, end=period.end)
