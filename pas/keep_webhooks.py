"""Keep the programs that want to hear of alerts: where each is called, and the secret that signs."""

import secrets
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.alert import AlertKind
from lifecycle.label import Name
from lifecycle.record_audit import record_audit
from pas.message_tables import MessageRecord, MessageState, WebhookRecord
from pas.webhook_gateway import check_address, new_webhook_secret
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

MOST = 20
_BYTES = 24


class UnknownWebhook(Refusal):
    """No webhook of ours bears that id."""


class TooManyWebhooks(Refusal):
    """A tenant has as many webhooks as it may."""


class NewWebhook(BaseModel):
    """A program to be called: `kinds` are the kinds of alerts it hears, none named means all."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(min_length=1, max_length=120)
    url: str = Field(min_length=1, max_length=2000)
    kinds: list[AlertKind] = Field(default_factory=list, max_length=20)


def add_webhook(session: Session, *, new: NewWebhook, inside: bool, now: datetime, by: Actor) -> WebhookRecord:
    """Add a program; its secret is made here and shown once.

    Raises UnsafeAddress and TooManyWebhooks.
    """
    check_address(new.url, inside=inside)
    if len(session.exec(select(WebhookRecord.id)).all()) >= MOST:
        raise TooManyWebhooks(f"there are {MOST} webhooks already; take one away first")

    record = WebhookRecord(
        tenant_id=tenant_of(session),
        name=new.name,
        url=new.url,
        kinds=[kind.value for kind in dict.fromkeys(new.kinds)],
        secret=new_webhook_secret(secrets.token_bytes(_BYTES)),
        made_at=now,
    )
    session.add(record)
    session.flush()
    _audit(session, "webhook-added", record, before=False, now=now, by=by)
    return record


def end_webhook(session: Session, *, webhook_id: UUID, now: datetime, by: Actor) -> WebhookRecord:
    """Call a program no more; what waits for it has failed, and what it was told stays on record.

    Raises UnknownWebhook.
    """
    record = known_webhook(session, webhook_id=webhook_id)
    if record.disabled_at is None:
        record.disabled_at = now
        _audit(session, "webhook-ended", record, before=True, now=now, by=by)
    waiting = select(MessageRecord).where(
        MessageRecord.webhook_id == webhook_id, MessageRecord.state == MessageState.WAITING
    )
    for message in session.exec(waiting):
        message.state, message.proof = MessageState.FAILED, "its webhook was ended"
    session.flush()
    return record


def wake_webhook(session: Session, *, webhook_id: UUID, now: datetime, by: Actor) -> WebhookRecord:
    """Call a program again that was called no more.

    Raises UnknownWebhook.
    """
    record = known_webhook(session, webhook_id=webhook_id)
    if record.disabled_at is not None:
        record.disabled_at = record.failing_since = None
        _audit(session, "webhook-woken", record, before=False, now=now, by=by)
    session.flush()
    return record


def known_webhook(session: Session, *, webhook_id: UUID) -> WebhookRecord:
    """Give one webhook. Raises UnknownWebhook."""
    found = session.exec(select(WebhookRecord).where(WebhookRecord.id == webhook_id)).first()
    if found is None:
        raise UnknownWebhook("there is no such webhook")
    return found


def _audit(session: Session, action: str, record: WebhookRecord, *, before: bool, now: datetime, by: Actor) -> None:
    told = {"name": record.name, "url": record.url, "kinds": record.kinds}
    old = told | {"on": True} if before else None
    after = told | {"on": record.disabled_at is None}
    record_audit(session, action=action, subject=f"webhook:{record.id}", before=old, after=after, now=now, by=by)
