"""Checklists over HTTP: what to look at on a product, in versions, as JSON or as an XLSForm."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Query, Response, UploadFile
from pydantic import AwareDatetime
from sqlmodel import SQLModel

from lifecycle.checklist import Checklist, Item, NewChecklist
from lifecycle.checklist_queries import as_value, checklist_of, versions_of
from lifecycle.checklist_tables import ChecklistRecord
from lifecycle.keep_checklist import keep_checklist
from lifecycle.queries import in_catalogue, known_asset
from lifecycle.tables import ProductRecord
from pas import clock
from pas.access import EVERYBODY, STAFF, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.exchange.read_xlsform import read_xlsform
from pas.exchange.write_xlsform import write_xlsform
from pas.role import Role

router = APIRouter(tags=["checklists"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORM: dict[int | str, dict[str, Any]] = {
    200: {"description": "The form.", "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}
Version = Annotated[
    int | None, Query(ge=0, le=1_000_000, description="Which version; the one in force now where left out.")
]


class ChecklistAnswer(SQLModel):
    """A version of a product's checklist; version 0 is what the product itself says."""

    product_id: UUID
    version: int
    valid_from: AwareDatetime | None
    items: list[Item]


class KeptChecklist(ChecklistAnswer):
    """A version as it was kept: whether it is new, and what of a form could not be kept."""

    is_new: bool
    notes: list[str]


@router.get("/products/{product_id}/checklists", responses=problems(404))
@may(*STAFF)
def list_checklists(
    product_id: UUID, _caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[ChecklistAnswer]:
    """List the versions that were made of a product's checklist, the oldest first."""
    in_catalogue(session, ProductRecord, product_id)
    found, next_cursor = page(
        session, versions_of(product_id), by=(ChecklistRecord.version,), cursor=cursor, limit=limit
    )
    return Page(items=[_shown(as_value(record)) for record in found], next_cursor=next_cursor)


@router.post("/products/{product_id}/checklists", status_code=201, responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def add_checklist(product_id: UUID, told: NewChecklist, caller: Asking, session: Writing) -> KeptChecklist:
    """Make a new version; the same items again change nothing."""
    record, is_new = keep_checklist(session, product_id=product_id, told=told, now=clock.now(), by=caller.actor)
    return _kept(record, is_new=is_new, notes=[])


@router.get("/products/{product_id}/checklist", responses=problems(404))
@may(*STAFF)
def read_checklist(product_id: UUID, _caller: Asking, session: Reading, version: Version = None) -> ChecklistAnswer:
    """Give a product's checklist."""
    product = in_catalogue(session, ProductRecord, product_id)
    return _shown(checklist_of(session, product=product, at=clock.now(), version=version))


@router.get("/products/{product_id}/checklist.xlsx", response_class=Response, responses={**_FORM, **problems(404)})
@may(*STAFF)
def export_checklist(product_id: UUID, _caller: Asking, session: Reading, version: Version = None) -> Response:
    """Give a product's checklist as an XLSForm, which imports again with no change."""
    product = in_catalogue(session, ProductRecord, product_id)
    checklist = checklist_of(session, product=product, at=clock.now(), version=version)
    form = write_xlsform(checklist, code=product.code, title=product.name)
    named = {"Content-Disposition": f'attachment; filename="checklist-{checklist.version}.xlsx"'}
    return Response(form, media_type=XLSX, headers=named)


@router.post("/products/{product_id}/checklist.xlsx", status_code=201, responses=problems(404, 413))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def import_checklist(
    product_id: UUID,
    file: Annotated[UploadFile, File(description="An XLSForm (.xlsx) with sheets survey, choices and settings.")],
    caller: Asking,
    session: Writing,
) -> KeptChecklist:
    """Make a new version of an XLSForm; what is wrong in it is told by sheet, row and column."""
    in_catalogue(session, ProductRecord, product_id)
    form = read_xlsform(file.file.read())
    now = clock.now()
    record, is_new = keep_checklist(session, product_id=product_id, told=form.checklist, now=now, by=caller.actor)
    return _kept(record, is_new=is_new, notes=form.notes)


@router.get("/assets/{asset_id}/checklist", responses=problems(404))
@may(*EVERYBODY)
def read_checklist_of_asset(asset_id: UUID, caller: Asking, session: Reading) -> ChecklistAnswer:
    """Give the checklist by which an asset is inspected now."""
    asset = known_asset(session, asset_id=asset_id, holder_id=own(caller))
    product = in_catalogue(session, ProductRecord, asset.product_id)
    return _shown(checklist_of(session, product=product, at=clock.now()))


def _shown(checklist: Checklist) -> ChecklistAnswer:
    told = checklist._asdict() | {"items": list(checklist.items)}
    return ChecklistAnswer.model_construct(**told)


def _kept(record: ChecklistRecord, *, is_new: bool, notes: list[str]) -> KeptChecklist:
    told = as_value(record)._asdict() | {"items": list(as_value(record).items)}
    return KeptChecklist.model_validate(told | {"is_new": is_new, "notes": notes})
