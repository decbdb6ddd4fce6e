"""Labels over HTTP: of chosen things, as a sheet to print (PDF) or for a printer of labels (ZPL)."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session, col, select

from lifecycle.label_sheet import MOST, NoLabels, Plate, StockName, sheet, zpl
from lifecycle.public_id import RESOLVER
from lifecycle.queries import UnknownAsset, chunks
from lifecycle.tables import AssetRecord, ProductRecord
from pas.access import STAFF, Asking, Reading, may
from pas.api.problems import problems
from pas.settings import settings

router = APIRouter(prefix="/labels", tags=["assets"])


class LabelFile(StrEnum):
    """For which kind of printer."""

    PDF = "pdf"
    ZPL = "zpl"


_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The labels.",
        "content": {
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
            "application/zpl": {"schema": {"type": "string"}},
        },
    }
}


@router.get("", response_class=Response, responses=_FILE | problems(404, 422))
@may(*STAFF)
def make_labels(
    caller: Asking,
    session: Reading,
    asset_id: Annotated[list[UUID] | None, Query(max_length=MOST, description="Ids of the things.")] = None,
    stock: StockName = StockName.L7160,
    first: Annotated[int, Query(ge=1, le=65, description="The first free place of the sheet.")] = 1,
    as_file: Annotated[LabelFile, Query(alias="format")] = LabelFile.PDF,
) -> Response:
    """Make a label for each thing: a code that leads to its public page, its product and its serial number."""
    plates = _plates(session, list(dict.fromkeys(asset_id or [])))
    if as_file is LabelFile.ZPL:
        return _file(zpl(plates, stock=stock), "labels.zpl", "application/zpl")
    made = sheet(plates, stock=stock, first=first, language=caller.language)
    return _file(made, "labels.pdf", "application/pdf")


def address(asset: AssetRecord) -> str:
    """Give the address of a thing's public page, as its label says it."""
    path = asset.public_id.removeprefix(f"{RESOLVER}/")
    return f"{settings().public_url.rstrip('/')}/p/{asset.id if path == asset.public_id else path}"


def _plates(session: Session, ids: list[UUID]) -> list[Plate]:
    """Find what stands on each label, in the order in which they were asked for. Raises UnknownAsset and NoLabels."""
    if not ids:
        raise NoLabels("choose the things that get a label, one at least", field="asset_id")
    found: dict[UUID, Plate] = {}
    for some in chunks(ids):
        query = select(AssetRecord, ProductRecord).join(ProductRecord, col(ProductRecord.id) == AssetRecord.product_id)
        for thing, product in session.exec(query.where(col(AssetRecord.id).in_(some))):
            found[thing.id] = Plate(address(thing), product.name, thing.serial, product.maker)
    if missing := [one for one in ids if one not in found]:
        raise UnknownAsset(f"there is no asset {missing[0]}", field="asset_id")
    return [found[one] for one in ids]


def _file(content: bytes | str, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
