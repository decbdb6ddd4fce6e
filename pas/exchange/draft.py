"""A draft is one row on its way in: what the file gave, what stood there before, what will stand there after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pas.exchange.cell import Raw, as_text
from pas.exchange.column import Row
from pas.exchange.report import RowRefusal
from pas.faults import in_words

V = TypeVar("V", bound=BaseModel)

_LONGEST_SHOWN = 80
_SINGULAR = {"grades": "grade", "readings": "reading"}
"""Columns that a file may also give part by part, such as `grade.frame`."""


@dataclass
class Draft:
    """One row. `state` ends as new, changed, unchanged or refused."""

    row: int
    cells: list[Raw]
    given: Row = field(default_factory=dict)
    refusals: list[RowRefusal] = field(default_factory=list)
    key: tuple[Any, ...] = ()
    before: Row | None = None
    after: Row = field(default_factory=dict)
    value: Any = None
    state: str = ""

    @property
    def is_refused(self) -> bool:
        """Tell whether anything is wrong with it."""
        return bool(self.refusals)

    def refuse(self, column: str, value: Any, why: str, right: str = "") -> None:
        """Note why it cannot be taken."""
        shown = as_text(value)[:_LONGEST_SHOWN]
        self.refusals.append(RowRefusal(row=self.row, column=column, value=shown, why=why, right=right))
        self.state = "refused"

    @property
    def changes(self) -> list[str]:
        """Name the columns that differ from what stood there."""
        before = self.before or {}
        return [name for name, value in self.after.items() if before.get(name) != value]


def checked(draft: Draft, kind: type[V], facts: Row, *, column_of: Mapping[str, str] | None = None) -> V | None:
    """Build the value from what is there, leaving defaults to its class; what is wrong is noted on the draft."""
    try:
        return kind.model_validate({name: fact for name, fact in facts.items() if fact is not None})
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            column, value = _found_at([str(step) for step in wrong["loc"]], facts, column_of or {})
            draft.refuse(column, value, lacking(column) if wrong["type"] == "missing" else in_words(wrong))
        return None


def _found_at(steps: Sequence[str], facts: Row, column_of: Mapping[str, str]) -> tuple[str, Any]:
    """Name the column and the value at fault; a part of a column is a column to who wrote the file."""
    name, *deeper = steps or [""]
    column, value = column_of.get(name, name), facts.get(name)
    if deeper and isinstance(value, dict) and deeper[0] in value:
        return f"{_SINGULAR.get(column, column)}.{deeper[0]}", value[deeper[0]]
    return column, value


def lacking(column: str) -> str:
    """Say that a cell is empty which must be filled."""
    return f"no {column} is given"
