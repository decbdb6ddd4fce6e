"""What sales taught of the value of products, and when was learned from them unasked."""

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


class ValueLearningRecord(TenantOwned, table=True):
    """One time that a trade was learned from unasked: on how many sales, how long it took, and what came of it.

    `outcome` is running, learned, nothing (no news) or failed; `products` are those of which there was news.
    """

    __tablename__ = "value_learning"
    __table_args__ = (Index("value_learning_once", "tenant_id", "trade", "currency", "sales", "attempt", unique=True),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    trade: str = Field(max_length=60)
    currency: str = Field(max_length=3)
    sales: int
    attempt: int = 1
    began_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str = Field(max_length=20)
    products: int = 0
    seconds: float = 0
