"""Sites over HTTP: the places where assets stand, and what stood there when."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from sqlmodel import col, select

from lifecycle.asset import PlaceContent
from lifecycle.keep_catalogue import add, replace
from lifecycle.queries import contents, in_catalogue, stays_at
from lifecycle.record_events import possible
from lifecycle.site import Site
from lifecycle.tables import SiteRecord, StayRecord
from pas import clock
from pas.access import STAFF, Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/sites", tags=["sites"])


class SiteAnswer(Site):
    """A site and its id."""

    id: UUID


@router.get("", responses=problems(422))
@may(*STAFF)
def list_sites(
    _caller: Asking,
    session: Reading,
    q: Annotated[str | None, Query(max_length=60, description="The code begins with this.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SiteAnswer]:
    """List sites by code."""
    query = select(SiteRecord)
    if q:
        query = query.where(col(SiteRecord.code).startswith(q, autoescape=True))
    found, next_cursor = page(session, query, by=(SiteRecord.code, SiteRecord.id), cursor=cursor, limit=limit)
    return Page(items=[_shown(site) for site in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def add_site(new: Site, caller: Asking, session: Writing) -> SiteAnswer:
    """Add a site under a new code."""
    return _shown(add(session, SiteRecord, new, now=clock.now(), by=caller.actor))


@router.get("/{site_id}", responses=problems(404))
@may(*STAFF)
def read_site(site_id: UUID, _caller: Asking, session: Reading) -> SiteAnswer:
    """Give one site."""
    return _shown(in_catalogue(session, SiteRecord, site_id))


@router.put("/{site_id}", responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def replace_site(site_id: UUID, told: Site, caller: Asking, session: Writing) -> SiteAnswer:
    """Put other words in a site's place; the same again changes nothing."""
    return _shown(replace(session, SiteRecord, site_id, told, now=clock.now(), by=caller.actor))


@router.get("/{site_id}/assets", responses=problems(404))
@may(*STAFF)
def what_stands_there(
    site_id: UUID,
    _caller: Asking,
    session: Reading,
    at: Annotated[AwareDatetime | None, Query(description="Moment, with its zone; now if left out.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PlaceContent]:
    """List what stood in a place at a moment, by asset id."""
    in_catalogue(session, SiteRecord, site_id)
    now = clock.now()
    query = stays_at(site_id=site_id, at=possible(at, now=now) if at else now)
    found, next_cursor = page(session, query, by=(StayRecord.asset_id,), cursor=cursor, limit=limit)
    return Page(items=contents(session, found), next_cursor=next_cursor)


def _shown(site: SiteRecord) -> SiteAnswer:
    return SiteAnswer.model_validate(site, from_attributes=True)
