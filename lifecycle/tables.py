"""The lifecycle schema at a glance."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlmodel import Field

from lifecycle.alert import Alert
from lifecycle.asset import Asset
from lifecycle.customer import Customer
from lifecycle.inspection import StoredInspection
from lifecycle.material import Material
from lifecycle.product import Part, Product
from lifecycle.sale import Sale
from lifecycle.site import Site
from telemetry.columns import ExactDecimal, Json, UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


def _belongs_to(table: str, column: str) -> ForeignKeyConstraint:
    """Refer to a row of the same tenant: the tenant is part of every foreign key."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


class CustomerRecord(Customer, TenantOwned, table=True):
    """A customer."""

    __tablename__ = "customer"
    __table_args__ = (Index("customer_code", "tenant_id", "code", unique=True),)

    id: UUID = Field(primary_key=True, default_factory=new_id)


class MaterialRecord(Material, TenantOwned, table=True):
    """A material."""

    __tablename__ = "material"
    __table_args__ = (Index("material_code", "tenant_id", "code", unique=True),)

    id: UUID = Field(primary_key=True, default_factory=new_id)


class ProductRecord(Product, TenantOwned, table=True):
    """A product."""

    __tablename__ = "product"
    __table_args__ = (Index("product_code", "tenant_id", "code", unique=True),)

    id: UUID = Field(primary_key=True, default_factory=new_id)


class PartRecord(Part, TenantOwned, table=True):
    """A line of a product's bill of materials."""

    __tablename__ = "part"
    __table_args__ = (
        _belongs_to("product", "product_id"),
        _belongs_to("material", "material_id"),
        Index("part_code", "tenant_id", "product_id", "code", unique=True),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    product_id: UUID
    material_id: UUID


class SiteRecord(Site, TenantOwned, table=True):
    """A site."""

    __tablename__ = "site"
    __table_args__ = (Index("site_code", "tenant_id", "code", unique=True),)

    id: UUID = Field(primary_key=True, default_factory=new_id)


class AssetRecord(Asset, TenantOwned, table=True):
    """An asset as it is now: the projection of its history, whose length and head it carries."""

    __tablename__ = "asset"
    __table_args__ = (
        _belongs_to("product", "product_id"),
        _belongs_to("site", "site_id"),
        _belongs_to("customer", "holder_id"),
        _belongs_to("asset", "previous_life_id"),
        Index("asset_serial", "tenant_id", "product_id", "serial", unique=True),
        Index("asset_public_id", "tenant_id", "public_id", unique=True),
        Index("asset_by_serial", "tenant_id", "serial"),
        Index("asset_of_holder", "tenant_id", "holder_id"),
        Index("asset_at_site", "tenant_id", "site_id"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    registered_at: datetime = Field(sa_type=UtcDateTime)
    history_length: int = 0
    history_head: str = Field(default="", max_length=64)
    condition_id: UUID | None = None
    index: float | None = None
    grade: str | None = Field(default=None, max_length=1)
    route: str | None = Field(default=None, max_length=20)
    inspected_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AssetEventRecord(TenantOwned, table=True):
    """One thing that happened to an asset; never changed, each chained to the one before by its hash."""

    __tablename__ = "asset_event"
    __table_args__ = (
        _belongs_to("asset", "asset_id"),
        Index("asset_event_id", "tenant_id", "id", unique=True),
        Index("asset_event_by_time", "tenant_id", "asset_id", "happened_at"),
    )

    asset_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id)
    kind: str = Field(max_length=40)
    happened_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=200)
    source: str = Field(max_length=40)
    trust: float = Field(ge=0, le=1)
    facts: dict[str, Any] = Field(sa_type=Json)
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class StayRecord(TenantOwned, table=True):
    """Where an asset was, with whom and in which status, over a half-open span; projected from the history."""

    __tablename__ = "stay"
    __table_args__ = (
        _belongs_to("asset", "asset_id"),
        _belongs_to("site", "site_id"),
        _belongs_to("customer", "holder_id"),
        Index("stay_at_site", "tenant_id", "site_id", "since"),
    )

    asset_id: UUID = Field(primary_key=True)
    since: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    site_id: UUID | None = None
    holder_id: UUID | None = None
    place: str = Field(default="", max_length=120)
    status: str = Field(max_length=40)


class AuditHeadRecord(TenantOwned, table=True):
    """The last link of a tenant's audit chain; locked while a link is added."""

    __tablename__ = "audit_head"

    sequence: int = 0
    hash: str = Field(default="", max_length=64)


class AuditRecord(TenantOwned, table=True):
    """Who changed a right, a tariff, a contract, a product or a setting; chained per tenant, never changed."""

    __tablename__ = "audit"

    sequence: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=200)
    action: str = Field(max_length=60)
    subject: str = Field(max_length=200)
    before: str = Field(default="", max_length=64)
    after: str = Field(default="", max_length=64)
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class InspectionRecord(StoredInspection, TenantOwned, table=True):
    """An inspection as it was stored."""

    __tablename__ = "inspection"
    __table_args__ = (
        _belongs_to("asset", "asset_id"),
        Index("inspection_of_asset", "tenant_id", "asset_id", "inspected_at"),
    )

    id: UUID = Field(primary_key=True)
    measured: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)  # type: ignore[assignment]


class ReassessmentRecord(TenantOwned, table=True):
    """An asset of which something changed and whose condition waits to be assessed again."""

    __tablename__ = "reassessment"
    __table_args__ = (_belongs_to("asset", "asset_id"),)

    asset_id: UUID = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)
    cause: str = Field(max_length=40)


class ConditionRecord(TenantOwned, table=True):
    """What was concluded of an asset's condition at one moment; appended, never overwritten.

    Index 0 (functional end) to 100 (as new); remaining life in the product's usage unit and in days.
    """

    __tablename__ = "condition"
    __table_args__ = (
        _belongs_to("asset", "asset_id"),
        Index("condition_of_asset", "tenant_id", "asset_id", "assessed_at"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    asset_id: UUID
    assessed_at: datetime = Field(sa_type=UtcDateTime)
    index_p10: float
    index_p50: float
    index_p90: float
    grade: str = Field(max_length=1)
    usage: float | None = None
    remaining_use_p10: float | None = None
    remaining_use_p50: float | None = None
    remaining_use_p90: float | None = None
    remaining_days_p10: float | None = None
    remaining_days_p50: float | None = None
    remaining_days_p90: float | None = None
    layer: str = Field(max_length=40)
    reasons: list[dict[str, Any]] = Field(sa_type=Json)
    detail: dict[str, Any] | None = Field(default=None, sa_type=Json)
    rule: str = Field(max_length=40)
    input_hash: str = Field(max_length=64)


class AlertRecord(Alert, TenantOwned, table=True):
    """An alert as it stands; at most one that is not cleared for an asset and failure mode."""

    __tablename__ = "alert"
    __table_args__ = (
        _belongs_to("asset", "asset_id"),
        Index("alert_by_state", "tenant_id", "state", "raised_at"),
        Index(
            "alert_once",
            "tenant_id",
            "asset_id",
            "failure_mode",
            unique=True,
            sqlite_where=text("state <> 'cleared'"),
            postgresql_where=text("state <> 'cleared'"),
        ),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)


class RouteDecisionRecord(TenantOwned, table=True):
    """Where an asset should go next and why, with every route's figures; appended when the proposal changes."""

    __tablename__ = "route_decision"
    __table_args__ = (
        _belongs_to("asset", "asset_id"),
        Index("route_of_asset", "tenant_id", "asset_id", "decided_at"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    asset_id: UUID
    decided_at: datetime = Field(sa_type=UtcDateTime)
    route: str = Field(max_length=20)
    net_value: Decimal = Field(sa_type=ExactDecimal)
    currency: str = Field(max_length=3)
    options: list[dict[str, Any]] = Field(sa_type=Json)
    reasons: list[dict[str, Any]] = Field(sa_type=Json)
    rule: str = Field(max_length=40)


class SaleRecord(Sale, TenantOwned, table=True):
    """An observed price. Keyed by the source it came from and the source's own number."""

    __tablename__ = "sale"
    __table_args__ = (Index("sale_once", "tenant_id", "source", "sale_id", unique=True),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    source: str = Field(max_length=80)
    recorded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when we know of it; None for what was told before that was noted, which always counts."""
