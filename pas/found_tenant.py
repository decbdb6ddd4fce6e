"""Found a tenant: its own rows, and the metrics that everybody measures."""

import re
from datetime import datetime

from sqlmodel import select

from lifecycle.label import UnfitText
from pas.db import Database, move_in
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.refusal import Refusal
from telemetry.tables import TenantRecord

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,58}[a-z0-9]")


class TenantExists(Refusal):
    """There is a tenant of that slug."""


class UnusableSlug(Refusal):
    """A slug is what people type at the login: short, lower case, without blanks."""


def found_tenant(database: Database, *, slug: str, name: str, now: datetime) -> int:
    """Found a tenant and give its number.

    Raises TenantExists, UnusableSlug and UnfitText.
    """
    if not _SLUG.fullmatch(slug):
        sentence = f"the slug {slug!r} must be 3 to 60 lower-case letters, digits and dashes, a letter first"
        raise UnusableSlug(sentence, field="slug")
    if not name.strip():
        raise UnfitText(f"the tenant {slug} needs a name that people know it by", field="name")
    with database.at_the_door() as session:
        if session.exec(select(TenantRecord).where(TenantRecord.slug == slug)).first():
            sentence = f"there is a tenant {slug} already; choose another slug"
            raise TenantExists(sentence, field="slug")
        tenant = TenantRecord(slug=slug, name=name, founded_at=now)
        session.add(tenant)
        session.flush()
        assert tenant.id is not None  # noqa: S101 - the database just numbered it
        move_in(session, tenant.id)
        keep_metrics(session, CATALOGUE)
        return tenant.id


def tenants(database: Database) -> list[TenantRecord]:
    """Give every tenant of this installation, by slug."""
    with database.looking_in() as session:
        found = list(session.exec(select(TenantRecord).order_by(TenantRecord.slug)))
        session.expunge_all()
    return found
