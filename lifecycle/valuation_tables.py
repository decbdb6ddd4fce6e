"""What sales taught of the value of products."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from telemetry.columns import Json, UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class ValueLessonRecord(TenantOwned, table=True):
    """A value lesson of a product, from when on it holds; append-only, so that any past value can be made again."""

    __tablename__ = "value_lesson"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "product_id"], ["product.tenant_id", "product.id"]),
        Index("value_lesson_of_product", "tenant_id", "product_id", "learned_at"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    product_id: UUID
    learned_at: datetime = Field(sa_type=UtcDateTime)
    engine: str = Field(max_length=40)
    sales: int
    rule: str = Field(max_length=40)
    lesson: dict[str, Any] = Field(sa_type=Json)
    fingerprint: str = Field(max_length=64)
