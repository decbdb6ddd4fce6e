"""The list of things: narrowed, sorted and kept under a name, all of it in the address, a page at a time."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import ColumnElement, literal
from sqlmodel import Session, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.asset import AssetStatus
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord, SiteRecord
from pas.list_views import FILTERS
from pas.web.sorted_page import Order, sorted_page
from telemetry.columns import UtcDateTime

PAGE = 50
"""Rows on a page: a screen or two, 30 KB."""
SORTS = ("serial", "-serial", "index", "-index", "inspected", "-inspected", "-registered")
"""What the list is sorted by, downwards with a minus."""
_SUGGESTED = 60
"""Names that a field suggests; others may be typed."""
_NEVER = literal(datetime(1970, 1, 1, tzinfo=UTC), UtcDateTime)
_NO_INDEX = {False: 101.0, True: -1.0}
"""Things that were never assessed stand last, in either direction."""
Named = type[ProductRecord] | type[SiteRecord] | type[CustomerRecord]


class Wanted(NamedTuple):
    """What the reader looks for; empty means everything."""

    q: str = ""
    product: str = ""
    site: str = ""
    holder: str = ""
    grade: str = ""
    status: str = ""
    sort: str = ""

    def query(self) -> str:
        """Spell it as it stands in the address."""
        return urlencode([(name, value) for name in FILTERS if (value := getattr(self, name))])

    def but(self, **other: str) -> str:
        """Give the address of the list with one thing otherwise."""
        query = self._replace(**other).query()
        return f"/assets?{query}" if query else "/assets"

    @property
    def narrows(self) -> bool:
        """Tell whether any filter is set."""
        return bool(self._replace(sort="").query())

    @property
    def narrows_further(self) -> bool:
        """Tell whether a filter is set that stands behind "more filters"."""
        return bool(self._replace(q="").query())


class Row(NamedTuple):
    """A thing in the list, with the names of what it refers to."""

    asset: AssetRecord
    product: str
    holder: str
    site: str


class Listed(NamedTuple):
    """A page of the list, how many things fit in all, and the cursor to the next page."""

    rows: Sequence[Row]
    total: int
    following: str | None


def listed(session: Session, *, wanted: Wanted, holder_id: UUID | None, cursor: str | None) -> Listed:
    """Give a page of the list. Raises BadCursor."""
    query = matching(wanted, holder_id=holder_id)
    count = session.exec(select(func.count()).select_from(query.subquery())).one()
    assets, following = sorted_page(session, query, _order(wanted.sort), cursor=cursor, limit=PAGE)
    return Listed(_named(session, assets), count, following)


def matching(wanted: Wanted, *, holder_id: UUID | None) -> SelectOfScalar[AssetRecord]:
    """Ask for the things that fit; of a holder only what that holder has."""
    query = select(AssetRecord)
    if holder_id is not None:
        query = query.where(AssetRecord.holder_id == holder_id)
    if wanted.q:
        begins = col(AssetRecord.serial).istartswith(wanted.q, autoescape=True)
        query = query.where(or_(begins, AssetRecord.public_id == wanted.q))
    for text, column, table in (
        (wanted.product, AssetRecord.product_id, ProductRecord),
        (wanted.site, AssetRecord.site_id, SiteRecord),
        (wanted.holder, AssetRecord.holder_id, CustomerRecord),
    ):
        if text:
            query = query.where(col(column).in_(_called(table, text)))
    if wanted.status:
        query = query.where(AssetRecord.status == AssetStatus(wanted.status))
    if wanted.grade:
        query = query.where(AssetRecord.grade == wanted.grade)
    return query


def suggested(session: Session, table: Named) -> list[str]:
    """Give names that a field suggests, in their order."""
    return list(session.exec(select(table.name).order_by(table.name).distinct().limit(_SUGGESTED)))


def called(session: Session, table: Named, text: str) -> list[tuple[UUID, str]]:
    """Find what is meant by a name, a code or an id: what is called exactly so, else what begins so."""
    rows = list(session.exec(select(table.id, table.name, table.code).where(_is_called(table, text)).limit(100)))
    exact = [(found, name) for found, name, code in rows if text.casefold() in {name.casefold(), code.casefold()}]
    return exact or [(found, name) for found, name, _ in rows]


def _called(table: Named, text: str) -> Any:
    return select(table.id).where(_is_called(table, text))


def _is_called(table: Named, text: str) -> ColumnElement[bool]:
    begins = col(table.name).istartswith(text, autoescape=True)
    same_code: ColumnElement[bool] = func.lower(table.code) == text.lower()
    if (identity := _identity(text)) is not None:
        return or_(begins, same_code, col(table.id) == identity)
    return or_(begins, same_code)


def _order(sort: str) -> Order:
    name, downwards = sort.removeprefix("-"), sort.startswith("-")
    last: tuple[Any, ...] = (col(AssetRecord.serial), col(AssetRecord.id))
    first: dict[str, tuple[Any, ...]] = {
        "index": (func.coalesce(AssetRecord.index, _NO_INDEX[downwards]),),
        "inspected": (func.coalesce(AssetRecord.inspected_at, _NEVER),),
        "registered": (col(AssetRecord.registered_at),),
    }
    return Order((*first.get(name, ()), *last), downwards)


def _named(session: Session, assets: list[AssetRecord]) -> list[Row]:
    products = _names(session, ProductRecord, (asset.product_id for asset in assets))
    holders = _names(session, CustomerRecord, (asset.holder_id for asset in assets))
    sites = _names(session, SiteRecord, (asset.site_id for asset in assets))
    return [
        Row(asset, products.get(asset.product_id, ""), holders.get(asset.holder_id, ""), sites.get(asset.site_id, ""))
        for asset in assets
    ]


def _names(session: Session, table: Named, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = {some for some in ids if some is not None}
    if not wanted:
        return {}
    found: dict[UUID | None, str] = {}
    found.update(session.exec(select(table.id, table.name).where(col(table.id).in_(wanted))).all())
    return found


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
