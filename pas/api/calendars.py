"""Calendars over HTTP: made and revoked by a login, and fetched by calendar programs under their secret address."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel

from pas import calendar_feeds, clock
from pas.access import EVERYBODY, Asking, NotAllowed, Reading, Writing, database, may
from pas.api.problems import problems
from pas.calendar_events import events_of
from pas.calendar_feeds import NewFeed, find_feed, tenant_named
from pas.calendar_gateway import MEDIA_TYPE, written
from pas.calendar_tables import CalendarFeedRecord
from pas.db import Database
from pas.settings import settings

router = APIRouter(tags=["calendars"])

_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "The calendar (RFC 5545)."}
}


class Feed(BaseModel):
    """A calendar, without its address."""

    id: UUID
    name: str
    site_id: UUID | None
    created_at: datetime
    revoked_at: datetime | None


class Feeds(BaseModel):
    """All calendars of a person; there are few, so there are no pages."""

    items: list[Feed]


class FeedWithAddress(Feed):
    """A calendar just made, with the secret address under which a calendar program fetches it; shown this once."""

    address: str


@router.get("/calendar-feeds")
@may(*EVERYBODY)
def list_feeds(caller: Asking, session: Reading) -> Feeds:
    """List one's own calendars, the newest first."""
    return Feeds(items=[_shown(feed) for feed in calendar_feeds.feeds_of(session, person_id=caller.person_id)])


@router.post("/calendar-feeds", status_code=201, responses=problems(404, 422))
@may(*EVERYBODY)
def make_feed(new: NewFeed, response: Response, caller: Asking, session: Writing) -> FeedWithAddress:
    """Make a calendar of one's own work, or of all that is due in a place. Only a login may do this, no key."""
    if caller.session_id is None:
        raise NotAllowed("only a person who is logged in makes a calendar, no program's key")
    made = calendar_feeds.make_feed(session, new=new, caller=caller, now=clock.now())
    response.headers["Cache-Control"] = "no-store"
    address = f"{settings().public_url.rstrip('/')}/api/v1/calendars/{made.address}.ics"
    return FeedWithAddress(**_shown(made.record).model_dump(), address=address)


@router.delete("/calendar-feeds/{feed_id}", responses=problems(404))
@may(*EVERYBODY)
def revoke_feed(feed_id: UUID, caller: Asking, session: Writing) -> Feed:
    """End a calendar at once: whoever has its address sees nothing any more."""
    return _shown(calendar_feeds.revoke_feed(session, feed_id=feed_id, caller=caller, now=clock.now()))


@router.get("/calendars/{calendar_address}.ics", responses=_FILE | problems(404), response_class=Response)
@may()
def read_calendar(
    calendar_address: Annotated[str, Path(max_length=200)], db: Annotated[Database, Depends(database)]
) -> Response:
    """Give a calendar to whoever knows its address."""
    with db.reading(tenant_named(calendar_address)) as session:
        opened = find_feed(session, address=calendar_address)
        content = written(events_of(session, opened, now=clock.now()), name=opened.feed.name)
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": 'inline; filename="pas.ics"'})


def _shown(feed: CalendarFeedRecord) -> Feed:
    return Feed.model_validate(feed, from_attributes=True)
