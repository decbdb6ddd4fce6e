"""The list of things: found by serial number, status and grade, a page at a time."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, or_, select

from lifecycle.asset import AssetStatus
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord, SiteRecord
from pas.api.paging import page

PAGE = 50
"""Rows on a page: a screen or two, 30 KB."""


class Wanted(NamedTuple):
    """What the reader looks for; empty means everything."""

    q: str = ""
    status: str = ""
    grade: str = ""


class Row(NamedTuple):
    """A thing in the list, with the names of what it refers to."""

    asset: AssetRecord
    product: str
    holder: str
    site: str


def listed(
    session: Session, *, wanted: Wanted, holder_id: UUID | None, cursor: str | None
) -> tuple[list[Row], str | None]:
    """Give a page of the list and the cursor to the next.

    Raises BadCursor.
    """
    query = select(AssetRecord)
    if holder_id is not None:
        query = query.where(AssetRecord.holder_id == holder_id)
    if wanted.q:
        begins = col(AssetRecord.serial).istartswith(wanted.q, autoescape=True)
        query = query.where(or_(begins, AssetRecord.public_id == wanted.q))
    if wanted.status:
        query = query.where(AssetRecord.status == AssetStatus(wanted.status))
    if wanted.grade:
        query = query.where(AssetRecord.grade == wanted.grade)
    assets, following = page(session, query, by=(AssetRecord.serial, AssetRecord.id), cursor=cursor, limit=PAGE)
    return _named(session, assets), following


def _named(session: Session, assets: list[AssetRecord]) -> list[Row]:
    products = _names(session, ProductRecord, (asset.product_id for asset in assets))
    holders = _names(session, CustomerRecord, (asset.holder_id for asset in assets))
    sites = _names(session, SiteRecord, (asset.site_id for asset in assets))
    return [
        Row(asset, products.get(asset.product_id, ""), holders.get(asset.holder_id, ""), sites.get(asset.site_id, ""))
        for asset in assets
    ]


def _names(
    session: Session, table: type[ProductRecord] | type[CustomerRecord] | type[SiteRecord], ids: Iterable[UUID | None]
) -> dict[UUID | None, str]:
    wanted = {some for some in ids if some is not None}
    if not wanted:
        return {}
    found: dict[UUID | None, str] = {}
    found.update(session.exec(select(table.id, table.name).where(col(table.id).in_(wanted))).all())
    return found
