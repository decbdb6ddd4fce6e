"""Signed links by which the reader of one message answers it without logging in, until they expire."""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from pas.message_tables import SigningKeyRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

LASTS = timedelta(days=60)
_KEY_BYTES = 32
_FORM = re.compile(
    r"([1-9][0-9]{0,8})\.([0-9a-f]{32})\.(planned|done|not_true|later|no_mail)\.([0-9]{1,11})\.([\w-]{43})", re.ASCII
)


class Said(StrEnum):
    """What a click says."""

    PLANNED = "planned"
    DONE = "done"
    NOT_TRUE = "not_true"
    LATER = "later"
    NO_MAIL = "no_mail"
    """Send me no more mail: List-Unsubscribe."""


class ForgedLink(Refusal):
    """The link was not made by us, or not whole."""


class ExpiredLink(Refusal):
    """The link is too old."""


class Link(NamedTuple):
    """Who may say what of which message, until when; person and alerts stand in the message."""

    tenant_id: int
    message_id: UUID
    said: Said
    expires_at: datetime


def key_of(session: Session, *, now: datetime) -> bytes:
    """Give the tenant's key, and make it where there is none."""
    record = _key(session)
    if record is None:
        secret = secrets.token_hex(_KEY_BYTES)
        record = SigningKeyRecord(tenant_id=tenant_of(session), secret=secret, made_at=now)
        session.add(record)
        session.flush()
    return bytes.fromhex(record.secret)


def write_link(key: bytes, link: Link, *, person_id: UUID) -> str:
    """Write a link's token; the person is signed but not written, for the message knows them."""
    said = f"{link.tenant_id}.{link.message_id.hex}.{link.said.value}.{int(link.expires_at.timestamp())}"
    return f"{said}.{_signed(key, said, person_id)}"


def read_link(token: str) -> Link:
    """Take a token apart; nothing in it is believed until `check_link` was asked.

    Raises ForgedLink.
    """
    found = _FORM.fullmatch(token)
    if found is None:
        raise ForgedLink("this link is not whole; open it from the message again")
    tenant_id, message_id, said, second, _ = found.groups()
    expires_at = datetime.fromtimestamp(int(second), UTC)
    return Link(int(tenant_id), UUID(hex=message_id), Said(said), expires_at)


def check_link(session: Session, token: str, *, person_id: UUID, now: datetime) -> None:
    """Hold a token against the tenant's key.

    Raises ForgedLink and ExpiredLink.
    """
    link, record = read_link(token), _key(session)
    said, _, given = token.rpartition(".")
    right = "" if record is None else _signed(bytes.fromhex(record.secret), said, person_id)
    if record is None or not hmac.compare_digest(right, given):
        raise ForgedLink("this link was not made by us; open it from the message again")
    if link.expires_at <= now:
        raise ExpiredLink("this link is too old; log in to answer")


def _key(session: Session) -> SigningKeyRecord | None:
    return session.exec(select(SigningKeyRecord).order_by(col(SigningKeyRecord.made_at).desc()).limit(1)).first()


def _signed(key: bytes, said: str, person_id: UUID) -> str:
    digest = hmac.new(key, f"{said}.{person_id.hex}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
