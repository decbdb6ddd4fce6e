"""What a month's run keeps while it is under way: its task, its drafts, what finance approved and what it wishes."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String
from sqlmodel import Field

from billing import tables as _billing_tables  # noqa: F401 - the foreign keys below name its tables
from billing.month.bill_policy import BillPolicy
from billing.month.bill_run import Deed
from telemetry.columns import ExactDecimal, UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class BillPolicyRecord(BillPolicy, TenantOwned, table=True):
    """How this tenant's finance wants its months billed; one row a tenant."""

    __tablename__ = "bill_policy"


class BillTaskRecord(TenantOwned, table=True):
    """A run under way: whoever carries it on takes the contracts after `handled_to`. Its end becomes a `bill_run`."""

    __tablename__ = "bill_task"
    __table_args__ = (
        Index("bill_task_open", "tenant_id", "period_start", "deed", "only_failed", unique=True),
        Index("bill_task_begun", "tenant_id", "begun_at"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    period_start: date
    period_end: date
    deed: Deed = Field(sa_type=worded(Deed))
    only_failed: bool
    begun_at: datetime = Field(sa_type=UtcDateTime)
    begun_by: str = Field(max_length=200)
    handled_to: str = Field(default="", max_length=60)
    """Code of the last contract that was looked at."""
    to_do: int
    done: int = 0
    issued: int = 0
    drafted: int = 0
    already_issued: int = 0
    nothing_owed: int = 0
    not_approved: int = 0
    failed: int = 0
    currency: str = Field(max_length=3)
    net: Decimal = Field(default=Decimal("0.00"), sa_type=ExactDecimal)
    vat: Decimal = Field(default=Decimal("0.00"), sa_type=ExactDecimal)
    gross: Decimal = Field(default=Decimal("0.00"), sa_type=ExactDecimal)


class BillTaskFailureRecord(TenantOwned, table=True):
    """A contract that a run under way could not bill, and why."""

    __tablename__ = "bill_task_failure"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "task_id"], ["bill_task.tenant_id", "bill_task.id"]),
        ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),
    )

    task_id: UUID = Field(primary_key=True)
    contract_id: UUID = Field(primary_key=True)
    code: str = Field(max_length=60)
    sentence: str


class DraftRecord(TenantOwned, table=True):
    """What a contract would be billed for a month: no number, no document; replaced when drawn up again.

    Amounts are whole cents, so that the database adds them up. `hash` is of all that the invoice would say.
    """

    __tablename__ = "invoice_draft"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),)

    period_start: date = Field(primary_key=True)
    contract_id: UUID = Field(primary_key=True)
    net_cents: int = Field(sa_type=BigInteger)
    vat_cents: int = Field(sa_type=BigInteger)
    lines: int
    hash: str = Field(sa_type=String(64))
    drafted_at: datetime = Field(sa_type=UtcDateTime)


class DraftLineRecord(TenantOwned, table=True):
    """One line of a draft in scaled whole numbers: net in cents, quantity in millionths, price in hundred-millionths.

    `told` is what else it says, as `billing.month.draft` writes it: what its meter showed, its name, a VAT of its own.
    """

    __tablename__ = "invoice_draft_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "period_start", "contract_id"],
            ["invoice_draft.tenant_id", "invoice_draft.period_start", "invoice_draft.contract_id"],
        ),
    )

    period_start: date = Field(primary_key=True)
    contract_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    billed_of: UUID
    asset_id: UUID | None = None
    component: str = Field(max_length=40)
    starts_on: date
    ends_on: date
    quantity: int = Field(sa_type=BigInteger)
    unit: str = Field(max_length=10)
    unit_price: int = Field(sa_type=BigInteger)
    price_base: int = Field(sa_type=BigInteger)
    net_cents: int = Field(sa_type=BigInteger)
    told: str | None = None


class DraftApprovalRecord(TenantOwned, table=True):
    """Finance approved a draft of exactly this hash. Append-only; another hash wants another approval."""

    __tablename__ = "draft_approval"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "contract_id"], ["contract.tenant_id", "contract.id"]),)

    period_start: date = Field(primary_key=True)
    contract_id: UUID = Field(primary_key=True)
    hash: str = Field(primary_key=True, sa_type=String(64))
    net_cents: int = Field(sa_type=BigInteger)
    approved_at: datetime = Field(sa_type=UtcDateTime)
    approved_by: str = Field(max_length=200)
