"""Work orders over HTTP: opened, planned, completed or cancelled, and listed by place, person and state."""

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

from lifecycle.cancel_work import cancel_work
from lifecycle.complete_work import complete_work
from lifecycle.open_work import open_work
from lifecycle.plan_work import plan_work
from lifecycle.queries import codes_of
from lifecycle.tables import SiteRecord
from lifecycle.work_order import (
    NewWork,
    PartUsed,
    WorkCancelled,
    WorkCause,
    WorkDone,
    WorkKind,
    WorkPlan,
    WorkPriority,
    WorkState,
)
from lifecycle.work_order_queries import assets_by_id, known_work, steps_of, work_orders
from lifecycle.work_order_tables import WorkOrderRecord
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.form import Form, WantedForm, files
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.api.table_stream import streamed
from pas.caller import Caller
from pas.exchange.quoting import quoted
from pas.role import Role

router = APIRouter(prefix="/work-orders", tags=["work orders"])

_WORKERS = (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
_COLUMNS = pa.schema(
    [
        (name, pa.string())
        for name in (
            *("id", "asset", "serial", "site", "kind", "component", "state", "priority", "due_on", "assignee", "cause"),
            *("opened_at", "opened_by", "ended_at", "minutes", "cost", "currency", "note", "outcome"),
        )
    ]
)


class WorkOrder(BaseModel):
    """What is to be done to an asset, and how far it is; `renewed` are the components that stand better for it.

    To a customer `minutes`, `cost` and the cost of parts are null: they are the operator's own.
    """

    id: UUID
    asset_id: UUID
    kind: WorkKind
    component: str
    state: WorkState
    priority: WorkPriority
    due_on: date | None
    assignee: str
    cause: WorkCause
    alert_id: UUID | None
    inspection_id: UUID | None
    note: str
    photos: list[str]
    opened_at: AwareDatetime
    opened_by: str
    updated_at: AwareDatetime
    ended_at: AwareDatetime | None
    ended_by: str
    outcome: str
    renewed: list[str]
    parts: list[PartUsed]
    minutes: float | None
    cost: Decimal | None
    currency: str


class WorkStep(BaseModel):
    """One step of a work order: what, when and by whom."""

    id: UUID
    kind: str
    at: AwareDatetime
    actor_kind: str
    actor: str
    facts: dict[str, Any]


class WorkSteps(BaseModel):
    """All that became of a work order; there are few steps, so there are no pages."""

    items: list[WorkStep]


@router.get("", responses=files(Form.CSV), response_model=Page[WorkOrder])
@may(*EVERYBODY)
def list_work_orders(
    *,
    caller: Asking,
    session: Reading,
    form: WantedForm,
    site: Annotated[UUID | None, Query(description="Id of the place where the asset stands now.")] = None,
    asset: Annotated[UUID | None, Query(description="Id of the asset.")] = None,
    state: Annotated[WorkState | None, Query()] = None,
    kind: Annotated[WorkKind | None, Query()] = None,
    is_open: Annotated[bool | None, Query(alias="open", description="Only under way, or only ended.")] = None,
    assignee: Annotated[str | None, Query(max_length=200, description="Whose it is, word for word.")] = None,
    due_before: Annotated[date | None, Query(description="Due before this day.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[WorkOrder] | Response:
    """List work orders, the oldest first; filters narrow each other. As csv all of them, without pages."""
    query = work_orders(
        holder_id=own(caller),
        site_id=site,
        asset_id=asset,
        state=state,
        kind=kind,
        is_open=is_open,
        assignee=assignee,
        due_before=due_before,
    )
    by = (WorkOrderRecord.opened_at, WorkOrderRecord.id)
    if form is Form.CSV:
        return streamed(list(_rows(session, query, by, caller)), schema=_COLUMNS, form=form, name="work-orders")
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=[shown(order, caller) for order in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(404, 409))
@may(*_WORKERS)
def open_work_order(new: NewWork, caller: Asking, session: Writing) -> WorkOrder:
    """Open a work order under an id of your own making; the same again changes nothing."""
    return shown(open_work(session, [new], now=clock.now(), by=caller.actor)[0], caller)


@router.get("/{work_id}", responses=problems(404))
@may(*EVERYBODY)
def read_work_order(work_id: UUID, caller: Asking, session: Reading) -> WorkOrder:
    """Give one work order."""
    return shown(known_work(session, work_id=work_id, holder_id=own(caller)), caller)


@router.get("/{work_id}/steps", responses=problems(404))
@may(*_WORKERS, Role.FINANCE)
def read_steps(work_id: UUID, _caller: Asking, session: Reading) -> WorkSteps:
    """Say what became of a work order, step by step."""
    known_work(session, work_id=work_id, holder_id=None)
    steps = steps_of(session, work_id=work_id)
    return WorkSteps(items=[WorkStep.model_validate(step, from_attributes=True) for step in steps])


@router.post("/{work_id}/plan", status_code=201, responses=problems(404, 409))
@may(*_WORKERS)
def plan(work_id: UUID, told: WorkPlan, caller: Asking, session: Writing) -> WorkOrder:
    """Say who does it by when, or that it has begun; what is left out stays as it was."""
    return shown(plan_work(session, work_id=work_id, plan=told, now=clock.now(), by=caller.actor), caller)


@router.post("/{work_id}/complete", status_code=201, responses=problems(404, 409))
@may(*_WORKERS)
def complete(work_id: UUID, done: WorkDone, caller: Asking, session: Writing) -> WorkOrder:
    """Say what was done; it goes into the asset's history, and what was renewed begins its wear anew."""
    return shown(complete_work(session, work_id=work_id, done=done, now=clock.now(), by=caller.actor), caller)


@router.post("/{work_id}/cancel", status_code=201, responses=problems(404, 409))
@may(*_WORKERS)
def cancel(work_id: UUID, told: WorkCancelled, caller: Asking, session: Writing) -> WorkOrder:
    """Say why it is not done after all."""
    return shown(cancel_work(session, work_id=work_id, cancelled=told, now=clock.now(), by=caller.actor), caller)


def shown(order: WorkOrderRecord, caller: Caller) -> WorkOrder:
    """Show an order to whoever asks: minutes and costs are the operator's own."""
    told = WorkOrder.model_validate(order, from_attributes=True)
    if caller.role is not Role.CUSTOMER:
        return told
    parts = [part.model_copy(update={"cost": None}) for part in told.parts]
    return told.model_copy(update={"minutes": None, "cost": None, "parts": parts})


def _rows(session: Session, query: SelectOfScalar[WorkOrderRecord], by: Any, caller: Caller) -> Iterator[pd.DataFrame]:
    """Give the rows of the file, some hundred at a time."""
    cursor: str | None = None
    while True:
        found, cursor = page(session, query, by=by, cursor=cursor, limit=500)
        assets = assets_by_id(session, [order.asset_id for order in found])
        sites = codes_of(session, SiteRecord, [asset.site_id for asset in assets.values() if asset.site_id])
        rows = []
        for order in found:
            asset, told = assets[order.asset_id], shown(order, caller).model_dump(mode="json")
            told |= {"asset": asset.public_id, "serial": asset.serial, "site": sites.get(asset.site_id or UUID(int=0))}
            rows.append({name: _cell(told[name]) for name in _COLUMNS.names})
        yield pd.DataFrame(rows, columns=_COLUMNS.names)
        if cursor is None:
            return


def _cell(value: Any) -> str | None:
    return None if value is None or value == "" else quoted(str(value))
