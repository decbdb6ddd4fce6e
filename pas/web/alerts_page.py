"""The page of alerts: what is the matter, what is only counted, and what was told to whom, with the proof."""

from typing import NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from lifecycle.alert import AlertState
from lifecycle.alert_queries import Described, described
from lifecycle.condition_queries import alerts
from lifecycle.tables import AlertRecord
from pas.access import EVERYBODY, Asking, Reading, may
from pas.alert_letter import subject_of
from pas.caller import Caller
from pas.message_tables import MessageRecord, WebhookRecord
from pas.role import Role
from pas.settings import settings
from pas.tables import PersonRecord
from pas.web.page import language_of, render
from pas.words import Words

router = APIRouter(include_in_schema=False)

_MOST = 100
_OPERATORS = (Role.ADMINISTRATOR, Role.FLEET_MANAGER)


class Shown(NamedTuple):
    """A message, what it is about in the looker's language, and to whom it went."""

    message: MessageRecord
    subject: str
    reader: str


@router.get("/alerts")
@may(*EVERYBODY)
def alerts_page(request: Request, caller: Asking, session: Reading) -> Response:
    """Show the alerts that are open and the newest messages; what is in the shadow is the operators' alone."""
    found, operator = _open(session, caller), caller.role in _OPERATORS
    return render(
        request,
        "alerts.html",
        caller=caller,
        operator=operator,
        mails=bool(settings().smtp_url),
        heard=[one for one in found if not one.alert.shadow],
        shadow=[one for one in found if one.alert.shadow and operator],
        messages=_messages(session, caller, Words(language_of(request, caller))),
    )


def _open(session: Session, caller: Caller) -> list[Described]:
    query = alerts(state=None, kind=None, asset_id=None, holder_id=caller.customer_id)
    query = query.where(AlertRecord.state != AlertState.CLEARED).order_by(col(AlertRecord.raised_at).desc())
    ids = [alert.id for alert in session.exec(query.limit(_MOST))]
    return list(reversed(described(session, ids)))


def _messages(session: Session, caller: Caller, words: Words) -> list[Shown]:
    query = select(MessageRecord)
    if caller.role not in _OPERATORS:
        query = query.where(MessageRecord.person_id == caller.person_id)
    found = list(session.exec(query.order_by(col(MessageRecord.made_at).desc(), col(MessageRecord.id)).limit(_MOST)))
    names: dict[UUID | None, str] = {person.id: person.name for person in session.exec(select(PersonRecord))}
    names |= {webhook.id: webhook.name for webhook in session.exec(select(WebhookRecord))}
    return [
        Shown(one, subject_of(one.content, words), names.get(one.person_id or one.webhook_id, "–")) for one in found
    ]
