"""Write the digests that are due: all that was not told by itself, in one message a person."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.alert import AlertState
from lifecycle.alert_queries import described, rules_in_force
from lifecycle.alert_rule import rule_named
from pas.address_alerts import keep_message
from pas.find_readers import Reader, readers
from pas.message_content import digest_content
from pas.message_tables import Channel, DigestEntryRecord, MessageKind, MessageState
from pas.wishes import digest_at
from telemetry.tables import TenantRecord, tenant_of


def any_digest_due(session: Session, *, now: datetime) -> bool:
    """Tell whether anybody's digest is due."""
    waiting = _waiting(session)
    return bool(waiting) and any(_is_due(one, waiting.get(one.id, ()), now) for one in readers(session))


def write_digests(session: Session, *, mails: bool, now: datetime) -> int:
    """Write each person's digest whose hour has come, and take its entries away; give how many were written.

    What is over by then is left out. Sends nothing.
    """
    waiting = _waiting(session)
    due = [one for one in readers(session) if _is_due(one, waiting.get(one.id, ()), now)]

    written = sum(_write(session, one, waiting[one.id], mails=mails, now=now) for one in due)

    session.flush()
    return written


def _waiting(session: Session) -> dict[UUID, list[DigestEntryRecord]]:
    found: defaultdict[UUID, list[DigestEntryRecord]] = defaultdict(list)
    for entry in session.exec(select(DigestEntryRecord).order_by(col(DigestEntryRecord.since))):
        found[entry.person_id].append(entry)
    return found


def _is_due(reader: Reader, entries: Any, now: datetime) -> bool:
    if not entries:
        return False
    due = digest_at(reader.wishes, after=entries[0].since)
    return due is not None and due <= now


def _write(session: Session, reader: Reader, entries: list[DigestEntryRecord], *, mails: bool, now: datetime) -> int:
    rules = rules_in_force(session)
    known = described(session, [entry.alert_id for entry in entries])
    told = [(one, rules[rule_named(one.alert.rule, one.alert.kind)]) for one in known]
    told = [(one, rule) for one, rule in told if one.alert.state is not AlertState.CLEARED]
    for entry in entries:
        session.delete(entry)
    if not told:
        return 0
    organisation = session.exec(select(TenantRecord.name).where(TenantRecord.id == tenant_of(session))).one()
    facts: dict[str, Any] = {"person_id": reader.id, "language": reader.language, "channel": Channel.MAIL}
    if not (mails and reader.wishes.mail):
        facts |= {"channel": Channel.PAGE, "state": MessageState.SENT, "sent_at": now}
    keep_message(
        session,
        facts,
        kind=MessageKind.DIGEST,
        cause="",
        content=digest_content(told, name=reader.name, organisation=organisation),
        alert_ids=[one.alert.id for one, _ in told],
        now=now,
    )
    return 1
