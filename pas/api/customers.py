"""Customers over HTTP: who holds and uses our things."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import col, select

from lifecycle.customer import Customer
from lifecycle.keep_catalogue import add, replace
from lifecycle.queries import in_catalogue
from lifecycle.tables import CustomerRecord
from pas import clock
from pas.access import STAFF, Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/customers", tags=["customers"])


class CustomerAnswer(Customer):
    """A customer and its id."""

    id: UUID


@router.get("", responses=problems(422))
@may(*STAFF)
def list_customers(
    _caller: Asking,
    session: Reading,
    q: Annotated[str | None, Query(max_length=60, description="The code begins with this.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CustomerAnswer]:
    """List customers by code."""
    query = select(CustomerRecord)
    if q:
        query = query.where(col(CustomerRecord.code).startswith(q, autoescape=True))
    found, next_cursor = page(session, query, by=(CustomerRecord.code, CustomerRecord.id), cursor=cursor, limit=limit)
    return Page(items=[_shown(customer) for customer in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def add_customer(new: Customer, caller: Asking, session: Writing) -> CustomerAnswer:
    """Add a customer under a new code."""
    return _shown(add(session, CustomerRecord, new, now=clock.now(), by=caller.actor))


@router.get("/{customer_id}", responses=problems(404))
@may(*STAFF)
def read_customer(customer_id: UUID, _caller: Asking, session: Reading) -> CustomerAnswer:
    """Give one customer."""
    return _shown(in_catalogue(session, CustomerRecord, customer_id))


@router.put("/{customer_id}", responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def replace_customer(customer_id: UUID, told: Customer, caller: Asking, session: Writing) -> CustomerAnswer:
    """Put other words in a customer's place; the same again changes nothing."""
    return _shown(replace(session, CustomerRecord, customer_id, told, now=clock.now(), by=caller.actor))


def _shown(customer: CustomerRecord) -> CustomerAnswer:
    return CustomerAnswer.model_validate(customer, from_attributes=True)
