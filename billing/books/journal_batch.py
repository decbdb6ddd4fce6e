"""A batch of the journal as it is handed over: what it holds, and how its csv is written."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator

from billing.books.accounts import Accounts
from billing.books.journal import Entry
from billing.books.line import NOTHING, in_words
from billing.books.spreadsheet import written

COLUMNS = (
    "entry",
    "part",
    "journal",
    "booked_on",
    "document",
    "account",
    "role",
    "customer",
    "text",
    "debit",
    "credit",
    "currency",
    "vat",
)
"""Columns of the csv, in order; `entry` and `part` together are unique for ever."""


class JournalBatch(BaseModel):
    """What was exported of a month at once; its debits are its credits."""

    id: UUID
    month: Annotated[str, BeforeValidator(lambda month: in_words(month) if isinstance(month, date) else month)]
    sequence: int
    entries: int
    lines: int
    debit: Decimal
    credit: Decimal
    sha256: str
    rule: str
    made_at: datetime
    made_by: str


class JournalExport(BaseModel):
    """The batches of a month, and how many of them this export made: none where nothing was new.

    `unrated` names contracts whose unbilled service could not be estimated and is missing from the accrued.
    """

    month: str
    made: int
    batches: list[JournalBatch]
    unrated: list[str]


def rows_of(entries: Iterable[Entry], accounts: Accounts) -> Iterator[dict[str, Any]]:
    """Write entries as lines, each with the account of its role and its amount on one side."""
    position = 0
    for one in entries:
        for part, posting in enumerate(one.postings, start=1):
            position += 1
            yield {
                "position": position,
                "entry": one.key,
                "part": part,
                "journal": one.journal,
                "booked_on": one.on,
                "document": one.document,
                "account": accounts.of(posting.role),
                "role": posting.role,
                "customer": posting.customer,
                "text": one.text[:400],
                "debit": max(posting.amount, NOTHING),
                "credit": max(-posting.amount, NOTHING),
                "currency": one.currency,
                "vat": posting.vat,
            }


def csv_of(rows: Iterable[dict[str, Any]]) -> str:
    """Write lines as csv."""
    return written(COLUMNS, ([_plain(row[column]) for column in COLUMNS] for row in rows))


def _plain(value: Any) -> Any:
    """Give amounts with two decimals and choices as their words."""
    return f"{value:.2f}" if isinstance(value, Decimal) else getattr(value, "value", value)


def entry_rows(kept: Iterable[BaseModel]) -> Iterator[dict[str, Any]]:
    """Give lines as they were kept, as the rows that they were written from."""
    for one in kept:
        yield {column: getattr(one, column) for column in COLUMNS}
