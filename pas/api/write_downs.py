"""Write-downs and residuals over HTTP: what a report proposes, what a person decides, what risk sets."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from billing.decide_write_down import decide_write_down
from billing.end_report_queries import decisions_on, residuals, write_down, write_downs
from billing.end_report_tables import ResidualRecord, WriteDownDecisionRecord, WriteDownRecord
from billing.finance_report.residual import Residual
from billing.finance_report.write_down import Verdict, WriteDownDecision
from billing.set_residuals import set_residuals
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(tags=["values"])

OfReport = Annotated[UUID | None, Query(description="Only those of this report.")]
OfAsset = Annotated[UUID | None, Query(description="Only those of this asset.")]


class WriteDown(BaseModel):
    """A proposal: the book value on the last day is `amount` above what is expected; with what was decided on it."""

    id: UUID
    report_id: UUID
    asset_id: UUID
    serial: str
    last_day: date
    currency: str
    book_value: Decimal
    expected: Decimal
    amount: Decimal
    evidence: str
    proposed_at: AwareDatetime
    verdict: Verdict | None = None
    reason: str | None = None
    decided_at: AwareDatetime | None = None
    decided_by: str | None = None


class SetResidual(BaseModel):
    """A residual as it was set."""

    id: UUID
    asset_id: UUID
    set_on: date
    currency: str
    residual: Decimal
    guaranteed: Decimal
    guaranteed_by: str
    why: str
    recorded_at: AwareDatetime
    actor: str


class Residuals(BaseModel):
    """Residuals to be set together."""

    model_config = ConfigDict(extra="forbid")

    residuals: list[Residual] = Field(min_length=1, max_length=1000)


@router.get("/write-downs", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def list_write_downs(
    _caller: Asking, session: Reading, report_id: OfReport = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[WriteDown]:
    """List what was proposed, the oldest first, with what was decided on it."""
    query = write_downs(report_id=report_id)
    by = (WriteDownRecord.proposed_at, WriteDownRecord.id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    decided = decisions_on(session, [one.id for one in found])
    return Page(items=[_told(one, decided.get(one.id)) for one in found], next_cursor=next_cursor)


@router.get("/write-downs/{write_down_id}", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_write_down(write_down_id: UUID, _caller: Asking, session: Reading) -> WriteDown:
    """Give one proposal, with what was decided on it."""
    return _one(session, write_down_id)


@router.put("/write-downs/{write_down_id}/decision", responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def put_decision(write_down_id: UUID, decision: WriteDownDecision, caller: Asking, session: Writing) -> WriteDown:
    """Approve or refuse a proposal, once and with a reason."""
    decide_write_down(session, decision, write_down_id=write_down_id, now=clock.now(), by=caller.actor)
    return _one(session, write_down_id)


@router.get("/residuals", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def list_residuals(
    _caller: Asking, session: Reading, asset_id: OfAsset = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[SetResidual]:
    """List the residuals that were set, the oldest first; the newest that was known counts."""
    by = (ResidualRecord.recorded_at, ResidualRecord.id)
    found, next_cursor = page(session, residuals(asset_id=asset_id), by=by, cursor=cursor, limit=limit)
    return Page(items=[SetResidual.model_validate(one, from_attributes=True) for one in found], next_cursor=next_cursor)


@router.post("/residuals", status_code=201, responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def post_residuals(asked: Residuals, caller: Asking, session: Writing) -> list[SetResidual]:
    """Set residuals of things, all of them or none."""
    made = set_residuals(session, asked.residuals, now=clock.now(), by=caller.actor)
    return [SetResidual.model_validate(one, from_attributes=True) for one in made]


def _one(session: Session, write_down_id: UUID) -> WriteDown:
    found = write_down(session, write_down_id=write_down_id)
    return _told(found, decisions_on(session, [write_down_id]).get(write_down_id))


def _told(found: WriteDownRecord, decision: WriteDownDecisionRecord | None) -> WriteDown:
    told = WriteDown.model_validate(found, from_attributes=True)
    if decision is None:
        return told
    said = {"verdict": decision.verdict, "reason": decision.reason, "decided_at": decision.decided_at}
    return told.model_copy(update=said | {"decided_by": decision.actor})
