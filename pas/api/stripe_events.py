"""Where Stripe tells us what happened: signed, kept once, and looked into later."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel

from billing.hear_events import take_event
from pas import clock
from pas.access import database, may
from pas.api.problems import problems
from pas.api.raw_body import RawBody
from pas.collect_money import collecting_tenant
from pas.db import Database
from pas.settings import settings

router = APIRouter(prefix="/stripe", tags=["payments"])

_EVENT = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}


class EventTaken(BaseModel):
    """Whether the event is new; one that was told before changes nothing."""

    new: bool


@router.post("/events", responses=problems(404, 422), openapi_extra=_EVENT)
@may()
def take_stripe_event(
    payload: RawBody,
    db: Annotated[Database, Depends(database)],
    signature: Annotated[str, Header(alias="Stripe-Signature", max_length=1000)] = "",
) -> EventTaken:
    """Take an event whose signature is right and fresh; what it is about is looked up at Stripe by the worker."""
    from billing.stripe_gateway import read_event  # noqa: PLC0415 - heavy, and only where Stripe is used

    shared = settings().stripe_webhook_secret
    secret = shared.get_secret_value() if shared else ""
    event = read_event(payload, signature=signature, secret=secret, now=clock.now())
    with db.writing(collecting_tenant(db, settings())) as session:
        return EventTaken(new=take_event(session, event=event, now=clock.now()))
