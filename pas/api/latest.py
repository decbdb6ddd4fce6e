"""The newest readings over HTTP."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from lifecycle.queries import known_asset
from pas.access import EVERYBODY, Asking, Reading, may
from pas.api.assets import own
from pas.api.problems import problems
from telemetry.queries import latest

router = APIRouter(tags=["readings"])


class LatestAnswer(BaseModel):
    """The newest reading of one metric."""

    metric: str
    at: AwareDatetime
    value: float
    unit: str


@router.get("/assets/{asset_id}/latest", responses=problems(404))
@may(*EVERYBODY)
def read_latest(asset_id: UUID, caller: Asking, session: Reading) -> list[LatestAnswer]:
    """Give the newest reading of every metric of an asset."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    found = latest(session, asset_ids=[asset_id])
    return [LatestAnswer(metric=code, **one._asdict()) for (_, code), one in sorted(found.items())]
