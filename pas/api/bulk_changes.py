"""Deeds on many things over HTTP: moved or stepped at once, and taken back at once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import Session

from lifecycle.bulk_tables import BulkChangeRecord
from lifecycle.change_many import ManyChanged, change_many, changed_things, known_change, undo_many
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/bulk-changes", tags=["assets"])

CHANGERS = (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
"""Who moves and steps things."""


class NotChanged(BaseModel):
    """A thing that could not be changed, and why."""

    asset_id: UUID
    code: str
    detail: str


class BulkChange(BaseModel):
    """A deed on many things: what was said, which things changed, which could not, and whether it was taken back."""

    id: UUID
    changed_at: datetime
    changed_by: str
    said: dict[str, Any]
    changed: list[UUID]
    refused: list[NotChanged]
    undone_at: datetime | None
    left: list[UUID]
    """When it was taken back: things that were placed anew since, and stay as they are."""


@router.post("", status_code=201, responses=problems(404, 422))
@may(*CHANGERS)
def change(wanted: ManyChanged, caller: Asking, session: Writing) -> BulkChange:
    """Move many things, or step them to another status; what may not be stepped is listed, the rest is done."""
    return shown(session, change_many(session, wanted, now=clock.now(), by=caller.actor))


@router.get("/{change_id}", responses=problems(404))
@may(*CHANGERS)
def read_change(change_id: UUID, _caller: Asking, session: Reading) -> BulkChange:
    """Give a deed on many things."""
    return shown(session, known_change(session, change_id))


@router.post("/{change_id}/undo", status_code=201, responses=problems(404))
@may(*CHANGERS)
def undo(change_id: UUID, caller: Asking, session: Writing) -> BulkChange:
    """Take a deed back; things that were placed anew since stay as they are."""
    return shown(session, undo_many(session, change_id=change_id, now=clock.now(), by=caller.actor))


def shown(session: Session, record: BulkChangeRecord) -> BulkChange:
    """Tell a deed with the things it changed."""
    done = changed_things(session, record.id)
    told = record.model_dump(include={"id", "changed_at", "changed_by", "said", "refused", "undone_at"})
    left = [one.asset_id for one in done if record.undone_at is not None and not one.undone]
    return BulkChange(**told, changed=[one.asset_id for one in done], left=left)
