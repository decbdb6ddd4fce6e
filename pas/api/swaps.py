"""Swaps of meters over HTTP: another meter took a counter's place, and what the two showed is no use of the thing."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat
from sqlmodel import col, select

from lifecycle.queries import known_asset
from lifecycle.record_swap import record_swap
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role
from telemetry.shard import shard_of
from telemetry.swap_counter import Swap
from telemetry.tables import CounterSwapRecord

router = APIRouter(prefix="/assets/{asset_id}/swaps", tags=["meters"])


class NewSwap(Swap):
    """The swap of one counter's meter: its metric, the moment, and what both meters showed, in the metric's unit."""

    model_config = ConfigDict(extra="forbid")

    metric: str = Field(min_length=1, max_length=60)


class SwapAnswer(BaseModel):
    """A swap that is on record."""

    metric: str
    at: AwareDatetime
    closing: FiniteFloat
    opening: FiniteFloat
    recorded_at: AwareDatetime


@router.post("", status_code=201, responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def note_swap(asset_id: UUID, new: NewSwap, caller: Asking, session: Writing) -> SwapAnswer:
    """Note that another meter took a counter's place; the same again changes nothing."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    swap = Swap(at=new.at, closing=new.closing, opening=new.opening)
    record_swap(session, asset_id=asset_id, metric=new.metric, swap=swap, now=clock.now(), by=caller.actor)
    noted = session.get_one(CounterSwapRecord, (caller.tenant_id, shard_of(asset_id), asset_id, new.metric, new.at))
    return SwapAnswer.model_validate(noted, from_attributes=True)


@router.get("", responses=problems(404))
@may(*EVERYBODY)
def list_swaps(
    asset_id: UUID, caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[SwapAnswer]:
    """List the swaps of an asset's meters, oldest first."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    one = CounterSwapRecord
    query = select(one).where(col(one.shard) == shard_of(asset_id), col(one.asset_id) == asset_id)
    found, next_cursor = page(session, query, by=(one.at, one.metric), cursor=cursor, limit=limit)
    return Page(
        items=[SwapAnswer.model_validate(noted, from_attributes=True) for noted in found], next_cursor=next_cursor
    )
