"""Who may be told of alerts, how each wants to be told, and what each was told of late."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, and_, col, select

from lifecycle.alert import AlertState
from lifecycle.alert_rule import Responder, figures
from lifecycle.tables import AlertRecord
from pas.message_tables import MessageAlertRecord, MessageKind, MessageRecord, WishesRecord
from pas.role import Role
from pas.tables import PersonRecord
from pas.wishes import Wishes


class Reader(NamedTuple):
    """Somebody who may be told."""

    id: UUID
    name: str
    email: str
    language: str
    role: Role
    customer_id: UUID | None
    wishes: Wishes


class Told(NamedTuple):
    """What everybody was told of late, by person."""

    messages: Counter[UUID]
    """Alerts by themselves, within the days over which messages are counted."""
    assets: set[tuple[UUID, UUID]]
    """Person and asset, within the days over which an asset's are counted."""
    causes: set[tuple[UUID, str]]
    """Person and cause, where an alert that was told is not over."""
    flooded: set[UUID]


def readers(session: Session) -> list[Reader]:
    """Give everybody who can log in, in a fixed order."""
    same = and_(
        col(WishesRecord.tenant_id) == col(PersonRecord.tenant_id), col(WishesRecord.person_id) == col(PersonRecord.id)
    )
    query = select(PersonRecord, WishesRecord).join(WishesRecord, same, isouter=True)
    query = query.where(col(PersonRecord.disabled_at).is_(None)).order_by(col(PersonRecord.id))
    return [_reader(person, wishes) for person, wishes in session.exec(query)]


def wishes_of(record: WishesRecord | None) -> Wishes:
    """Give a person's wishes, or what holds where nobody said any."""
    if record is None:
        return Wishes()
    return Wishes.model_validate({name: getattr(record, name) for name in Wishes.model_fields})


def audience(everybody: Iterable[Reader], responder: Responder, *, holder_id: UUID | None) -> list[Reader]:
    """Give those whom a rule means: the holder's contacts, or people of the operator's by role."""
    if responder is Responder.CUSTOMER:
        return [one for one in everybody if holder_id is not None and one.customer_id == holder_id]
    return [one for one in everybody if one.role.value == responder.value]


def told_to_all(session: Session, *, now: datetime) -> Told:
    """Give what was told of late, so that nobody is told too much or the same twice."""
    budget = figures()["budget"]
    lately = now - timedelta(days=budget["person_days"])
    return Told(
        messages=_counted(session, lately),
        assets=_pairs(
            session, AlertRecord.asset_id, MessageRecord.made_at >= now - timedelta(days=budget["asset_days"])
        ),
        causes=_pairs(session, MessageRecord.cause, col(AlertRecord.state) != AlertState.CLEARED),
        flooded=_flooded(session, lately),
    )


def _reader(person: PersonRecord, wishes: WishesRecord | None) -> Reader:
    facts = (person.id, person.name, person.email, person.language, person.role, person.customer_id)
    return Reader(*facts, wishes_of(wishes))


def _counted(session: Session, since: datetime) -> Counter[UUID]:
    one = MessageRecord
    query = select(one.person_id, func.count()).where(one.kind == MessageKind.ALERT, one.made_at >= since)
    return Counter({person: told for person, told in session.exec(query.group_by(col(one.person_id))) if person})


def _flooded(session: Session, since: datetime) -> set[UUID]:
    one = MessageRecord
    query = select(one.person_id).where(one.kind == MessageKind.FLOOD, one.made_at >= since)
    return {person for person in session.exec(query) if person is not None}


def _pairs(session: Session, column: Any, where: Any) -> set[tuple[UUID, Any]]:
    """Give person and something else of each alert that was told by itself."""
    query = (
        select(MessageRecord.person_id, column)
        .join(MessageAlertRecord, _same(MessageAlertRecord.message_id, MessageRecord))
        .join(AlertRecord, _same(MessageAlertRecord.alert_id, AlertRecord))
        .where(MessageRecord.kind == MessageKind.ALERT, col(MessageRecord.person_id).is_not(None), where)
        .distinct()
    )
    return {(person, other) for person, other in session.exec(query) if person is not None}


def _same(column: Any, table: Any) -> ColumnElement[bool]:
    return and_(column == table.id, column.class_.tenant_id == table.tenant_id)
