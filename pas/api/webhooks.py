"""Webhooks over HTTP: the programs that are called when an alert is told, signed by the Standard Webhooks scheme."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import select

from pas import clock, keep_webhooks
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.keep_webhooks import NewWebhook
from pas.message_tables import WebhookRecord
from pas.role import Role
from pas.settings import settings

router = APIRouter(prefix="/webhooks", tags=["alerts"])


class Webhook(BaseModel):
    """A program that is called; `failing_since` where it takes nothing, `disabled_at` where it is called no more."""

    id: UUID
    name: str
    url: str
    kinds: list[str]
    made_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None


class WebhookWithSecret(Webhook):
    """A new webhook with the secret by which its calls are checked; shown this once."""

    secret: str


@router.get("")
@may(Role.ADMINISTRATOR)
def list_webhooks(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[Webhook]:
    """List the webhooks, the oldest first."""
    by = (WebhookRecord.made_at, WebhookRecord.id)
    found, next_cursor = page(session, select(WebhookRecord), by=by, cursor=cursor, limit=limit)
    return Page(items=[_shown(one) for one in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(409, 422))
@may(Role.ADMINISTRATOR)
def add_webhook(new: NewWebhook, response: Response, caller: Asking, session: Writing) -> WebhookWithSecret:
    """Add a webhook at a public https address; the answer holds its secret, which is shown this once."""
    inside = settings().webhooks_inside
    record = keep_webhooks.add_webhook(session, new=new, inside=inside, now=clock.now(), by=caller.actor)
    response.headers["Cache-Control"] = "no-store"
    return WebhookWithSecret(**_shown(record).model_dump(), secret=record.secret)


@router.delete("/{webhook_id}", responses=problems(404))
@may(Role.ADMINISTRATOR)
def end_webhook(webhook_id: UUID, caller: Asking, session: Writing) -> Webhook:
    """Call it no more; what it was told stays on record."""
    return _shown(keep_webhooks.end_webhook(session, webhook_id=webhook_id, now=clock.now(), by=caller.actor))


@router.post("/{webhook_id}/wake", status_code=201, responses=problems(404))
@may(Role.ADMINISTRATOR)
def wake_webhook(webhook_id: UUID, caller: Asking, session: Writing) -> Webhook:
    """Call it again after it was switched off by hand or because it took nothing for days."""
    return _shown(keep_webhooks.wake_webhook(session, webhook_id=webhook_id, now=clock.now(), by=caller.actor))


def _shown(record: WebhookRecord) -> Webhook:
    return Webhook.model_validate(record, from_attributes=True)
