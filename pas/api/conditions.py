"""Conditions over HTTP: how an asset fares, with the reasons, now and before."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from billing.queries import lease_end
from lifecycle.condition.component import ComponentCondition, component_of
from lifecycle.condition.outlive import chance_to_outlive
from lifecycle.condition_queries import conditions_of, latest_condition
from lifecycle.grade import GRADES
from lifecycle.nen2767 import SCORES, score_at
from lifecycle.queries import known_asset
from lifecycle.reason import Reason
from lifecycle.tables import ConditionRecord
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from telemetry.refusal import Refusal

router = APIRouter(prefix="/assets/{asset_id}", tags=["conditions"])


class NotYetAssessed(Refusal):
    """Nothing is concluded of the asset: nobody inspected it, and nobody knows since when it serves."""


Until = Annotated[date | None, Query(description="a day to outlive; else the end of the running contract")]


class Calibration(BaseModel):
    """How often such intervals held: `coverage` of `n` later inspections, where 0.8 is meant.

    Null below 30 of them: then the interval is not calibrated.
    """

    coverage: float | None
    n: int


class Outlives(BaseModel):
    """How likely the asset reaches a day before its functional end; null where its days cannot be told."""

    until: date
    probability: float | None


class Condition(BaseModel):
    """What was concluded at one moment: index 0 to 100 and remaining life, each P10, P50 and P90.

    The effects of the reasons are points that add up to `index_p50`. Null where it cannot be told. `usage` is the
    use since the last inspection, in the unit of the product's usage metric, like `remaining_use`. `components` fare
    each on their own; `worst_component` is the critical one that fares worst. `nen_score` is the score of NEN 2767, 1
    to 6. `parameters` is the hash of the set of wear parameters it rests on, with the `telemetry_weight` in it.
    What was concluded before components were told apart has none of these.
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
    nen_score: int
    components: list[ComponentCondition]
    worst_component: str | None
    grade_probabilities: dict[str, float]
    nen_probabilities: dict[str, float]
    calibration: Calibration | None
    parameters: str | None
    telemetry_weight: float | None


class ConditionNow(Condition):
    """The last condition, and how likely the asset outlives its contract or the day that was asked for."""

    outlives: Outlives | None


@router.get("/condition", responses=problems(404))
@may(*EVERYBODY)
def read_condition(asset_id: UUID, caller: Asking, session: Reading, until: Until = None) -> ConditionNow:
    """Give the last condition of an asset, and how likely it outlives its running contract, or another day."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    found = latest_condition(session, asset_id=asset_id)
    if found is None:
        raise NotYetAssessed("this asset was not assessed yet; log an inspection or say since when it serves")
    today = clock.now().date()
    day = until or lease_end(session, asset_id=asset_id, day=today)
    return ConditionNow(**_shown(found).model_dump(), outlives=None if day is None else _outlives(found, day))


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


def _outlives(found: ConditionRecord, day: date) -> Outlives:
    """Count from the day of the conclusion: its quantiles were told then."""
    days = (found.remaining_days_p10, found.remaining_days_p50, found.remaining_days_p90)
    horizon = (day - found.assessed_at.date()).days
    return Outlives(until=day, probability=chance_to_outlive(days, horizon=horizon))


def _shown(found: ConditionRecord) -> Condition:
    detail: dict[str, Any] = found.detail or {}
    return Condition.model_validate(
        found.model_dump()
        | {
            "nen_score": score_at(found.index_p50),
            "components": [component_of(stored, rule=found.rule) for stored in detail.get("components", [])],
            "worst_component": detail.get("worst"),
            "grade_probabilities": dict(zip(GRADES, detail.get("grades", []), strict=False)),
            "nen_probabilities": dict(zip(map(str, SCORES), detail.get("scores", []), strict=False)),
            "calibration": Calibration(coverage=detail["coverage"], n=detail["n"]) if detail else None,
            "parameters": detail.get("parameters"),
            "telemetry_weight": detail.get("telemetry_weight"),
        }
    )
