"""What is told to whom: each person's wishes, programs that listen, the messages with their proof, and the keys."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from pas.wishes import Wishes
from telemetry.columns import Json, UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class Channel(StrEnum):
    """By which way a message goes."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    PAGE = "page"
    """It stands on the reader's page and goes nowhere."""


class MessageKind(StrEnum):
    """What a message is."""

    ALERT = "alert"
    """Something to answer, told by itself."""
    DIGEST = "digest"
    """All that was not worth a message of its own."""
    FLOOD = "flood"
    """So much is the matter that the rest waits for the digest."""
    PAYMENT = "payment"
    """An invoice is overdue."""


class MessageState(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    SENDING = "sending"
    """Somebody claimed it; after `claimed_until` another may."""
    SENT = "sent"
    """The other side took it: `proof` is what it answered."""
    FAILED = "failed"
    """The other side refuses it, or was tried too often."""


class WishesRecord(Wishes, TenantOwned, table=True):
    """How a person wants to be told."""

    __tablename__ = "person_wishes"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.id"]),)

    person_id: UUID = Field(primary_key=True)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class WebhookRecord(TenantOwned, table=True):
    """A program of the tenant's that wants to hear of alerts. Its secret signs, so it is kept as it is."""

    __tablename__ = "webhook"

    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=120)
    url: str = Field(max_length=2000)
    secret: str = Field(max_length=120)
    kinds: list[str] = Field(default_factory=list, sa_type=Json)
    """Kinds of alerts it hears; empty means all."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MessageRecord(TenantOwned, table=True):
    """One message to one person or program, by one way, and the proof that it came."""

    __tablename__ = "message"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.id"]),
        ForeignKeyConstraint(["tenant_id", "webhook_id"], ["webhook.tenant_id", "webhook.id"]),
        Index("message_waits", "tenant_id", "state", "next_try_at"),
        Index("message_of_person", "tenant_id", "person_id", "made_at"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID | None = None
    webhook_id: UUID | None = None
    address: str = Field(default="", max_length=254)
    """Where it goes if to nobody with a login: the mail address of a customer."""
    channel: Channel = Field(sa_type=worded(Channel))
    kind: MessageKind = Field(sa_type=worded(MessageKind))
    cause: str = Field(default="", max_length=200)
    language: str = Field(max_length=2)
    content: dict[str, Any] = Field(sa_type=Json)
    """What it tells, in codes and figures; the words are found when it is sent or shown."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    state: MessageState = Field(default=MessageState.WAITING, sa_type=worded(MessageState))
    next_try_at: datetime = Field(sa_type=UtcDateTime)
    """Not before: quiet hours and waiting between tries."""
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tries: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    proof: str = Field(default="", max_length=500)
    """What the other side answered last."""


class MessageAlertRecord(TenantOwned, table=True):
    """An alert that a message tells of."""

    __tablename__ = "message_alert"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "message_id"], ["message.tenant_id", "message.id"]),
        ForeignKeyConstraint(["tenant_id", "alert_id"], ["alert.tenant_id", "alert.id"]),
        Index("message_alert_of_alert", "tenant_id", "alert_id"),
    )

    message_id: UUID = Field(primary_key=True)
    alert_id: UUID = Field(primary_key=True)


class DigestEntryRecord(TenantOwned, table=True):
    """An alert that waits for a person's next digest."""

    __tablename__ = "digest_entry"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.id"]),
        ForeignKeyConstraint(["tenant_id", "alert_id"], ["alert.tenant_id", "alert.id"]),
    )

    person_id: UUID = Field(primary_key=True)
    alert_id: UUID = Field(primary_key=True)
    why: str = Field(max_length=20)
    """`asset`, `person`, `cause`, `wish` or `undeliverable`: why it was not told by itself."""
    since: datetime = Field(sa_type=UtcDateTime)


class SigningKeyRecord(TenantOwned, table=True):
    """The secret under which a tenant's answer links are signed."""

    __tablename__ = "signing_key"

    id: UUID = Field(primary_key=True, default_factory=new_id)
    secret: str = Field(max_length=64)
    made_at: datetime = Field(sa_type=UtcDateTime)
