"""Views of the fleet list: kept under a name by a person, shared with colleagues, and dropped again."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, func, or_, select

from lifecycle.label import Line, Name
from pas.caller import Caller
from pas.role import Role
from pas.tables import PersonRecord
from pas.view_tables import ListViewRecord
from telemetry.identity import new_id
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

FILTERS = ("q", "product", "site", "holder", "grade", "status", "sort")
"""What a view may fix of the list; where one had got to in it is none of it."""
_MOST = 50


class UnknownView(Refusal):
    """There is no such view, or none that is the asker's."""


class TooManyViews(Refusal):
    """Nobody finds anything among so many views."""


class NewView(BaseModel):
    """A view to be kept; the same name again replaces one's own of that name."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(min_length=1, max_length=80)
    query: Line = Field(max_length=1000, description="Filters as in the list's address, such as `grade=D&site=Gent`.")
    shared: bool = Field(default=False, description="Whether colleagues see it too; only staff share.")


class SeenView(NamedTuple):
    """A view, and whose it is."""

    view: ListViewRecord
    owner: str
    own: bool


def keep_view(session: Session, new: NewView, *, caller: Caller, now: datetime) -> ListViewRecord:
    """Keep a view for whoever asks; a customer's contact keeps views, but shares none.

    Raises UnknownView for a key of nobody, and TooManyViews.
    """
    if caller.person_id is None:
        raise UnknownView("a view belongs to a person")
    mine = select(ListViewRecord).where(ListViewRecord.person_id == caller.person_id)
    view = session.exec(mine.where(ListViewRecord.name == new.name)).first()
    if view is None or view.dropped_at is not None:
        _refuse_one_more(session, caller.person_id)
        view = view or ListViewRecord(
            id=new_id(), tenant_id=tenant_of(session), person_id=caller.person_id, name=new.name, query="", kept_at=now
        )

    view.query, view.kept_at, view.dropped_at = settled(new.query), now, None
    view.shared = new.shared and caller.role is not Role.CUSTOMER

    session.add(view)
    session.flush()
    return view


def drop_view(session: Session, *, view_id: UUID, caller: Caller, now: datetime) -> ListViewRecord:
    """Drop a view of one's own; an administrator drops anybody's shared one. Twice is no harm. Raises UnknownView."""
    view = session.exec(select(ListViewRecord).where(ListViewRecord.id == view_id)).first()
    tidies = view is not None and view.shared and caller.role is Role.ADMINISTRATOR
    if view is None or (view.person_id != caller.person_id and not tidies):
        raise UnknownView("there is no such view of yours", field="view_id")
    view.dropped_at = view.dropped_at or now
    session.add(view)
    session.flush()
    return view


def views_of(session: Session, *, caller: Caller) -> list[SeenView]:
    """Give one's own views and, to staff, those that colleagues share, by name."""
    own = ListViewRecord.person_id == caller.person_id
    seen = own if caller.role is Role.CUSTOMER else or_(own, col(ListViewRecord.shared))
    query = (
        select(ListViewRecord, PersonRecord.name)
        .join(PersonRecord, col(PersonRecord.id) == ListViewRecord.person_id)
        .where(PersonRecord.tenant_id == tenant_of(session), ListViewRecord.tenant_id == tenant_of(session), seen)
        .where(col(ListViewRecord.dropped_at).is_(None))
        .order_by(func.lower(ListViewRecord.name), col(ListViewRecord.id))
    )
    return [SeenView(view, owner, view.person_id == caller.person_id) for view, owner in session.exec(query)]


def settled(query: str) -> str:
    """Spell the filters of an address in one order, and leave out what is none.

    >>> settled("?cursor=x&status=&grade=D&site=Gent Zuid")
    'site=Gent+Zuid&grade=D'
    """
    said = dict(parse_qsl(query.lstrip("?"), keep_blank_values=False))
    return urlencode([(name, said[name]) for name in FILTERS if said.get(name)])


def _refuse_one_more(session: Session, person_id: UUID) -> None:
    kept = session.exec(
        select(func.count()).where(ListViewRecord.person_id == person_id, col(ListViewRecord.dropped_at).is_(None))
    ).one()
    if kept >= _MOST:
        raise TooManyViews(f"you keep {kept} views; drop one before you keep another", field="name")
