"""Alerts reach the right person once: grouped by cause, in the person's language, with proof, and not again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from lifecycle.alert import AlertState
from lifecycle.reassess import reassess
from lifecycle.tables import AlertRecord
from pas.address_alerts import address_alerts
from pas.db import Database
from pas.keep_webhooks import NewWebhook, add_webhook
from pas.keep_wishes import keep_wishes
from pas.message_tables import DigestEntryRecord, MessageKind, MessageRecord, MessageState
from pas.send_messages import CLAIM, Post, send_messages
from pas.tell_alerts import tell_alerts, tell_digests
from pas.webhook_gateway import Called
from pas.wishes import Digest, Wishes
from tests.telling.conftest import BY, NOON, Calls, Room, Smtp, heat


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def assessed(database: Database, room: Room, degrees: float = 31.0, *, assets: list[UUID] | None = None) -> None:
    with database.writing(room.tenant_id) as session:
        heat(session, assets or room.assets, degrees)
        reassess(session, now=NOON)


def messages(database: Database, room: Room) -> list[MessageRecord]:
    with database.reading(room.tenant_id) as session:
        return list(session.exec(select(MessageRecord).order_by(col(MessageRecord.made_at), col(MessageRecord.id))))


def test_a_hot_room_with_twelve_projectors_is_one_letter_to_who_uses_it(
    database: Database, room: Room, post: Post, smtp: Smtp
) -> None:
    assessed(database, room)

    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))

    (letter,) = smtp.box.letters
    assert letter["To"] == "contact@people.example"
    assert letter["Subject"] == "Omgeving: 12 × Laser projector, Room 4, Cinema Ghent"
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "gemiddeld 31" in text
    assert all(f"LP-{number}" in text for number in range(12))
    assert "Verbeter de omgeving" in text
    assert text.count("/a/") == 5
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<html lang='nl'>" in html
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_proof_is_what_the_mail_server_answered(database: Database, room: Room, post: Post) -> None:
    assessed(database, room)

    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))

    (message,) = messages(database, room)
    assert (message.state, message.tries, message.sent_at) == (MessageState.SENT, 1, NOON)
    assert message.proof == "250 2.0.0 kept as number 7"


def test_the_same_data_again_tells_nobody_again(database: Database, room: Room, post: Post, smtp: Smtp) -> None:
    for later in range(3):
        assessed(database, room)
        tell_alerts(database, room.tenant_id, post=post, now=at(NOON + timedelta(hours=later)))

    assert len(smtp.box.letters) == 1
    assert len(messages(database, room)) == 1


def test_late_and_repeated_readings_after_the_room_cooled_never_raise_it_again(
    database: Database, room: Room, post: Post, smtp: Smtp
) -> None:
    assessed(database, room)
    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))
    cool = NOON + timedelta(days=12)
    with database.writing(room.tenant_id) as session:
        heat(session, room.assets, 21.0, until=cool)
        reassess(session, now=cool)
        assert set(session.exec(select(AlertRecord.state))) == {AlertState.CLEARED}
        heat(session, room.assets, 31.0)
        reassess(session, now=cool)

    tell_alerts(database, room.tenant_id, post=post, now=at(cool))

    assert len(smtp.box.letters) == 1


def test_a_thirteenth_projector_of_the_room_waits_for_the_digest(
    database: Database, room: Room, post: Post, smtp: Smtp
) -> None:
    assessed(database, room, assets=room.assets[:11])
    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))
    assessed(database, room)

    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))

    assert len(smtp.box.letters) == 1
    with database.reading(room.tenant_id) as session:
        (entry,) = session.exec(select(DigestEntryRecord)).all()
        assert (entry.person_id, entry.why) == (room.contact, "cause")
    monday = datetime.fromisoformat("2026-11-02T08:00:00+01:00")
    assert tell_digests(database, room.tenant_id, mails=True, now=monday - timedelta(seconds=1)) == 0
    assert tell_digests(database, room.tenant_id, mails=True, now=monday) == 1
    tell_alerts(database, room.tenant_id, post=post, now=at(monday))
    assert smtp.box.letters[-1]["Subject"] == "Overzicht van 1 meldingen · Maker"


def test_in_quiet_hours_a_letter_waits_for_the_morning(database: Database, room: Room, post: Post, smtp: Smtp) -> None:
    assessed(database, room)
    night = datetime.fromisoformat("2026-11-01T23:30:00+01:00")
    tell_alerts(database, room.tenant_id, post=post, now=at(night))
    assert smtp.box.letters == []

    tell_alerts(database, room.tenant_id, post=post, now=at(datetime.fromisoformat("2026-11-02T07:00:00+01:00")))

    assert len(smtp.box.letters) == 1


@pytest.mark.parametrize("wishes", [Wishes(off=["environment"]), Wishes(mail=False)], ids=["off", "no mail"])
def test_what_somebody_does_not_want_is_not_mailed(
    database: Database, room: Room, post: Post, smtp: Smtp, wishes: Wishes
) -> None:
    with database.writing(room.tenant_id) as session:
        keep_wishes(session, person_id=room.contact, wishes=wishes, now=NOON, by=BY)
    assessed(database, room)

    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))

    assert smtp.box.letters == []


def test_without_a_mail_server_it_stands_on_the_page(database: Database, room: Room, post: Post) -> None:
    assessed(database, room)

    tell_alerts(database, room.tenant_id, post=post._replace(mail=None), now=at(NOON))

    (message,) = messages(database, room)
    assert (message.channel.value, message.state, message.tries) == ("page", MessageState.SENT, 0)


def test_where_the_customer_has_no_contact_the_fleet_manager_hears_it(
    database: Database, room: Room, post: Post, smtp: Smtp
) -> None:
    with database.writing(room.tenant_id) as session:
        _leave(session, room.contact)
    assessed(database, room)

    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))

    assert [(letter["To"], letter["Content-Language"]) for letter in smtp.box.letters] == [
        ("manager@people.example", "fr")
    ]


def _leave(session: Session, person_id: UUID) -> None:
    from pas.tables import PersonRecord  # noqa: PLC0415 - only here

    session.exec(select(PersonRecord).where(PersonRecord.id == person_id)).one().disabled_at = NOON


def test_a_flood_is_capped_and_the_cap_is_told(database: Database, room: Room, post: Post, smtp: Smtp) -> None:
    with database.writing(room.tenant_id) as session:
        heat(session, room.assets, 31.0)
        reassess(session, now=NOON)
        for number, alert in enumerate(session.exec(select(AlertRecord).order_by(col(AlertRecord.id)))):
            alert.cause = f"cause {number}"

    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))

    kinds = [message.kind for message in messages(database, room)]
    assert (kinds.count(MessageKind.ALERT), kinds.count(MessageKind.FLOOD)) == (5, 1)
    assert "Meer meldingen wachten op het overzicht · Maker" in [letter["Subject"] for letter in smtp.box.letters]
    with database.reading(room.tenant_id) as session:
        assert {entry.why for entry in session.exec(select(DigestEntryRecord))} == {"person"}


def test_a_mail_server_that_is_away_is_asked_again_and_one_that_refuses_is_not(
    database: Database, room: Room, post: Post, smtp: Smtp
) -> None:
    assessed(database, room)
    smtp.box.answers = ["451 come back later", "550 no such mailbox"]

    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))
    (message,) = messages(database, room)
    assert (message.state, message.proof) == (MessageState.WAITING, "451 come back later")

    tell_alerts(database, room.tenant_id, post=post, now=at(NOON + timedelta(minutes=2)))
    (message,) = messages(database, room)
    assert (message.state, message.tries) == (MessageState.FAILED, 2)


class Killed(BaseException):
    """As if the process ended here."""


def test_who_is_killed_between_the_servers_yes_and_the_commit_sends_the_same_letter_once_more(
    database: Database, room: Room, post: Post, smtp: Smtp
) -> None:
    assessed(database, room)
    with database.writing(room.tenant_id) as session:
        address_alerts(session, mails=True, now=NOON)

    class Killing:
        def post(self, letter: Any) -> Any:
            assert post.mail is not None
            assert post.mail.post(letter).taken
            raise Killed

    with pytest.raises(Killed):
        send_messages(database, room.tenant_id, post=post._replace(mail=Killing()), now=at(NOON))
    tell_alerts(database, room.tenant_id, post=post, now=at(NOON + timedelta(minutes=1)))
    assert len(smtp.box.letters) == 1, "claimed by whoever was killed, so nobody else sends it yet"

    after = NOON + CLAIM
    tell_alerts(database, room.tenant_id, post=post, now=at(after))
    tell_alerts(database, room.tenant_id, post=post, now=at(after + timedelta(hours=1)))

    first, second = smtp.box.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


def test_a_program_is_called_with_a_signed_body_and_its_answer_is_kept(
    database: Database, room: Room, post: Post, calls: Calls
) -> None:
    with database.writing(room.tenant_id) as session:
        add_webhook(session, new=NewWebhook(name="hook", url="https://hook.example/x"), inside=False, now=NOON, by=BY)
    assessed(database, room)

    tell_alerts(database, room.tenant_id, post=post, now=at(NOON))

    (call,) = calls.made
    assert (call.url, call.id[:4]) == ("https://hook.example/x", "msg_")
    assert b'"type": "alert.raised"' in call.body
    told = {message.channel.value: message.proof for message in messages(database, room)}
    assert told["webhook"] == "HTTP 204"


def test_a_program_that_takes_nothing_for_days_is_called_no_more(
    database: Database, room: Room, post: Post, calls: Calls
) -> None:
    with database.writing(room.tenant_id) as session:
        hook = add_webhook(session, new=NewWebhook(name="h", url="https://h.example"), inside=False, now=NOON, by=BY)
    calls.answer = Called(taken=False, answer="HTTP 500")
    assessed(database, room)
    for hours in (0, 1, 2, 6, 12, 24, 48, 72, 96, 121, 150, 175):
        tell_alerts(database, room.tenant_id, post=post, now=at(NOON + timedelta(hours=hours)))

    with database.reading(room.tenant_id) as session:
        found = session.merge(hook, load=True)
        assert found.disabled_at is not None or len(calls.made) == 9
    (failed,) = [one for one in messages(database, room) if one.channel.value == "webhook"]
    assert failed.state is MessageState.FAILED


def test_a_digest_that_is_never_wanted_waits_on_the_page() -> None:
    from pas.wishes import digest_at  # noqa: PLC0415 - only here

    assert digest_at(Wishes(digest=Digest.NEVER), after=NOON) is None
