"""The tables of what happens to a contract after it was signed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from billing import tables as _billing_tables  # noqa: F401 - the foreign keys below name its tables
from billing.contract_life.charge import Charge
from billing.contract_life.price_index import IndexFigure
from billing.rating.pool import Pool
from lifecycle import work_order_tables as _work_order_tables  # noqa: F401 - as above
from telemetry.columns import Json, UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


def _to(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


class ContractAmendmentRecord(TenantOwned, table=True):
    """One change of a contract: what was asked, what it changed (before and after), when and by whom; never changed.

    `version` counts from 2: version 1 is the contract as it was signed. `ends_on` is the contract's end after it.
    """

    __tablename__ = "contract_amendment"
    __table_args__ = (
        _to("contract", "contract_id"),
        Index("contract_amendment_version", "tenant_id", "contract_id", "version", unique=True),
        Index("contract_amendment_from", "tenant_id", "from_day"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    contract_id: UUID
    version: int
    kind: str = Field(max_length=40)
    from_day: date
    reaches_back: bool = False
    """It began before the month in which it was made, so that months billed before may have to be corrected."""
    ends_on: date | None = None
    asked: dict[str, Any] = Field(sa_type=Json)
    changes: dict[str, Any] = Field(sa_type=Json)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=200)


class ContractClauseRecord(TenantOwned, table=True):
    """A clause as it was agreed; of a kind the newest that has begun is in force."""

    __tablename__ = "contract_clause"
    __table_args__ = (
        _to("contract", "contract_id"),
        Index("contract_clause_in_force", "tenant_id", "contract_id", "kind", "from_day"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    contract_id: UUID
    kind: str = Field(max_length=40)
    from_day: date
    version: int
    terms: dict[str, Any] = Field(sa_type=Json)


class ContractPoolRecord(Pool, TenantOwned, table=True):
    """A pool under a contract; another number or fee is another row from its day on."""

    __tablename__ = "contract_pool"
    __table_args__ = (
        _to("contract", "contract_id"),
        _to("product", "product_id"),
        Index("contract_pool_once", "tenant_id", "contract_id", "code", "starts_on", unique=True),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    contract_id: UUID


class PoolMemberRecord(TenantOwned, table=True):
    """A contract line whose thing belongs to a pool."""

    __tablename__ = "pool_member"
    __table_args__ = (
        _to("contract_line", "contract_line_id"),
        _to("contract", "contract_id"),
        Index("pool_member_of_contract", "tenant_id", "contract_id", "pool"),
    )

    contract_line_id: UUID = Field(primary_key=True)
    contract_id: UUID
    pool: str = Field(max_length=60)


class ContractChargeRecord(Charge, TenantOwned, table=True):
    """A charge, billed once ever."""

    __tablename__ = "contract_charge"
    __table_args__ = (
        _to("contract", "contract_id"),
        _to("asset", "asset_id"),
        _to("work_order", "work_order_id"),
        _to("inspection", "inspection_id"),
        Index("contract_charge_of_contract", "tenant_id", "contract_id", "on_day"),
        Index("contract_charge_by_day", "tenant_id", "on_day"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    contract_id: UUID
    made_at: datetime = Field(sa_type=UtcDateTime)
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=200)


class PriceIndexRecord(IndexFigure, TenantOwned, table=True):
    """A published index figure."""

    __tablename__ = "price_index"

    source: str = Field(primary_key=True, max_length=60)
    month: str = Field(primary_key=True, max_length=7)
    published_on: date = Field(primary_key=True)
