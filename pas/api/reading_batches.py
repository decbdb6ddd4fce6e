"""Receipts of the batches of readings over HTTP: what came, from whom, and what became of it."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel
from sqlalchemy.orm import load_only
from sqlmodel import col, select

from pas.access import STAFF, Asking, Reading, may
from pas.api.paging import Cursor, Limit, Page, page
from telemetry.tables import ReadingBatchRecord

router = APIRouter(tags=["readings"])


class ReadingBatch(BaseModel):
    """The receipt of one batch: its three figures add up to its readings."""

    number: int
    """Counts the batches in the order in which they were accepted."""
    key: str
    """The sender's, as we keep it, or the SHA-256 of the content."""
    received_at: AwareDatetime
    source: str
    taken: int
    duplicates: int
    quarantined: int
    is_open: bool
    """Its readings still lie as they came; later they are packed by series and day, and read the same."""


_SHOWN = tuple(getattr(ReadingBatchRecord, name) for name in ReadingBatch.model_fields)


@router.get("/reading-batches")
@may(*STAFF)
def list_reading_batches(
    _caller: Asking,
    session: Reading,
    source: Annotated[str | None, Query(max_length=40, description="Only those of this kind of sender.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReadingBatch]:
    """List the receipts in the order in which the batches were accepted."""
    query = select(ReadingBatchRecord).options(load_only(*_SHOWN))
    if source is not None:
        query = query.where(col(ReadingBatchRecord.source) == source)
    by = (ReadingBatchRecord.number, ReadingBatchRecord.key)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    items = [ReadingBatch.model_validate(one, from_attributes=True) for one in found]
    return Page(items=items, next_cursor=next_cursor)
