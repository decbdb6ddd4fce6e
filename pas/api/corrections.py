"""Corrections of readings over HTTP: the right value counts, the wrong one stays on record."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints
from sqlmodel import col, select

from lifecycle.label import Note
from lifecycle.queries import known_asset
from lifecycle.record_correction import record_correction
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role
from telemetry.correction import Correction
from telemetry.shard import shard_of
from telemetry.tables import ReadingCorrectionRecord

router = APIRouter(prefix="/assets/{asset_id}/reading-corrections", tags=["readings"])


class NewCorrection(BaseModel):
    """Right values of one metric, in its own unit, and why those that stand are wrong."""

    model_config = ConfigDict(extra="forbid")

    metric: str = Field(min_length=1, max_length=60)
    because: Annotated[Note, StringConstraints(min_length=1, max_length=2000)]
    readings: list[Correction] = Field(min_length=1, max_length=10_000)


class CorrectedReading(BaseModel):
    """What stood at a moment, and what stands there now."""

    at: AwareDatetime
    was: FiniteFloat
    value: FiniteFloat


class CorrectionAnswer(CorrectedReading):
    """A correction on record."""

    metric: str
    recorded_at: AwareDatetime
    because: str
    by: str


@router.post("", status_code=201, responses=problems(404, 410, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def correct(asset_id: UUID, new: NewCorrection, caller: Asking, session: Writing) -> list[CorrectedReading]:
    """Correct readings, all or none; give those that were changed. The same again changes nothing."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    told = record_correction(
        session,
        asset_id=asset_id,
        metric=new.metric,
        corrections=new.readings,
        because=new.because,
        now=clock.now(),
        by=caller.actor,
    )
    return [CorrectedReading.model_validate(one, from_attributes=True) for one in told]


@router.get("", responses=problems(404))
@may(*EVERYBODY)
def list_corrections(
    asset_id: UUID, caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[CorrectionAnswer]:
    """List the corrections of an asset's readings, in the order of the readings' moments."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    one = ReadingCorrectionRecord
    query = select(one).where(col(one.shard) == shard_of(asset_id), col(one.asset_id) == asset_id)
    found, next_cursor = page(session, query, by=(one.at, one.metric, one.recorded_at), cursor=cursor, limit=limit)
    return Page(
        items=[CorrectionAnswer.model_validate(noted, from_attributes=True) for noted in found], next_cursor=next_cursor
    )
