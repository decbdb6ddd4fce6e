"""Materials over HTTP: what parts are made of."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import col, select

from lifecycle.keep_catalogue import add, replace
from lifecycle.material import Material
from lifecycle.queries import in_catalogue
from lifecycle.tables import MaterialRecord
from pas import clock
from pas.access import STAFF, Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/materials", tags=["materials"])


class MaterialAnswer(Material):
    """A material and its id."""

    id: UUID


@router.get("", responses=problems(422))
@may(*STAFF)
def list_materials(
    _caller: Asking,
    session: Reading,
    q: Annotated[str | None, Query(max_length=60, description="The code begins with this.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MaterialAnswer]:
    """List materials by code."""
    query = select(MaterialRecord)
    if q:
        query = query.where(col(MaterialRecord.code).startswith(q, autoescape=True))
    found, next_cursor = page(session, query, by=(MaterialRecord.code, MaterialRecord.id), cursor=cursor, limit=limit)
    return Page(items=[_shown(material) for material in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def add_material(new: Material, caller: Asking, session: Writing) -> MaterialAnswer:
    """Add a material under a new code."""
    return _shown(add(session, MaterialRecord, new, now=clock.now(), by=caller.actor))


@router.get("/{material_id}", responses=problems(404))
@may(*STAFF)
def read_material(material_id: UUID, _caller: Asking, session: Reading) -> MaterialAnswer:
    """Give one material."""
    return _shown(in_catalogue(session, MaterialRecord, material_id))


@router.put("/{material_id}", responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def replace_material(material_id: UUID, told: Material, caller: Asking, session: Writing) -> MaterialAnswer:
    """Put other words in a material's place; the same again changes nothing."""
    return _shown(replace(session, MaterialRecord, material_id, told, now=clock.now(), by=caller.actor))


def _shown(material: MaterialRecord) -> MaterialAnswer:
    return MaterialAnswer.model_validate(material, from_attributes=True)
