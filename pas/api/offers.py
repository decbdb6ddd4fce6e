"""Offers over HTTP: what a contract would cost before anybody signs it; nothing is kept."""

from typing import Annotated

from fastapi import APIRouter, Body

from billing.contract.offer import Offer
from billing.rate_offer import RatedOffer, rate_offer
from pas.access import Asking, may
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/offers", tags=["contracts"])


@router.post("/preview", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def preview_offer(offer: Annotated[Offer, Body()], _caller: Asking) -> RatedOffer:
    """Work out what terms would cost, month by month, at a use that is assumed; by the very rules that bill."""
    return rate_offer(offer)
