"""Conditions over HTTP: how an asset fares, with the reasons, now and before."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from lifecycle.condition_queries import conditions_of, latest_condition
from lifecycle.queries import known_asset
from lifecycle.reason import Reason
from lifecycle.tables import ConditionRecord
from pas.access import EVERYBODY, Asking, Reading, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from telemetry.refusal import Refusal

router = APIRouter(prefix="/assets/{asset_id}", tags=["conditions"])


class NotYetAssessed(Refusal):
    """Nothing is concluded of the asset: nobody inspected it, and nobody knows since when it serves."""


class Condition(BaseModel):
    """What was concluded at one moment: index 0 to 100 and remaining life, each P10, P50 and P90.

    The effects of the reasons are points that add up to `index_p50`. Null where it cannot be told. `usage` is the
    use since the last inspection, in the unit of the product's usage metric, like `remaining_use`.
    """

    id: UUID
    asset_id: UUID
    assessed_at: AwareDatetime
    index_p10: float
    index_p50: float
    index_p90: float
    grade: str
    usage: float | None
    remaining_use_p10: float | None
    remaining_use_p50: float | None
    remaining_use_p90: float | None
    remaining_days_p10: float | None
    remaining_days_p50: float | None
    remaining_days_p90: float | None
    layer: str
    reasons: list[Reason]
    rule: str
    input_hash: str


@router.get("/condition", responses=problems(404))
@may(*EVERYBODY)
def read_condition(asset_id: UUID, caller: Asking, session: Reading) -> Condition:
    """Give the last condition of an asset."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    found = latest_condition(session, asset_id=asset_id)
    if found is None:
        raise NotYetAssessed("this asset was not assessed yet; log an inspection or say since when it serves")
    return _shown(found)


@router.get("/conditions", responses=problems(404))
@may(*EVERYBODY)
def list_conditions(
    asset_id: UUID, caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[Condition]:
    """List what was ever concluded of an asset, the oldest first."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    by = (ConditionRecord.assessed_at, ConditionRecord.id)
    found, next_cursor = page(session, conditions_of(asset_id), by=by, cursor=cursor, limit=limit)
    return Page(items=[_shown(condition) for condition in found], next_cursor=next_cursor)


def _shown(condition: ConditionRecord) -> Condition:
    return Condition.model_validate(condition, from_attributes=True)
