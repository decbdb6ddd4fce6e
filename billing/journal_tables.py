"""What of the journal was handed to the accountant: batches and their lines, which never change."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from billing import tables as _billing_tables  # noqa: F401 - one schema
from billing.books.accounts import Accounts, Role
from billing.books.journal import Journal
from telemetry.columns import ExactDecimal, UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class LedgerAccountsRecord(Accounts, TenantOwned, table=True):
    """Which account stands for what; one row a tenant."""

    __tablename__ = "ledger_accounts"


class JournalBatchRecord(TenantOwned, table=True):
    """What was exported of a month at once; `sha256` is that of its csv."""

    __tablename__ = "journal_batch"
    __table_args__ = (Index("journal_batch_once", "tenant_id", "month", "sequence", unique=True),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    month: date
    sequence: int
    entries: int
    lines: int
    debit: Decimal = Field(sa_type=ExactDecimal)
    credit: Decimal = Field(sa_type=ExactDecimal)
    sha256: str = Field(max_length=64)
    rule: str = Field(max_length=40)
    made_at: datetime = Field(sa_type=UtcDateTime)
    made_by: str = Field(max_length=200)


class JournalLineRecord(TenantOwned, table=True):
    """One line as it was exported."""

    __tablename__ = "journal_line"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "batch_id"], ["journal_batch.tenant_id", "journal_batch.id"]),
        Index("journal_line_once", "tenant_id", "entry", "part", unique=True),
        Index("journal_line_by_day", "tenant_id", "booked_on"),
    )

    batch_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    entry: str = Field(max_length=120)
    part: int
    journal: Journal = Field(sa_type=worded(Journal))
    booked_on: date
    document: str = Field(max_length=40)
    account: str = Field(max_length=20)
    role: Role = Field(sa_type=worded(Role))
    customer: str = Field(max_length=60)
    text: str = Field(max_length=400)
    debit: Decimal = Field(sa_type=ExactDecimal)
    credit: Decimal = Field(sa_type=ExactDecimal)
    currency: str = Field(max_length=3)
    vat: str = Field(max_length=20)
