"""Send what waits: claim it, hand it over, and note what the other side answered; told once, whatever breaks off.

A message is claimed in one transaction and its proof kept in another, with the foreign call between them. Whoever is
stopped after the other side said yes and before that was kept leaves a claim that runs out: the message then goes once
more under the same Message-ID or webhook-id, by which the other side knows it again.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, and_, col, or_, select

from pas.alert_letter import Envelope, as_mail, letter, subject_of
from pas.answer_link import LASTS, Link, Said, key_of, write_link
from pas.db import Database
from pas.mail_gateway import Mail, Posted
from pas.message_tables import Channel, MessageKind, MessageRecord, MessageState, WebhookRecord
from pas.payment_letter import payment_letter
from pas.tables import PersonRecord
from pas.webhook_gateway import Call, Called
from pas.words import Words

AT_ONCE = 20
CLAIM = timedelta(minutes=5)
"""So long a claimed message is left alone: longer than handing over twenty takes."""
WAITS = tuple(timedelta(minutes=one) for one in (1, 5, 30, 120, 360, 720, 1440, 1440))
"""How long to wait after each try; after the last the message has failed."""
DISABLE_AFTER = timedelta(days=5)
"""A program that takes nothing for so long is called no more."""
_ASKED = (Said.PLANNED, Said.DONE, Said.NOT_TRUE, Said.LATER)
_UNANSWERED = Posted(taken=False, answer="")


class Post(NamedTuple):
    """By which ways messages go; without mail none is claimed that wants to be mailed."""

    mail: Mail | None
    call: Callable[[Call], Called]
    sender: str
    home: str
    """The address under which people reach us."""


class Sent(NamedTuple):
    """How many messages the other side took, how many are tried again, and how many have failed."""

    sent: int = 0
    again: int = 0
    failed: int = 0


class Outgoing(NamedTuple):
    """A claimed message, with all that is needed to hand it over outside any transaction."""

    id: UUID
    channel: Channel
    made_at: datetime
    language: str
    content: dict[str, Any]
    address: str
    secret: str
    links: dict[str, str]
    no_more: str


def send_messages(database: Database, tenant_id: int, *, post: Post, now: Callable[[], datetime]) -> Sent:
    """Send some of what is due; gives noughts when nothing is. Each result is kept as soon as it is known."""
    with database.reading(tenant_id) as session:
        if not session.exec(_due(post, now()).limit(1)).first():
            return Sent()
    with database.writing(tenant_id) as session:
        outgoing = _claim(session, post, now=now())
    total = Sent()
    for one in outgoing:
        answer, gone = _hand_over(one, post, now())
        with database.writing(tenant_id) as session:
            kept = _keep(session, one.id, answer, gone=gone, now=now())
        total = Sent(*(a + b for a, b in zip(total, kept, strict=True)))
    return total


def _due(post: Post, now: datetime) -> Any:
    one = MessageRecord
    free = and_(col(one.state) == MessageState.WAITING, col(one.next_try_at) <= now)
    left = and_(col(one.state) == MessageState.SENDING, col(one.claimed_until) <= now)
    ways = [Channel.WEBHOOK, *([Channel.MAIL] if post.mail is not None else [])]
    return select(one).where(or_(free, left), col(one.channel).in_(ways)).order_by(col(one.next_try_at), col(one.id))


def _claim(session: Session, post: Post, *, now: datetime) -> list[Outgoing]:
    """Take some messages, so that no other worker does, and give what is needed to send them."""
    key, outgoing = key_of(session, now=now), []
    for message in session.exec(_due(post, now).limit(AT_ONCE).with_for_update(skip_locked=True)).all():
        message.tries += 1
        address, secret = _address(session, message)
        if not address:
            message.state, message.proof = MessageState.FAILED, "nobody to hand it to any more"
            continue
        message.state, message.claimed_until = MessageState.SENDING, now + CLAIM
        outgoing.append(_outgoing(message, post, key, address, secret))
    session.flush()
    return outgoing


def _address(session: Session, message: MessageRecord) -> tuple[str, str]:
    if message.address:
        return message.address, ""
    if message.channel is Channel.WEBHOOK:
        webhook = session.exec(select(WebhookRecord).where(WebhookRecord.id == message.webhook_id)).first()
        return (webhook.url, webhook.secret) if webhook and webhook.disabled_at is None else ("", "")
    person = session.exec(select(PersonRecord).where(PersonRecord.id == message.person_id)).first()
    return (person.email, "") if person and person.disabled_at is None else ("", "")


def _outgoing(message: MessageRecord, post: Post, key: bytes, address: str, secret: str) -> Outgoing:
    person_id, expires_at = message.person_id, message.made_at + LASTS

    def link(said: Said) -> str:
        if person_id is None:
            return ""
        asked = Link(message.tenant_id, message.id, said, expires_at)
        return f"{post.home}/a/{write_link(key, asked, person_id=person_id)}?lang={message.language}"

    asked = _ASKED if message.kind is MessageKind.ALERT and person_id is not None else ()
    links = {said.value: link(said) for said in asked}
    facts = (message.id, message.channel, message.made_at, message.language, dict(message.content), address, secret)
    return Outgoing(*facts, links, link(Said.NO_MAIL))


def _hand_over(one: Outgoing, post: Post, now: datetime) -> tuple[Posted, bool]:
    """Hand one message over; give the answer, and whether the other side wants no more."""
    if one.channel is Channel.WEBHOOK:
        called = post.call(Call(one.address, one.secret, f"msg_{one.id.hex}", now, payload(one)))
        return Posted(called.taken, called.answer, again=not called.gone), called.gone
    if post.mail is None:
        return _UNANSWERED, False
    words = Words(one.language)
    pages = {"alerts_page": f"{post.home}/alerts", "no_more": one.no_more}
    if one.content["kind"] == "payment":
        written = payment_letter(one.content, words)
    else:
        written = letter(one.content, words, links=one.links, pages=pages)
    envelope = Envelope(one.id, one.made_at, post.sender, one.address, post.home, one.no_more)
    return post.mail.post(as_mail(written, words.language, envelope)), False


def payload(one: Outgoing) -> bytes:
    """Give what a program is sent: a kind, a moment and the alerts with their reasons."""
    told = {"subject": subject_of(one.content, Words("en")), "alerts": one.content["items"]}
    kind = f"alert.{'raised' if one.content['kind'] == 'alert' else one.content['kind']}"
    return json.dumps({"type": kind, "timestamp": one.made_at.isoformat(), "data": told}).encode()


def _keep(session: Session, message_id: UUID, answer: Posted, *, gone: bool, now: datetime) -> Sent:
    """Keep what the other side answered."""
    message = session.exec(select(MessageRecord).where(MessageRecord.id == message_id).with_for_update()).one()
    if message.state is MessageState.SENT:
        return Sent()
    message.proof, message.claimed_until = answer.answer[:500], None
    _note_health(session, message, taken=answer.taken, gone=gone, now=now)
    if answer.taken:
        message.state, message.sent_at = MessageState.SENT, now
        return Sent(sent=1)
    if not answer.again or message.tries > len(WAITS):
        message.state = MessageState.FAILED
        return Sent(failed=1)
    message.state, message.next_try_at = MessageState.WAITING, now + WAITS[message.tries - 1]
    return Sent(again=1)


def _note_health(session: Session, message: MessageRecord, *, taken: bool, gone: bool, now: datetime) -> None:
    """Note of a program since when it takes nothing, and call it no more after days of that."""
    if message.webhook_id is None:
        return
    webhook = session.exec(select(WebhookRecord).where(WebhookRecord.id == message.webhook_id)).one()
    webhook.failing_since = None if taken else webhook.failing_since or now
    if gone or (webhook.failing_since is not None and now - webhook.failing_since >= DISABLE_AFTER):
        webhook.disabled_at = webhook.disabled_at or now
