"""Which assets somebody asks for: the same filters wherever there is a list of assets or of what they measured."""

from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Depends, Query
from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.asset import AssetStatus
from lifecycle.tables import AssetRecord, ProductRecord


class AssetFilter(NamedTuple):
    """Filters that narrow each other; None is no filter."""

    status: AssetStatus | None
    grade: str | None
    site: UUID | None
    holder: UUID | None
    product: UUID | None
    trade: str | None
    q: str | None

    def query(self, holder_id: UUID | None) -> SelectOfScalar[AssetRecord]:
        """Ask for the assets, of a caller who is held to a holder's things only those."""
        wanted = {
            AssetRecord.status: self.status,
            AssetRecord.grade: self.grade,
            AssetRecord.site_id: self.site,
            AssetRecord.holder_id: self.holder,
            AssetRecord.product_id: self.product,
        }
        query = select(AssetRecord).where(*(column == value for column, value in wanted.items() if value is not None))
        if holder_id is not None:
            query = query.where(AssetRecord.holder_id == holder_id)
        if self.trade is not None:
            of_trade = select(ProductRecord.id).where(ProductRecord.trade == self.trade)
            query = query.where(col(AssetRecord.product_id).in_(of_trade))
        if self.q:
            query = query.where(func.lower(AssetRecord.serial).startswith(self.q.lower(), autoescape=True))
        return query


def _wanted(
    *,
    status: Annotated[AssetStatus | None, Query()] = None,
    grade: Annotated[str | None, Query(pattern="^[A-E]$")] = None,
    site: Annotated[UUID | None, Query(description="Id of the site where it stands.")] = None,
    holder: Annotated[UUID | None, Query(description="Id of the customer who holds it.")] = None,
    product: Annotated[UUID | None, Query(description="Id of the product.")] = None,
    trade: Annotated[str | None, Query(max_length=60)] = None,
    q: Annotated[str | None, Query(max_length=80, description="The serial number begins with this.")] = None,
) -> AssetFilter:
    return AssetFilter(status, grade, site, holder, product, trade, q)


WantedAssets = Annotated[AssetFilter, Depends(_wanted)]
"""Parameter type of a route that lists assets."""
