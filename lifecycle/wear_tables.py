"""What was learned of how fast products wear."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from telemetry.columns import Json, UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class WearParametersRecord(TenantOwned, table=True):
    """A set of wear parameters of a product, from when on it holds; append-only, for conditions name it by its hash."""

    __tablename__ = "wear_parameters"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "product_id"], ["product.tenant_id", "product.id"]),
        Index("wear_parameters_of_product", "tenant_id", "product_id", "learned_at"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    product_id: UUID
    learned_at: datetime = Field(sa_type=UtcDateTime)
    rule: str = Field(max_length=40)
    figures: dict[str, Any] = Field(sa_type=Json)
    fingerprint: str = Field(max_length=64)
