"""A draft is one row on its way in: what the file gave, what stood there before, what will stand there after."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pas.exchange.cell import Raw, as_text
from pas.exchange.column import Row
from pas.exchange.report import RowRefusal

V = TypeVar("V", bound=BaseModel)

_LONGEST_SHOWN = 80


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


def checked(draft: Draft, kind: type[V], facts: Row, *, column_of: dict[str, str] | None = None) -> V | None:
    """Build the value from what is there, leaving defaults to its class; what is wrong is noted on the draft."""
    try:
        return kind.model_validate({name: fact for name, fact in facts.items() if fact is not None})
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_context=False, include_input=False):
            name = str(wrong["loc"][0]) if wrong["loc"] else ""
            column = (column_of or {}).get(name, name)
            draft.refuse(column, facts.get(name), _why(wrong["type"], wrong["msg"]), _right(wrong["type"]))
        return None


def _why(sort: str, message: str) -> str:
    return "this is missing" if sort == "missing" else message.removeprefix("Value error, ")


def _right(sort: str) -> str:
    return "fill it in" if sort == "missing" else ""
