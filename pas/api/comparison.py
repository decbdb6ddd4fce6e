"""Things compared at equal use over HTTP: a worn one shows beside its sisters, whatever their age."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, FiniteFloat

from lifecycle.queries import known_asset
from lifecycle.tables import AssetRecord
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, may
from pas.api.assets import own
from pas.api.problems import problems
from pas.api.span import MetricCode, rows
from telemetry.equal_use import Unplaced
from telemetry.find_meters import latest_meters
from telemetry.queries import metrics
from telemetry.read_equal_use import AtEqualUse, at_equal_use

router = APIRouter(tags=["readings"])

MOST = 20
"""Things in one comparison."""
MeterCode = Annotated[str, Query(alias="meter", min_length=1, max_length=60, description="Code of the meter.")]
AssetIds = Annotated[list[UUID], Query(alias="asset_id", min_length=1, max_length=MOST, description="The things.")]
Step = Annotated[
    FiniteFloat | None, Query(gt=0, description="How long a step of use is, in the meter's unit; else what suits.")
]


class UseStep(BaseModel):
    """What the metric was while the use went from `use` up to but without `use` + `step`."""

    use: float
    count: int
    mean: float
    minimum: float
    maximum: float


class ComparedAsset(BaseModel):
    """One thing. `used` is all that the meter counted of it, null where it was never read.

    `left_out` counts the readings whose use is not known, by reason: those before or after the meter's own readings
    and those while it was silent are not guessed at.
    """

    asset_id: UUID
    public_id: str
    serial: str
    used: float | None
    steps: list[UseStep]
    left_out: dict[Unplaced, int]


class ComparisonAnswer(BaseModel):
    """Things side by side at equal use; `means` says in words what the meter counts."""

    meter: str
    means: str
    use_unit: str
    metric: str
    unit: str
    step: float
    assets: list[ComparedAsset]


@router.get("/comparison", responses=problems(404, 422))
@may(*EVERYBODY)
def compare(
    *, caller: Asking, session: Reading, meter: MeterCode, code: MetricCode, asset_ids: AssetIds, step: Step = None
) -> ComparisonAnswer:
    """Hold a metric of some things against the use that a meter counted, over their whole lives."""
    wanted = list(dict.fromkeys(asset_ids))
    assets = [known_asset(session, asset_id=asset_id, holder_id=own(caller)) for asset_id in wanted]
    found = at_equal_use(session, asset_ids=wanted, meter=meter, code=code, now=clock.now(), step=step)
    newest = latest_meters(session)[meter]
    return ComparisonAnswer(
        meter=meter,
        means=newest.means,
        use_unit=newest.unit,
        metric=code,
        unit=metrics(session)[code].unit,
        step=found.step,
        assets=[_shown(asset, found.things[asset.id]) for asset in assets],
    )


def _shown(asset: AssetRecord, found: AtEqualUse) -> ComparedAsset:
    measured = found.steps.assign(mean=found.steps["total"] / found.steps["count"])
    return ComparedAsset(
        asset_id=asset.id,
        public_id=asset.public_id,
        serial=asset.serial,
        used=found.used,
        steps=rows(measured),
        left_out=found.unplaced,
    )
