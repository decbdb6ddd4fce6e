"""What people decided of routes, and the plans of the work that follows: written once and never changed."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from lifecycle import work_order_tables as _work_order_tables  # noqa: F401 - the foreign keys below name its tables
from lifecycle.route.verdict import VerdictKind
from telemetry.columns import ExactDecimal, Json, UtcDateTime, worded
from telemetry.tables import TenantOwned


def _belongs_to(table: str, column: str) -> ForeignKeyConstraint:
    """Refer to a row of the same tenant."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


class RouteVerdictRecord(TenantOwned, table=True):
    """A decision on the route of a thing, or its end; `inputs` are all that it rests on, so that it can be made again.

    `proposed` is what netted most then. Of a thing the last row says whether a decision stands.
    """

    __tablename__ = "route_verdict"
    __table_args__ = (
        _belongs_to("asset", "asset_id"),
        Index("route_verdict_of_asset", "tenant_id", "asset_id", "decided_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    asset_id: UUID
    kind: VerdictKind = Field(sa_type=worded(VerdictKind))
    decided_at: datetime = Field(sa_type=UtcDateTime)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=200)
    route: str = Field(max_length=20)
    proposed: str = Field(max_length=20)
    why: str = Field(default="", max_length=2000)
    grade: str = Field(max_length=1)
    net_value: Decimal = Field(sa_type=ExactDecimal)
    currency: str = Field(max_length=3)
    inputs: dict[str, Any] = Field(sa_type=Json)
    options: list[dict[str, Any]] = Field(sa_type=Json)
    reasons: list[dict[str, Any]] = Field(sa_type=Json)
    rule: str = Field(max_length=40)
    input_hash: str = Field(max_length=64)


class RouteWorkRecord(TenantOwned, table=True):
    """The plan of a work order that follows from a decision, as it was when the order was opened."""

    __tablename__ = "route_work"
    __table_args__ = (
        _belongs_to("work_order", "work_order_id"),
        _belongs_to("route_verdict", "verdict_id"),
        Index("route_work_of_product", "tenant_id", "product_id", "route"),
    )

    work_order_id: UUID = Field(primary_key=True)
    verdict_id: UUID
    product_id: UUID
    route: str = Field(max_length=20)
    plan: dict[str, Any] = Field(sa_type=Json)
