"""Peers and fit over HTTP: how an asset wears against its sisters, and whether it is the right model for its use."""

from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from lifecycle.compare_peers import peers_of
from lifecycle.propose_fit import fits_of
from lifecycle.queries import known_asset
from lifecycle.reason import Reason
from pas import clock
from pas.access import EVERYBODY, STAFF, Asking, Reading, may
from pas.api.assets import own
from pas.api.problems import problems

router = APIRouter(prefix="/assets/{asset_id}", tags=["peers"])


class Peers(BaseModel):
    """How fast an asset wears among the things of its product, at equal use; null where nothing can be said, and why.

    `rate` is points of the index lost per unit of its usage metric, or per year where none is counted.
    """

    asset_id: UUID
    sisters: int
    rate: float | None
    usual: float | None
    percentile: float | None
    at_equal_climate: float | None
    reasons: list[Reason]


class BetterModel(BaseModel):
    """A model that fits better: what it saves a year, and how many years longer it lasts in this place."""

    product_id: UUID
    code: str
    name: str
    saving_a_year: Decimal
    years_longer: float


class Fit(BaseModel):
    """Whether an asset is the right model for how it is used of late; `cost_a_year` is its price over its years."""

    asset_id: UUID
    fits: bool | None
    years: float | None
    cost_a_year: Decimal | None
    currency: str
    proposal: BetterModel | None
    reasons: list[Reason]


@router.get("/peers", responses=problems(404))
@may(*EVERYBODY)
def read_peers(asset_id: UUID, caller: Asking, session: Reading) -> Peers:
    """Hold an asset against its sisters at equal use, and with the climate taken out."""
    asset = known_asset(session, asset_id=asset_id, holder_id=own(caller))
    found = peers_of(session, asset=asset, now=clock.now())
    return Peers(asset_id=asset_id, **found._asdict() | {"reasons": list(found.reasons)})


@router.get("/fit", responses=problems(404))
@may(*STAFF)
def read_fit(asset_id: UUID, _caller: Asking, session: Reading) -> Fit:
    """Say whether an asset is the right model for its use, and which one would cost less a year."""
    asset = known_asset(session, asset_id=asset_id, holder_id=None)
    found = fits_of(session, [asset], now=clock.now())[asset_id]
    better = BetterModel(**found.proposal._asdict()) if found.proposal else None
    return Fit(asset_id=asset_id, **found._asdict() | {"proposal": better})
