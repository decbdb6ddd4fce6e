"""Alerts over HTTP: what somebody must be told, and what they answer."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pandas as pd
import pyarrow as pa
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle import answer_alert
from lifecycle.alert import AlertAnswer, AlertKind, AlertPriority, AlertState
from lifecycle.condition_queries import alerts, known_alert
from lifecycle.reason import Reason
from lifecycle.tables import AlertRecord
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.form import Form, WantedForm, files
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.api.table_stream import streamed
from pas.cost_reasons import reasons_for
from pas.exchange.quoting import quoted
from pas.role import Role

router = APIRouter(prefix="/alerts", tags=["alerts"])


_AT_ONCE = 500
_COLUMNS = pa.schema(
    [
        (name, pa.string())
        for name in (
            *("id", "asset_id", "kind", "failure_mode", "state", "priority", "began_at", "raised_at", "cleared_at"),
            *("action", "owner", "due_on", "days_p10", "days_p50", "days_p90", "cost", "currency", "cause"),
            *("answered_by", "answer", "shadow", "rule"),
        )
    ]
)


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


@router.get("", responses=files(Form.CSV), response_model=Page[Alert])
@may(*EVERYBODY)
def list_alerts(
    *,
    caller: Asking,
    session: Reading,
    form: WantedForm,
    state: Annotated[AlertState | None, Query()] = None,
    kind: Annotated[AlertKind | None, Query()] = None,
    asset: Annotated[UUID | None, Query(description="Id of the asset.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Alert] | Response:
    """List alerts, the oldest first; filters narrow each other. As csv all of them, without pages."""
    query = alerts(state=state, kind=kind, asset_id=asset, holder_id=own(caller))
    by = (AlertRecord.raised_at, AlertRecord.id)
    if form is Form.CSV:
        return streamed(list(_rows(session, query, by, caller.role)), schema=_COLUMNS, form=form, name="alerts")
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=[_shown(alert, caller.role) for alert in found], next_cursor=next_cursor)


@router.get("/{alert_id}", responses=problems(404))
@may(*EVERYBODY)
def read_alert(alert_id: UUID, caller: Asking, session: Reading) -> Alert:
    """Give one alert."""
    return _shown(known_alert(session, alert_id=alert_id, holder_id=own(caller)), caller.role)


@router.post("/{alert_id}/answer", status_code=201, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.CUSTOMER)
def answer(alert_id: UUID, said: AlertAnswer, caller: Asking, session: Writing) -> Alert:
    """Answer an alert: seen, planned, done, shelved until a date, or not true; the last answer counts."""
    answered = answer_alert.answer_alert(
        session, alert_id=alert_id, answer=said, holder_id=own(caller), now=clock.now(), by=caller.actor
    )
    return _shown(answered, caller.role)


def _rows(session: Session, query: SelectOfScalar[AlertRecord], by: Any, role: Role) -> Iterator[pd.DataFrame]:
    """Give the rows of the file, some hundred at a time."""
    cursor: str | None = None
    while True:
        found, cursor = page(session, query, by=by, cursor=cursor, limit=_AT_ONCE)
        shown = [_shown(alert, role) for alert in found]
        rows = [[_text(getattr(alert, name)) for name in _COLUMNS.names] for alert in shown]
        yield pd.DataFrame(rows, columns=_COLUMNS.names, dtype=object)
        if cursor is None:
            return


def _text(value: Any) -> str:
    """Write a value so that no spreadsheet runs it."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else quoted(str(value))


def _shown(alert: AlertRecord, role: Role) -> Alert:
    """Show an alert; to who mends things without what it costs."""
    shown = alert.model_dump() | {"reasons": reasons_for(role, alert.reasons)}
    return Alert.model_validate(shown if role.sees_money else shown | {"cost": None})
