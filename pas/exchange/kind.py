"""A kind is something that is imported and exported: its columns, its key, and how its rows are read and written."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, SQLModel, select

from lifecycle.actor import Actor
from pas.exchange.column import Column, Row
from pas.exchange.draft import Draft
from telemetry.refusal import Refusal

_MOST_NAMED = 5


class Options(NamedTuple):
    """What the sender says about a file, where the file alone cannot be understood."""

    missing: tuple[str, ...] = ()
    """Numbers that mean "not known", such as 0 for an index that was not measured."""
    dates: str = ""
    """`dmy` or `mdy`: how 4/5/2026 is meant, where the column does not show it."""
    zone: str = "UTC"
    """Zone of moments that name none."""
    source: str = ""
    """Where sales and readings come from; the file's own name where it is left out."""
    asset: str = ""
    """The asset whose readings these are, where the file has no column for it."""
    metrics: tuple[str, ...] = ()
    """`COLUMN=METRIC` or `COLUMN=METRIC:UNIT`, for readings with a column a metric."""


NOTHING_SAID = Options()


class Blame(NamedTuple):
    """What a refusal of a verb means in the file: which column, in which words, and which row if only one."""

    column: str
    sentence: str
    draft: Draft | None = None


class Kind(ABC):
    """One kind. `together` names a column whose equal values are taken or refused as one.

    `column_of` names the column of a field that is called otherwise in the house.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    together: str = ""
    column_of: Mapping[str, str] = MappingProxyType({})

    def identify(self, session: Session, drafts: Sequence[Draft], options: Options) -> None:  # noqa: ARG002
        """Give each draft its key, the columns by which a row is known."""
        for draft in drafts:
            draft.key = tuple(draft.given.get(name) for name in self.key)

    @abstractmethod
    def stored(self, session: Session) -> Iterable[Row]:
        """Give every row that is there, in a settled order."""

    @abstractmethod
    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Build each draft's value from its `after`, or refuse it in words."""

    @abstractmethod
    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:
        """Write drafts that are new or changed. Raises what the verbs below raise."""

    def blame(self, refusal: Refusal, drafts: Sequence[Draft]) -> Blame:  # noqa: ARG002
        """Say where in the file that is wrong which a verb refused."""
        field = refusal.field or ""
        return Blame(self.column_of.get(field, field), refusal.sentence)

    def plain(self, row: Row) -> Row:
        """Give a row in plain form: what is compared and exported."""
        return {column.name: column.cell.plain(row.get(column.name)) for column in self.columns if column.exported}


def ids_by_code(session: Session, record: Any) -> dict[str, UUID]:
    """Give the ids of all materials, products, sites or customers by code."""
    return dict(session.exec(select(record.code, record.id)).all())


def codes_by_id(session: Session, record: Any) -> dict[UUID | None, str]:
    """Give the codes of all materials, products, sites or customers by id."""
    return {identity: code for code, identity in ids_by_code(session, record).items()}


def found(draft: Draft, column: str, known: dict[str, UUID], *, of: str) -> UUID | None:
    """Give the id of what a cell names; a name that is not known is noted on the draft."""
    code = draft.after.get(column)
    if code is None:
        return None
    if code not in known:
        some = ", ".join(sorted(known)[:_MOST_NAMED]) or "none yet"
        draft.refuse(column, code, f"there is no {of} of this name", f"import it first; known are {some}")
    return known.get(code)


def fields_of(record: SQLModel, columns: Iterable[Column]) -> Row:
    """Give the fields of a record or value that are columns of the same name."""
    return {column.name: getattr(record, column.name) for column in columns if hasattr(record, column.name)}
