"""Values over HTTP: what an asset is worth as of a date, with the reasons."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from lifecycle.queries import known_asset
from lifecycle.valuation.value import AssetValue
from lifecycle.value_assets import value_assets
from pas import clock
from pas.access import Asking, Reading, may
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/assets/{asset_id}", tags=["values"])


@router.get("/value", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def read_value(
    asset_id: UUID,
    _caller: Asking,
    session: Reading,
    as_of: Annotated[date | None, Query(description="Past, today (the default) or to come.")] = None,
) -> AssetValue:
    """Give the value of an asset, P10, P50 and P90; null with a reason where none can be told."""
    known_asset(session, asset_id=asset_id, holder_id=None)
    now = clock.now()
    return value_assets(session, asset_ids=[asset_id], as_of=as_of or now.date(), now=now)[0]
