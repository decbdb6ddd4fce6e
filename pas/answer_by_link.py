"""Answer the alerts of a message by its signed link: without a login, once, in the name of whom it was sent to."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, and_, col, select

from lifecycle.actor import Actor
from lifecycle.alert import AlertAnswer, AlertState, AlertVerdict
from lifecycle.alert_rule import figures
from lifecycle.answer_alert import answer_alert
from lifecycle.condition_queries import alerts
from lifecycle.tables import AlertRecord
from pas.answer_link import ForgedLink, Said, check_link, read_link
from pas.find_readers import wishes_of
from pas.keep_wishes import keep_wishes
from pas.message_tables import MessageAlertRecord, MessageRecord, WishesRecord
from pas.tables import PersonRecord

_REASON = "by link"


class Asked(NamedTuple):
    """What a link asks of whom: the message, the person it was sent to, and what a click would say."""

    said: Said
    message: MessageRecord
    person: PersonRecord


class Answered(NamedTuple):
    """How many alerts took the answer, and how many were over or somebody else's by then."""

    asked: Asked
    taken: int
    over: int


def asked_by_link(session: Session, *, token: str, now: datetime) -> Asked:
    """See what a link asks; nothing is changed by looking, for mail scanners look too.

    Raises ForgedLink and ExpiredLink.
    """
    link = read_link(token)
    message = session.exec(select(MessageRecord).where(MessageRecord.id == link.message_id)).first()
    person_id = message.person_id if message is not None else None
    check_link(session, token, person_id=person_id or UUID(int=0), now=now)
    person = session.exec(select(PersonRecord).where(PersonRecord.id == person_id)).first()
    if message is None or person is None or person.disabled_at is not None:
        raise ForgedLink("this link was not made by us; open it from the message again")
    return Asked(link.said, message, person)


def answer_by_link(session: Session, *, token: str, now: datetime) -> Answered:
    """Do what the link asks; the same again changes nothing.

    Raises ForgedLink and ExpiredLink.
    """
    asked = asked_by_link(session, token=token, now=now)
    by = Actor("person", asked.person.email, asked.person.id)
    if asked.said is Said.NO_MAIL:
        _no_more(session, asked.person, now=now, by=by)
        return Answered(asked, 0, 0)

    told = _told(session, asked)
    still = [alert for alert in told if alert.state is not AlertState.CLEARED]
    said = _answer(asked.said, now)
    for alert in still:
        if not _says_so(alert, said, by):
            answer_alert(session, alert_id=alert.id, answer=said, holder_id=asked.person.customer_id, now=now, by=by)
    return Answered(asked, len(still), len(told) - len(still))


def _told(session: Session, asked: Asked) -> list[AlertRecord]:
    """Give the alerts of the message that are still the person's to answer."""
    query = alerts(state=None, kind=None, asset_id=None, holder_id=asked.person.customer_id)
    same = and_(
        col(MessageAlertRecord.tenant_id) == col(AlertRecord.tenant_id),
        col(MessageAlertRecord.alert_id) == col(AlertRecord.id),
    )
    query = query.join(MessageAlertRecord, same).where(MessageAlertRecord.message_id == asked.message.id)
    return list(session.exec(query.order_by(col(AlertRecord.id))))


def _answer(said: Said, now: datetime) -> AlertAnswer:
    if said is Said.LATER:
        until = now + timedelta(days=figures()["not_true"]["later_days"])
        return AlertAnswer(verdict=AlertVerdict.SHELVED, reason=_REASON, until=until)
    return AlertAnswer(verdict=AlertVerdict(said.value), reason=_REASON)


def _says_so(alert: AlertRecord, said: AlertAnswer, by: Actor) -> bool:
    return alert.answered_by == by.name and alert.answer == f"{said.verdict.value}: {_REASON}"


def _no_more(session: Session, person: PersonRecord, *, now: datetime, by: Actor) -> None:
    record = session.exec(select(WishesRecord).where(WishesRecord.person_id == person.id)).first()
    wishes = wishes_of(record).model_copy(update={"mail": False})
    keep_wishes(session, person_id=person.id, wishes=wishes, now=now, by=by)
