"""What running contracts were served and no document asks for yet, rated as their bill will be."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, func, select

from billing.books.line import NOBODY_S, BookedLine, first_of, in_words, months_of
from billing.books.revenue import earned_by
from billing.due import Due, policies_of
from billing.load_due import load_due
from billing.period import Month, months_later
from billing.queries import contracts_running
from billing.rate_contract import rate_contract
from billing.rating.cadence import period_of
from billing.rating.rated import Component
from billing.tables import ContractRecord, InvoiceRecord
from telemetry.refusal import Refusal

MONTHS_BACK = 12
"""A month that was not billed for longer than this is not expected to be."""
A_DAY = timedelta(days=1)


class Unbilled(NamedTuple):
    """Estimated lines up to a day, and the contracts (with the month) that could not be rated."""

    lines: list[BookedLine]
    unrated: list[str]


def read_unbilled(session: Session, *, as_of: date, now: datetime) -> Unbilled:
    """Estimate what was served up to the end of a day and is on no document issued until then.

    Looks at months from the first that was ever billed, at most a year back, and at the bill to come of a period that
    is under way. What former bills must be corrected by is counted once. Bills nothing.
    """
    found, seen = Unbilled([], []), set[UUID]()
    for month, contracts in _bills(session, as_of).items():
        for one in load_due(session, month=month, contracts=contracts, now=now):
            try:
                found.lines.extend(_served(one, month, as_of + A_DAY, first=one.contract.id not in seen))
            except (Refusal, ValueError, ArithmeticError, LookupError):
                found.unrated.append(f"{one.contract.code} {month}")
            seen.add(one.contract.id)
    return found


def _bills(session: Session, as_of: date) -> dict[Month, list[ContractRecord]]:
    """Give for each month the contracts whose bill of it is missing, and those whose period ends in a later month."""
    missing = {month: _waiting(session, month, as_of) for month in _months(session, as_of)}
    for contract in contracts_running(session, period=Month(in_words(first_of(as_of)))):
        if contract.every_months > 1 or contract.every_weeks is not None:
            ends = period_of(policies_of(contract).cadence, as_of).end - A_DAY
            if first_of(ends) > first_of(as_of):
                missing.setdefault(Month(in_words(ends)), []).append(contract)
    return missing


def _months(session: Session, as_of: date) -> list[Month]:
    last = first_of(as_of)
    billed_from = session.exec(select(func.min(col(InvoiceRecord.period_start)))).one() or last
    first = max(first_of(billed_from), months_later(last, -MONTHS_BACK))
    return [Month(in_words(month)) for month in months_of(first, as_of + A_DAY)] if first <= last else []


def _waiting(session: Session, month: Month, as_of: date) -> list[ContractRecord]:
    """Give the contracts that ran in a month and had no invoice of it at the end of a day."""
    query = select(InvoiceRecord.contract_id).where(
        InvoiceRecord.period_start == month.start, InvoiceRecord.revision == 0, InvoiceRecord.issued_on <= as_of
    )
    billed: set[UUID] = set(session.exec(query))
    return [one for one in contracts_running(session, period=month) if one.id not in billed]


def _served(due: Due, month: Month, day: date, *, first: bool) -> Iterator[BookedLine]:
    """Rate a contract's bill of a month and keep what was served of it before a day."""
    for line in rate_contract(due, month=month):
        names = (due.buyer.code, due.contract.code, line.product or NOBODY_S, str(line.component))
        whole = BookedLine(None, None, *names, line.period_start, line.period_end, line.net, due.contract.currency)
        served = earned_by(whole, day)
        once = first or line.component != Component.CORRECTION
        if served is not None and served.net and once and line.component != Component.CARRIED_OVER:
            yield served
