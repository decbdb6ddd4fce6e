"""What became of alerts, over HTTP: failures seen, foretold or missed; answers are noted where alerts are answered."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlmodel import select

from lifecycle.alert import AlertVerdict
from lifecycle.alert_rule import RuleCode
from lifecycle.alert_tables import AlertOutcomeRecord
from lifecycle.label import Note
from lifecycle.note_outcome import note_failure
from pas import clock
from pas.access import STAFF, Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/alert-outcomes", tags=["alerts"])


class SeenFailure(BaseModel):
    """An asset failed: with `alert_id` an alert had foretold it, without one none had, and `rule` should have."""

    model_config = ConfigDict(extra="forbid")

    asset_id: UUID
    alert_id: UUID | None = None
    rule: RuleCode = RuleCode.WEAR
    failed_at: AwareDatetime
    note: Annotated[Note, StringConstraints(max_length=2000)] = Field(default="", max_length=2000)


class AlertOutcome(BaseModel):
    """What somebody said of an alert, or a failure that none foretold."""

    id: UUID
    alert_id: UUID | None
    asset_id: UUID
    rule: RuleCode
    verdict: AlertVerdict | None
    failed_at: AwareDatetime | None
    note: str
    recorded_at: AwareDatetime
    recorded_by: str


@router.get("")
@may(*STAFF)
def list_outcomes(
    *,
    _caller: Asking,
    session: Reading,
    alert: Annotated[UUID | None, Query(description="Id of the alert.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertOutcome]:
    """List what became of alerts, in the order of recording."""
    query = select(AlertOutcomeRecord)
    if alert is not None:
        query = query.where(AlertOutcomeRecord.alert_id == alert)
    by = (AlertOutcomeRecord.recorded_at, AlertOutcomeRecord.id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=[_shown(one) for one in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def note(seen: SeenFailure, caller: Asking, session: Writing) -> AlertOutcome:
    """Note that an asset failed; recall and lead time of the rules are counted from this."""
    noted = note_failure(session, **seen.model_dump(), now=clock.now(), by=caller.actor)
    return _shown(noted)


def _shown(outcome: AlertOutcomeRecord) -> AlertOutcome:
    return AlertOutcome.model_validate(outcome, from_attributes=True)
