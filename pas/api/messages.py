"""Messages over HTTP: what was told to whom by which way, with the proof that it came."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlmodel import select

from pas.access import EVERYBODY, Asking, Reading, may
from pas.alert_letter import subject_of
from pas.api.paging import Cursor, Limit, Page, page
from pas.message_tables import Channel, MessageKind, MessageRecord, MessageState
from pas.role import Role
from pas.words import Words

router = APIRouter(prefix="/messages", tags=["alerts"])

_OPERATORS = (Role.ADMINISTRATOR, Role.FLEET_MANAGER)


class Message(BaseModel):
    """One message: `proof` is what the mail server or the program answered last."""

    id: UUID
    person_id: UUID | None
    webhook_id: UUID | None
    channel: Channel
    kind: MessageKind
    language: str
    subject: str
    state: MessageState
    made_at: datetime
    next_try_at: datetime
    tries: int
    sent_at: datetime | None
    proof: str
    content: dict[str, Any]


@router.get("")
@may(*EVERYBODY)
def list_messages(
    *,
    caller: Asking,
    session: Reading,
    state: Annotated[MessageState | None, Query()] = None,
    kind: Annotated[MessageKind | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Message]:
    """List messages, the oldest first: fleet managers and administrators see all, others their own."""
    query = select(MessageRecord)
    if caller.role not in _OPERATORS:
        query = query.where(MessageRecord.person_id == caller.person_id)
    for column, wanted in ((MessageRecord.state, state), (MessageRecord.kind, kind)):
        if wanted is not None:
            query = query.where(column == wanted)
    by = (MessageRecord.made_at, MessageRecord.id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=[_shown(one) for one in found], next_cursor=next_cursor)


def _shown(message: MessageRecord) -> Message:
    subject = subject_of(message.content, Words(message.language))
    return Message.model_validate(message.model_dump() | {"subject": subject})
