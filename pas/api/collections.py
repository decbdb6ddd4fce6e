"""Collection over HTTP: how far Stripe is with an invoice, and the order to try again."""

from fastapi import APIRouter
from pydantic import BaseModel

from billing import queries
from billing.collection.collecting import CollectedState
from billing.collection_queries import Collection, collection_of
from billing.order_collection import order_collection
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.contracts import customer_seen
from pas.api.invoices import Number
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/invoices", tags=["payments"])


class CollectionAnswer(BaseModel):
    """How far the collection of an invoice has come; `state` is empty where Stripe never held it."""

    number: str
    state: CollectedState | None
    tries: int
    why: str
    """Why the last try failed, in Stripe's code."""
    waits: bool
    """Whether a debit or charge is ordered and not done yet; meanwhile nobody is reminded."""
    answer: str
    """What came of the last order."""


@router.get("/{number}/collection", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.CUSTOMER)
def get_collection(number: Number, caller: Asking, session: Reading) -> CollectionAnswer:
    """Tell how far the debit or charge of an invoice has come."""
    invoice = queries.invoice(session, number=number, customer_id=customer_seen(caller))
    return _shown(collection_of(session, invoice=invoice))


@router.post("/{number}/collections", status_code=201, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def collect_again(number: Number, caller: Asking, session: Writing) -> CollectionAnswer:
    """Order one more debit or charge, made by the worker or `pas send`; while one waits, nothing is added."""
    return _shown(order_collection(session, number=number, now=clock.now(), by=caller.actor))


def _shown(one: Collection) -> CollectionAnswer:
    return CollectionAnswer.model_validate(one._asdict())
