"""First-line alarms over HTTP: which readings are where they should not be, and by which readings one knows."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel
from sqlmodel import Session

from lifecycle.acknowledge_alarm import acknowledge_alarm
from lifecycle.alarm_queries import account_of, alarms, known_alarm, reasons_of
from lifecycle.reason import Reason
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role
from telemetry.alarm_rule import AlarmKind, AlarmPriority
from telemetry.alarm_tables import AlarmRecord
from telemetry.queries import series

router = APIRouter(prefix="/alarms", tags=["alarms"])

_AROUND = timedelta(hours=1)
_MOST = 1000


class AlarmStanding(StrEnum):
    """How an alarm stands."""

    OPEN = "open"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    """Readings that came late showed that it never was, or it is told as a part of another."""


class Alarm(BaseModel):
    """What is the matter, since when and why; `reason` says why it ended otherwise than by a reading."""

    id: UUID
    asset_id: UUID
    metric: str
    rule: str
    version: int
    kind: AlarmKind
    priority: AlarmPriority
    state: AlarmStanding
    began_at: AwareDatetime
    raised_at: AwareDatetime
    cleared_at: AwareDatetime | None
    extreme: float | None
    times: int
    chatters: bool
    found_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    acknowledged_by: str
    withdrawn_at: AwareDatetime | None
    reason: str
    reasons: list[Reason]


class AlarmEvent(BaseModel):
    """What was concluded of an alarm, when and by whom."""

    kind: str
    at: AwareDatetime
    by: str
    facts: dict[str, Any]


class EvidenceReading(BaseModel):
    """A reading around an alarm; `caused` marks those between the first that was wrong and the one that decided."""

    at: AwareDatetime
    value: float
    caused: bool


class Evidence(BaseModel):
    """The readings from an hour before an alarm began to an hour after it was raised, and what became of it."""

    alarm: Alarm
    readings: list[EvidenceReading]
    account: list[AlarmEvent]


@router.get("")
@may(*EVERYBODY)
def list_alarms(
    *,
    caller: Asking,
    session: Reading,
    is_open: Annotated[bool | None, Query(alias="open", description="Only open ones, or only cleared ones.")] = None,
    asset: Annotated[UUID | None, Query(description="Id of the asset.")] = None,
    rule: Annotated[str | None, Query(max_length=60, description="Code of the rule.")] = None,
    kind: Annotated[AlarmKind | None, Query()] = None,
    priority: Annotated[AlarmPriority | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Alarm]:
    """List alarms, the oldest first, without those withdrawn; filters narrow each other."""
    query = alarms(is_open=is_open, asset_id=asset, rule=rule, kind=kind, priority=priority, holder_id=own(caller))
    by = (AlarmRecord.raised_at, AlarmRecord.id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=_shown(session, found), next_cursor=next_cursor)


@router.get("/{alarm_id}", responses=problems(404))
@may(*EVERYBODY)
def read_alarm(alarm_id: UUID, caller: Asking, session: Reading) -> Alarm:
    """Give one alarm, also one that was withdrawn."""
    return _one(session, known_alarm(session, alarm_id=alarm_id, holder_id=own(caller)))


@router.get("/{alarm_id}/evidence", responses=problems(404))
@may(*EVERYBODY)
def read_evidence(alarm_id: UUID, caller: Asking, session: Reading) -> Evidence:
    """Give the readings around an alarm, and its account: raised, moved, cleared, withdrawn, acknowledged."""
    alarm = known_alarm(session, alarm_id=alarm_id, holder_id=own(caller))
    start, end = alarm.began_at - _AROUND, alarm.raised_at + _AROUND
    found = series(session, asset_id=alarm.asset_id, metric=alarm.metric, start=start, end=end, most=_MOST)
    readings = [
        EvidenceReading(at=at, value=value, caused=alarm.began_at <= at <= alarm.raised_at)
        for at, value in zip(found["at"], found["value"], strict=True)
    ]
    account = [AlarmEvent.model_validate(one, from_attributes=True) for one in account_of(session, alarm)]
    return Evidence(alarm=_one(session, alarm), readings=readings[:_MOST], account=account)


@router.post("/{alarm_id}/acknowledge", status_code=201, responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.CUSTOMER)
def acknowledge(alarm_id: UUID, caller: Asking, session: Writing) -> Alarm:
    """Say that somebody has seen an alarm; whether it clears is for the readings to say."""
    seen = acknowledge_alarm(session, alarm_id=alarm_id, holder_id=own(caller), now=clock.now(), by=caller.actor)
    return _one(session, seen)


def _shown(session: Session, found: list[AlarmRecord]) -> list[Alarm]:
    why = reasons_of(session, found)
    return [
        Alarm.model_validate({**one.model_dump(), "state": _standing(one), "reasons": why[one.id]}) for one in found
    ]


def _one(session: Session, alarm: AlarmRecord) -> Alarm:
    return _shown(session, [alarm])[0]


def _standing(alarm: AlarmRecord) -> AlarmStanding:
    if alarm.withdrawn_at is not None:
        return AlarmStanding.WITHDRAWN
    return AlarmStanding.OPEN if alarm.cleared_at is None else AlarmStanding.CLEARED
