"""Alerts over HTTP: what somebody must be told, and what they answer."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from lifecycle import answer_alert
from lifecycle.alert import AlertAnswer, AlertKind, AlertPriority, AlertState
from lifecycle.condition_queries import alerts, known_alert
from lifecycle.reason import Reason
from lifecycle.tables import AlertRecord
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/alerts", tags=["alerts"])


class Alert(BaseModel):
    """What is the matter with an asset, since when, why, who should do what by when, and what ignoring it costs.

    `shadow` is counted and told to nobody; `cause` is the same for alerts that are told together.
    """

    id: UUID
    asset_id: UUID
    kind: AlertKind
    failure_mode: str
    state: AlertState
    priority: AlertPriority
    began_at: AwareDatetime | None
    raised_at: AwareDatetime
    updated_at: AwareDatetime
    cleared_at: AwareDatetime | None
    answered_by: str
    answer: str
    shelved_until: AwareDatetime | None
    action: str
    owner: str
    due_on: date | None
    days_p10: float | None
    days_p50: float | None
    days_p90: float | None
    cost: Decimal | None
    currency: str
    cause: str
    shadow: bool
    reasons: list[Reason]
    rule: str


@router.get("")
@may(*EVERYBODY)
def list_alerts(
    *,
    caller: Asking,
    session: Reading,
    state: Annotated[AlertState | None, Query()] = None,
    kind: Annotated[AlertKind | None, Query()] = None,
    asset: Annotated[UUID | None, Query(description="Id of the asset.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Alert]:
    """List alerts, the oldest first; filters narrow each other."""
    query = alerts(state=state, kind=kind, asset_id=asset, holder_id=own(caller))
    by = (AlertRecord.raised_at, AlertRecord.id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=[_shown(alert) for alert in found], next_cursor=next_cursor)


@router.get("/{alert_id}", responses=problems(404))
@may(*EVERYBODY)
def read_alert(alert_id: UUID, caller: Asking, session: Reading) -> Alert:
    """Give one alert."""
    return _shown(known_alert(session, alert_id=alert_id, holder_id=own(caller)))


@router.post("/{alert_id}/answer", status_code=201, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.CUSTOMER)
def answer(alert_id: UUID, said: AlertAnswer, caller: Asking, session: Writing) -> Alert:
    """Answer an alert: seen, planned, done, shelved until a date, or not true; the last answer counts."""
    answered = answer_alert.answer_alert(
        session, alert_id=alert_id, answer=said, holder_id=own(caller), now=clock.now(), by=caller.actor
    )
    return _shown(answered)


def _shown(alert: AlertRecord) -> Alert:
    return Alert.model_validate(alert, from_attributes=True)
