"""Calendars behind a secret address: made by a person for oneself, revocable, and never wider than the person sees."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from lifecycle.label import Name
from lifecycle.queries import UnknownReference, refuse_unknown
from lifecycle.record_audit import record_audit
from lifecycle.tables import AssetRecord, SiteRecord
from pas import secret
from pas.calendar_tables import CalendarFeedRecord
from pas.caller import Caller
from pas.role import Role
from pas.tables import PersonRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

_PARTS = 3
_LARGEST_TENANT = 2**31 - 1


class UnknownCalendar(Refusal):
    """No calendar lies under that address, or not any more."""


class NewFeed(BaseModel):
    """A calendar to be made: of one's own work, or with `site_id` of all that is due in a place."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(min_length=1, max_length=100)
    site_id: UUID | None = None


class MadeFeed(NamedTuple):
    """A calendar just made, and its address, shown this once."""

    record: CalendarFeedRecord
    address: str


class OpenFeed(NamedTuple):
    """A calendar that may be read, and the person who sees through it."""

    feed: CalendarFeedRecord
    person: PersonRecord

    @property
    def holder_id(self) -> UUID | None:
        """Give the customer to whose things the person is held; None for those who see all."""
        is_customer = self.person.role is Role.CUSTOMER
        return self.person.customer_id or UUID(int=0) if is_customer else None


def make_feed(session: Session, *, new: NewFeed, caller: Caller, now: datetime) -> MadeFeed:
    """Make a calendar for whoever asks.

    Raises UnknownCalendar for a key of nobody, and UnknownReference for a place that is not there.
    """
    if caller.person_id is None:
        raise UnknownCalendar("a calendar belongs to a person")
    _refuse_foreign_place(session, new.site_id, caller)
    hidden = secret.new_secret()
    feed = CalendarFeedRecord(
        tenant_id=tenant_of(session),
        person_id=caller.person_id,
        site_id=new.site_id,
        name=new.name,
        secret_hash=secret.digest(hidden),
        created_at=now,
    )
    session.add(feed)
    session.flush()
    _audit(session, "calendar made", feed, caller=caller, now=now)
    return MadeFeed(feed, f"{feed.tenant_id}_{feed.id.hex}_{hidden}")


def revoke_feed(session: Session, *, feed_id: UUID, caller: Caller, now: datetime) -> CalendarFeedRecord:
    """End a calendar of whoever asks at once; an administrator may end anybody's. Twice is no harm.

    Raises UnknownCalendar.
    """
    feed = session.exec(select(CalendarFeedRecord).where(CalendarFeedRecord.id == feed_id)).first()
    if feed is None or (feed.person_id != caller.person_id and caller.role is not Role.ADMINISTRATOR):
        raise UnknownCalendar("there is no such calendar")
    if feed.revoked_at is None:
        feed.revoked_at = now
        session.add(feed)
        session.flush()
        _audit(session, "calendar revoked", feed, caller=caller, now=now)
    return feed


def feeds_of(session: Session, *, person_id: UUID | None) -> list[CalendarFeedRecord]:
    """Give the calendars of a person, the newest first."""
    query = select(CalendarFeedRecord).where(CalendarFeedRecord.person_id == person_id)
    return list(session.exec(query.order_by(col(CalendarFeedRecord.id).desc())))


def tenant_named(address: str) -> int:
    """Give the tenant that an address names; nothing is shown for it before the secret was held against the digest.

    Raises UnknownCalendar.
    """
    number = address.split("_", 1)[0]
    if not (number.isascii() and number.isdecimal() and 0 < int(number[:11]) <= _LARGEST_TENANT):
        raise UnknownCalendar("there is no such calendar")
    return int(number[:11])


def find_feed(session: Session, *, address: str) -> OpenFeed:
    """Find a calendar by its address, if its secret is right, it is not revoked and its person may still log in.

    Raises UnknownCalendar, in the same words for every reason.
    """
    parts = address.split("_")
    found = None
    if len(parts) == _PARTS and (feed_id := _identity(parts[1])) is not None:
        found = session.exec(
            select(CalendarFeedRecord, PersonRecord)
            .where(CalendarFeedRecord.person_id == PersonRecord.id, CalendarFeedRecord.id == feed_id)
            .where(col(CalendarFeedRecord.revoked_at).is_(None), col(PersonRecord.disabled_at).is_(None))
        ).first()
    if found is None or not secret.matches(parts[-1], found[0].secret_hash):
        raise UnknownCalendar("there is no such calendar")
    return OpenFeed(*found)


def _refuse_foreign_place(session: Session, site_id: UUID | None, caller: Caller) -> None:
    """Hold a place against the register; for a customer's contact only places exist where something of theirs stands.

    Raises UnknownReference.
    """
    refuse_unknown(session, SiteRecord, [site_id], field="site_id")
    if site_id is None or caller.role is not Role.CUSTOMER:
        return
    theirs = select(AssetRecord.id).where(
        AssetRecord.site_id == site_id, AssetRecord.holder_id == (caller.customer_id or UUID(int=0))
    )
    if session.exec(theirs.limit(1)).first() is None:
        raise UnknownReference(f"site_id names {site_id}, and there is no such site", field="site_id")


def _identity(text: str) -> UUID | None:
    try:
        return UUID(hex=text)
    except ValueError:
        return None


def _audit(session: Session, action: str, feed: CalendarFeedRecord, *, caller: Caller, now: datetime) -> None:
    after = {"name": feed.name, "site": str(feed.site_id or "")}
    record_audit(
        session, action=action, subject=f"calendar:{feed.id}", before=None, after=after, now=now, by=caller.actor
    )
