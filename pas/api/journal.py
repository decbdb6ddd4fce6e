"""The journal over HTTP: which account stands for what, and what was handed to the accountant, as data and as csv."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from billing import journal_queries as queries
from billing.books.accounts import Accounts
from billing.books.journal_batch import JournalBatch, JournalExport, csv_of, entry_rows
from billing.export_journal import export_journal
from billing.journal_tables import JournalBatchRecord
from billing.keep_accounts import keep_accounts
from billing.period import Month
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.books import CSV
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/books", tags=["books"])

MonthFilter = Annotated[str | None, Query(max_length=7, description="Only those of this month, such as 2026-10.")]


class MonthToExport(BaseModel):
    """A month whose journal is to be handed over."""

    model_config = ConfigDict(extra="forbid")

    month: str = Field(max_length=7, description="Such as 2026-10; it must be over.")


@router.get("/accounts")
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_accounts(_caller: Asking, session: Reading) -> Accounts:
    """Give the account of each role; those of the Belgian chart of accounts until others are named."""
    return queries.accounts(session)


@router.put("/accounts", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def put_accounts(accounts: Accounts, caller: Asking, session: Writing) -> Accounts:
    """Name the accounts; what was exported stays as it was."""
    return keep_accounts(session, accounts, now=clock.now(), by=caller.actor)


@router.get("/journal-batches", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def list_journal_batches(
    _caller: Asking, session: Reading, month: MonthFilter = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[JournalBatch]:
    """List what was exported, by month."""
    query = queries.batches(month=None if month is None else Month(month).start)
    by = (JournalBatchRecord.month, JournalBatchRecord.sequence, JournalBatchRecord.id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(
        items=[JournalBatch.model_validate(one, from_attributes=True) for one in found], next_cursor=next_cursor
    )


@router.post("/journal-batches", status_code=201, responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def post_journal_batch(asked: MonthToExport, caller: Asking, session: Writing) -> JournalExport:
    """Export what is new of a month; asked again, nothing is new and the same batches are given."""
    return export_journal(session, month=Month(asked.month), now=clock.now(), by=caller.actor)


@router.get("/journal-batches/{batch_id}", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_journal_batch(batch_id: UUID, _caller: Asking, session: Reading) -> JournalBatch:
    """Give one batch: its sums and the digest of its csv."""
    return JournalBatch.model_validate(queries.batch(session, batch_id=batch_id), from_attributes=True)


@router.get("/journal-batches/{batch_id}/csv", response_class=Response, responses=problems(404) | CSV)
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_journal_batch_csv(batch_id: UUID, _caller: Asking, session: Reading) -> Response:
    """Give the lines of a batch as csv, the very bytes whose digest it carries."""
    found = queries.batch(session, batch_id=batch_id)
    name = f"journal-{found.month:%Y-%m}-{found.sequence}.csv"
    text = csv_of(entry_rows(queries.lines_of_batch(session, batch_id=batch_id)))
    return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})
