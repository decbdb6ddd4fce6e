"""Keyset pages: a list answers with its items and a cursor to the next ones; there is no counting and no offset."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import tuple_
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from pas.strict_input import UnreadableInput, read_json
from telemetry.refusal import Refusal

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=500, description="How many items at the most.")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before.")]


class BadCursor(Refusal):
    """The cursor is none that we gave."""


class Page(BaseModel, Generic[T]):
    """Some items of a list, and the cursor to the next ones, null on the last page."""

    items: list[T]
    next_cursor: str | None


def page(
    session: Session, query: SelectOfScalar[Any], *, by: Sequence[Any], cursor: str | None, limit: int
) -> tuple[list[Any], str | None]:
    """Read one page of a query, sorted upwards by columns that are together unique.

    `by` are mapped attributes of the record, such as `(AssetRecord.serial, AssetRecord.id)`. Raises BadCursor.
    """
    if cursor is not None:
        query = query.where(tuple_(*by) > tuple_(*_after(cursor, by)))
    found = list(session.exec(query.order_by(*by).limit(limit + 1)))
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], _cursor([getattr(last, column.key) for column in by])


def _cursor(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def _after(cursor: str, by: Sequence[Any]) -> list[Any]:
    """Read a cursor back into values of the columns' own types."""
    try:
        values = list(read_json(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)))
        return [_typed(value, column.type.python_type) for value, column in zip(values, by, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, UnreadableInput) as error:
        raise BadCursor("this cursor is none of ours; start again without one", field="cursor") from error


def _typed(value: Any, kind: type) -> Any:
    """Give a value of a cursor in the type of its column. Raises TypeError and ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and issubclass(kind, int):
        return value
    if not isinstance(value, str) or issubclass(kind, int):
        raise TypeError
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if kind is date:
        return date.fromisoformat(value)
    return UUID(value) if kind is UUID else value
