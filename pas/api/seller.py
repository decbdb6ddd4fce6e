"""The seller over HTTP: who stands at the head of the tenant's invoices."""

from fastapi import APIRouter

from billing import queries
from billing.keep_seller import keep_seller
from billing.seller import Seller
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/seller", tags=["invoices"])


@router.get("", responses=problems(409))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def get_seller(_caller: Asking, session: Reading) -> Seller:
    """Give the seller."""
    return Seller.model_validate(queries.seller(session), from_attributes=True)


@router.put("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def put_seller(seller: Seller, caller: Asking, session: Writing) -> Seller:
    """Name or rename the seller; invoices issued before stay as they were."""
    return Seller.model_validate(keep_seller(session, seller, now=clock.now(), by=caller.actor), from_attributes=True)
