"""The billing schema at a glance."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy import false as sa_false
from sqlmodel import Field

from billing.contract.contract import Contract, ContractLine
from billing.invoice import Kind
from billing.month.bill_run import Deed
from billing.seller import Seller
from lifecycle import tables as _lifecycle_tables  # noqa: F401 - the foreign keys below name its tables
from telemetry.columns import ExactDecimal, Json, UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class SellerRecord(Seller, TenantOwned, table=True):
    """The tenant as a legal entity; one row a tenant."""

    __tablename__ = "seller"


class ContractRecord(Contract, TenantOwned, table=True):
    """A contract."""

    __tablename__ = "contract"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        Index("contract_code", "tenant_id", "code", unique=True),
        Index("contract_of_customer", "tenant_id", "customer_id"),
        Index("contract_by_end", "tenant_id", "ends_on"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    signed_at: datetime = Field(sa_type=UtcDateTime)


class ContractLineRecord(ContractLine, TenantOwned, table=True):
    """An asset under a contract."""

    __tablename__ = "contract_line"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
        Index("contract_line_once", "tenant_id", "contract_id", "asset_id", "starts_on", unique=True),
        Index("contract_line_of_asset", "tenant_id", "asset_id"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    contract_id: UUID


class NumberSeriesRecord(TenantOwned, table=True):
    """The last number given in a series and year; locked while the next one is taken, so that none is skipped."""

    __tablename__ = "number_series"

    series: str = Field(primary_key=True, max_length=12)
    year: int = Field(primary_key=True)
    last: int = 0
    head: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
    """The link of the last document in the chain of the series; see `billing.document_tables`."""


class InvoiceRecord(TenantOwned, table=True):
    """A numbered invoice. After issue nothing changes: `document` is the whole of it and `hash` proves it."""

    __tablename__ = "invoice"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        Index("invoice_number", "tenant_id", "number", unique=True),
        Index("invoice_sequence", "tenant_id", "series", "year", "sequence", unique=True),
        Index("invoice_once", "tenant_id", "contract_id", "period_start", "revision", unique=True),
        Index("invoice_of_customer", "tenant_id", "customer_id", "issued_on"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    kind: Kind = Field(default=Kind.INVOICE, sa_type=worded(Kind), sa_column_kwargs={"server_default": "invoice"})
    """A credit note is kept as an invoice is; its amounts are less than nothing."""
    number: str = Field(max_length=40)
    series: str = Field(max_length=12)
    year: int
    sequence: int
    contract_id: UUID
    customer_id: UUID
    run_id: UUID
    period_start: date
    period_end: date
    revision: int = 0
    issued_on: date
    due_on: date
    currency: str = Field(max_length=3)
    net: Decimal = Field(sa_type=ExactDecimal)
    vat: Decimal = Field(sa_type=ExactDecimal)
    gross: Decimal = Field(sa_type=ExactDecimal)
    document: dict[str, Any] = Field(sa_type=Json)
    hash: str = Field(max_length=64)
    issued_at: datetime = Field(sa_type=UtcDateTime)


class InvoiceLineRecord(TenantOwned, table=True):
    """One line of an invoice and the days or readings that caused it.

    Net is `quantity x unit_price / price_base`, half-up to cents: 24 days at 50.00 per 31 days.
    Unique by what it is of, component and period within a revision: the database refuses to bill a thing twice.
    """

    __tablename__ = "invoice_line"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
        Index("invoice_line_once", "tenant_id", "billed_of", "component", "period_start", "revision", unique=True),
        Index("invoice_line_of_asset", "tenant_id", "asset_id"),
        Index("invoice_line_of_contract_line", "tenant_id", "contract_line_id"),
    )

    invoice_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    billed_of: UUID
    """The contract line, the charge or the contract that the line is of."""
    contract_line_id: UUID | None = None
    asset_id: UUID | None = None
    component: str = Field(max_length=40)
    revision: int = 0
    period_start: date
    period_end: date
    quantity: Decimal = Field(sa_type=ExactDecimal)
    unit: str = Field(max_length=10)
    unit_price: Decimal = Field(sa_type=ExactDecimal)
    price_base: Decimal = Field(default=Decimal(1), sa_type=ExactDecimal)
    net: Decimal = Field(sa_type=ExactDecimal)
    vat_category: str = Field(max_length=2)
    vat_rate: Decimal = Field(sa_type=ExactDecimal)
    reasons: list[dict[str, Any]] = Field(sa_type=Json)


class BillRunRecord(TenantOwned, table=True):
    """One run over a month: what it made, what it found made, what it could not make."""

    __tablename__ = "bill_run"
    __table_args__ = (Index("bill_run_of_month", "tenant_id", "period_start"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    period_start: date
    period_end: date
    ran_at: datetime = Field(sa_type=UtcDateTime)
    ran_by: str = Field(max_length=200)
    deed: Deed = Field(default=Deed.ISSUE, sa_type=worded(Deed), sa_column_kwargs={"server_default": "issue"})
    only_failed: bool = Field(default=False, sa_column_kwargs={"server_default": sa_false()})
    issued: int
    drafted: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    already_issued: int
    nothing_owed: int
    not_approved: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failed: int
    net: Decimal = Field(sa_type=ExactDecimal)
    vat: Decimal = Field(sa_type=ExactDecimal)
    gross: Decimal = Field(sa_type=ExactDecimal)


class BillFailureRecord(TenantOwned, table=True):
    """A contract that a run could not bill, and why; the next run tries it again."""

    __tablename__ = "bill_failure"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "run_id"], ["bill_run.tenant_id", "bill_run.id"]),
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
    )

    run_id: UUID = Field(primary_key=True)
    contract_id: UUID = Field(primary_key=True)
    code: str = Field(max_length=60)
    sentence: str
