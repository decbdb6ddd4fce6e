"""Calendars in the form that calendar programs read (RFC 5545)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import icalendar

MEDIA_TYPE = "text/calendar"
_FETCH_AGAIN = timedelta(hours=4)
_DAY = timedelta(days=1)


class CalendarEvent(NamedTuple):
    """Something that is due on a day: it keeps its `uid` for ever, and its `revision` grows when it moves."""

    uid: str
    on: date
    title: str
    text: str
    place: str
    category: str
    priority: int
    revision: int
    changed_at: datetime
    is_cancelled: bool = False
    is_certain: bool = True


def written(events: Iterable[CalendarEvent], *, name: str) -> bytes:
    """Write a calendar; lines are folded and texts escaped as the standard wants."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//pas//due and planned//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _FETCH_AGAIN, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT4H")
    for event in events:
        calendar.add_component(_event(event))
    content: bytes = calendar.to_ical()
    return content


def _event(told: CalendarEvent) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", told.uid)
    event.add("dtstamp", told.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", told.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", told.on)
    event.add("dtend", told.on + _DAY)
    event.add("summary", told.title)
    if told.text:
        event.add("description", told.text)
    if told.place:
        event.add("location", told.place)
    event.add("categories", [told.category])
    event.add("priority", told.priority)
    event.add("sequence", told.revision)
    event.add("status", "CANCELLED" if told.is_cancelled else "CONFIRMED" if told.is_certain else "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    return event
