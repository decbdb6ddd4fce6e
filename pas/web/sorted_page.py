"""A page of a list in the order that the reader chose, upwards or downwards, and the cursor to the next page."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, tuple_
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from pas.api.paging import BadCursor
from pas.strict_input import UnreadableInput, read_json


class Order(NamedTuple):
    """What a list is sorted by: expressions that are together unique, all in one direction."""

    by: tuple[ColumnElement[Any], ...]
    downwards: bool = False


def sorted_page(
    session: Session, query: SelectOfScalar[Any], order: Order, *, cursor: str | None, limit: int
) -> tuple[list[Any], str | None]:
    """Read one page. Raises BadCursor."""
    if cursor is not None:
        here = tuple_(*_values(cursor, order))
        query = query.where(tuple_(*order.by) < here if order.downwards else tuple_(*order.by) > here)
    sorting = [column.desc() if order.downwards else column.asc() for column in order.by]
    rows = list(session.execute(query.add_columns(*order.by).order_by(*sorting).limit(limit + 1)))
    following = _cursor(list(rows[limit - 1][1:])) if len(rows) > limit else None
    return [row[0] for row in rows[:limit]], following


def _cursor(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def _values(cursor: str, order: Order) -> list[Any]:
    """Read a cursor back into values of the expressions' own types. Raises BadCursor."""
    try:
        said = list(read_json(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)))
        return [_typed(value, column.type.python_type) for value, column in zip(said, order.by, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, UnreadableInput) as error:
        raise BadCursor("this cursor is none of ours; start again without one", field="cursor") from error


def _typed(value: Any, kind: type) -> Any:
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str) or kind is float:
        raise TypeError
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return UUID(value) if kind is UUID else value
