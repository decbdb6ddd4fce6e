"""Products over HTTP: the models that are made, and what they consist of."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import col, select

from lifecycle.keep_catalogue import add, replace
from lifecycle.product import Part, Product, ProductPart
from lifecycle.queries import in_catalogue
from lifecycle.tables import PartRecord, ProductRecord
from pas import clock
from pas.access import STAFF, Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/products", tags=["products"])


class ProductAnswer(Product):
    """A product and its id."""

    id: UUID


class NewPart(Part):
    """A part and the material that it is made of."""

    material_id: UUID


class PartAnswer(ProductPart):
    """A part and its id."""

    id: UUID


@router.get("", responses=problems(422))
@may(*STAFF)
def list_products(
    _caller: Asking,
    session: Reading,
    q: Annotated[str | None, Query(max_length=60, description="The code begins with this.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ProductAnswer]:
    """List products by code."""
    query = select(ProductRecord)
    if q:
        query = query.where(col(ProductRecord.code).startswith(q, autoescape=True))
    found, next_cursor = page(session, query, by=(ProductRecord.code, ProductRecord.id), cursor=cursor, limit=limit)
    return Page(items=[_shown(product) for product in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def add_product(new: Product, caller: Asking, session: Writing) -> ProductAnswer:
    """Add a product under a new code."""
    return _shown(add(session, ProductRecord, new, now=clock.now(), by=caller.actor))


@router.get("/{product_id}", responses=problems(404))
@may(*STAFF)
def read_product(product_id: UUID, _caller: Asking, session: Reading) -> ProductAnswer:
    """Give one product."""
    return _shown(in_catalogue(session, ProductRecord, product_id))


@router.put("/{product_id}", responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def replace_product(product_id: UUID, told: Product, caller: Asking, session: Writing) -> ProductAnswer:
    """Put other words in a product's place; the same again changes nothing."""
    return _shown(replace(session, ProductRecord, product_id, told, now=clock.now(), by=caller.actor))


@router.get("/{product_id}/parts", responses=problems(404))
@may(*STAFF)
def list_parts(
    product_id: UUID, _caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[PartAnswer]:
    """List the bill of materials of a product by part code."""
    in_catalogue(session, ProductRecord, product_id)
    query = select(PartRecord).where(PartRecord.product_id == product_id)
    found, next_cursor = page(session, query, by=(PartRecord.code, PartRecord.id), cursor=cursor, limit=limit)
    return Page(items=[_shown_part(part) for part in found], next_cursor=next_cursor)


@router.post("/{product_id}/parts", status_code=201, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def add_part(product_id: UUID, new: NewPart, caller: Asking, session: Writing) -> PartAnswer:
    """Add a part to the bill of materials of a product."""
    in_catalogue(session, ProductRecord, product_id)
    part = ProductPart(**new.model_dump(), product_id=product_id)
    return _shown_part(add(session, PartRecord, part, now=clock.now(), by=caller.actor))


def _shown(product: ProductRecord) -> ProductAnswer:
    return ProductAnswer.model_validate(product, from_attributes=True)


def _shown_part(part: PartRecord) -> PartAnswer:
    return PartAnswer.model_validate(part, from_attributes=True)
