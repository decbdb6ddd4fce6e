"""Views of the fleet list over HTTP: kept by a login under a name, and shared with colleagues."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from pas import clock
from pas.access import EVERYBODY, Asking, NotAllowed, Reading, Writing, may
from pas.api.problems import problems
from pas.list_views import NewView, SeenView, drop_view, keep_view, views_of

router = APIRouter(prefix="/views", tags=["assets"])


class View(BaseModel):
    """A view: `query` is what stands behind the question mark of the fleet list."""

    id: UUID
    name: str
    query: str
    shared: bool
    owner: str
    own: bool
    kept_at: datetime


class Views(BaseModel):
    """All views that one sees; there are few, so there are no pages."""

    items: list[View]


@router.get("")
@may(*EVERYBODY)
def list_views(caller: Asking, session: Reading) -> Views:
    """List one's own views, and those that colleagues share."""
    return Views(items=[_shown(one) for one in views_of(session, caller=caller)])


@router.post("", status_code=201, responses=problems(403, 422))
@may(*EVERYBODY)
def keep(new: NewView, caller: Asking, session: Writing) -> View:
    """Keep a view under a name; the same name again replaces one's own."""
    if caller.person_id is None:
        raise NotAllowed("only people keep views")
    view = keep_view(session, new, caller=caller, now=clock.now())
    return _shown(SeenView(view, caller.actor.name, own=True))


@router.delete("/{view_id}", responses=problems(404))
@may(*EVERYBODY)
def drop(view_id: UUID, caller: Asking, session: Writing) -> View:
    """Drop a view of one's own."""
    view = drop_view(session, view_id=view_id, caller=caller, now=clock.now())
    return _shown(SeenView(view, caller.actor.name, view.person_id == caller.person_id))


def _shown(seen: SeenView) -> View:
    told = seen.view.model_dump(include={"id", "name", "query", "shared", "kept_at"})
    return View(**told, owner=seen.owner, own=seen.own)
