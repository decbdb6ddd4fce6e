"""Tables of the books as csv, in which no cell can act as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from pydantic import BaseModel

_ACTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula when it opens a text."""


def as_csv(kind: type[BaseModel], rows: Iterable[BaseModel]) -> str:
    """Write rows of one kind under the names of their fields."""
    columns = list(kind.model_fields)
    return written(columns, ([getattr(row, column) for column in columns] for row in rows))


def written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as csv; text that a spreadsheet would run gets an apostrophe before it, numbers stay numbers."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return sink.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_ACTS) else text
