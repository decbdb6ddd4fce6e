"""What people said that things are worth."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from lifecycle.opinion import Opinion
from telemetry.columns import UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class PriceOpinionRecord(Opinion, TenantOwned, table=True):
    """An opinion as it was told to us; append-only: a later word under the same number stands from then on.

    It is on one thing, or else on a product at an age. `noise` and `leaning`, in the logarithm, are what was known of
    such words of its giver when it was told.
    """

    __tablename__ = "price_opinion"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "product_id"], ["product.tenant_id", "product.id"]),
        ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
        Index("price_opinion_once", "tenant_id", "source", "opinion_id", "recorded_at", unique=True),
        Index("price_opinion_of_product", "tenant_id", "product_id", "recorded_at"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    source: str = Field(max_length=80)
    product_id: UUID
    asset_id: UUID | None = None
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    noise: float
    leaning: float
