"""How money comes in: payments and what they pay, mandates, what Stripe holds, bank statements, reminders."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index
from sqlmodel import Field

from billing import tables as _billing_tables  # noqa: F401 - the foreign keys below name its tables
from billing.collection.collecting import CollectedState, MandateKind, MandateState, RefundState, TaskKind, TaskState
from billing.collection.dunning import DunningStep
from billing.collection.payment import Payment, PaymentSource
from telemetry.columns import ExactDecimal, Json, UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class PaymentRecord(Payment, TenantOwned, table=True):
    """A payment. It never changes: money that goes back is a payment of its own."""

    __tablename__ = "payment"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        Index("payment_once", "tenant_id", "external_id", unique=True),
        Index("payment_of_customer", "tenant_id", "customer_id", "paid_on"),
        Index("payment_by_day", "tenant_id", "paid_on", "id"),
        Index("payment_of_account", "tenant_id", "payer_iban"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    customer_id: UUID | None = None
    source: PaymentSource = Field(sa_type=worded(PaymentSource))
    external_id: str = Field(max_length=200)
    """Under which the same telling is known again: `hand:...`, `bank:...` or `stripe:...`."""
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str = Field(max_length=200)


class AllocationRecord(TenantOwned, table=True):
    """So much of a payment pays an invoice. Taken back by a row of the opposite amount, never changed."""

    __tablename__ = "allocation"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "payment_id"], ["payment.tenant_id", "payment.id"]),
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        Index("allocation_of_invoice", "tenant_id", "invoice_id"),
        Index("allocation_of_payment", "tenant_id", "payment_id"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    payment_id: UUID
    invoice_id: UUID
    amount: Decimal = Field(sa_type=ExactDecimal)
    value_on: date
    """From this day on it counts: that of the payment, or of its being taken back."""
    rule: str = Field(max_length=40)
    """How it was found: by reference, by number, by account and amount, by hand."""
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str = Field(max_length=200)


class ReceivableRecord(TenantOwned, table=True):
    """An invoice that a payment was set against: since when nothing is open. Follows from the allocations."""

    __tablename__ = "receivable"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        Index("receivable_settled", "tenant_id", "settled_on"),
    )

    invoice_id: UUID = Field(primary_key=True)
    settled_on: date | None = None


class BankStatementRecord(TenantOwned, table=True):
    """A bank statement that was read (CAMT.053), and what it added up to."""

    __tablename__ = "bank_statement"
    __table_args__ = (Index("bank_statement_once", "tenant_id", "iban", "statement", unique=True),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    iban: str = Field(max_length=34)
    statement: str = Field(max_length=80)
    """The bank's own id of the statement."""
    currency: str = Field(max_length=3)
    opening: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    closing: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    closed_on: date | None = None
    entries: int
    sha256: str = Field(max_length=64)
    imported_at: datetime = Field(sa_type=UtcDateTime)
    imported_by: str = Field(max_length=200)


class DisputeRecord(TenantOwned, table=True):
    """An invoice was contested, or the matter was settled; the latest row counts."""

    __tablename__ = "dispute"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        Index("dispute_of_invoice", "tenant_id", "invoice_id", "noted_at"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    invoice_id: UUID
    disputed: bool
    reason: str = Field(max_length=400)
    noted_at: datetime = Field(sa_type=UtcDateTime)
    noted_by: str = Field(max_length=200)


class DunningRecord(TenantOwned, table=True):
    """A step of reminding that was taken for an invoice: once each, with what was asked and why."""

    __tablename__ = "dunning"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        Index("dunning_of_day", "tenant_id", "taken_on", "id", unique=True),
        Index("dunning_once", "tenant_id", "invoice_id", "step", unique=True),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    invoice_id: UUID
    step: DunningStep = Field(sa_type=worded(DunningStep))
    taken_on: date
    pay_before: date
    open: Decimal = Field(sa_type=ExactDecimal)
    interest: Decimal = Field(sa_type=ExactDecimal)
    compensation: Decimal = Field(sa_type=ExactDecimal)
    total: Decimal = Field(sa_type=ExactDecimal)
    reasons: list[dict[str, Any]] = Field(sa_type=Json)
    rule: str = Field(max_length=40)
    language: str = Field(max_length=2)
    address: str = Field(default="", max_length=254)
    """Where the letter goes; empty where the customer has no address, and then it is printed."""
    taken_at: datetime = Field(sa_type=UtcDateTime)
    taken_by: str = Field(max_length=200)


class MandateRecord(TenantOwned, table=True):
    """A customer lets us collect by direct debit or by card; the account itself only Stripe knows."""

    __tablename__ = "mandate"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        Index("mandate_of_customer", "tenant_id", "customer_id", "made_at"),
        Index("mandate_of_session", "tenant_id", "stripe_session"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    customer_id: UUID
    kind: MandateKind = Field(sa_type=worded(MandateKind))
    state: MandateState = Field(default=MandateState.WAITING, sa_type=worded(MandateState))
    page: str = Field(default="", max_length=2000)
    """Stripe's page on which the customer gives account or card, while that is awaited."""
    stripe_session: str = Field(default="", max_length=120)
    payment_method: str = Field(default="", max_length=120)
    last4: str = Field(default="", max_length=4)
    reference: str = Field(default="", max_length=80)
    """The reference of a SEPA mandate."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    made_by: str = Field(max_length=200)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class CollectionMarkRecord(TenantOwned, table=True):
    """Up to which number of a series the invoices were looked at for handing over; numbers have no gaps."""

    __tablename__ = "collection_mark"

    series: str = Field(primary_key=True, max_length=12)
    year: int = Field(primary_key=True)
    sequence: int = 0


class CollectionTaskRecord(TenantOwned, table=True):
    """Something to hand over to the world outside, and how far that has come."""

    __tablename__ = "collection_task"
    __table_args__ = (
        Index("collection_task_once", "tenant_id", "operation", unique=True),
        Index("collection_task_waits", "tenant_id", "state", "next_try_at"),
        Index("collection_task_by_day", "tenant_id", "made_at", "id"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    operation: str = Field(max_length=120)
    """What is to be done, once: `collect:INV-2026-000123`, `refund:...`, `mandate:...`."""
    kind: TaskKind = Field(sa_type=worded(TaskKind))
    subject_id: UUID
    """The invoice, refund or mandate."""
    state: TaskState = Field(default=TaskState.WAITING, sa_type=worded(TaskState))
    next_try_at: datetime = Field(sa_type=UtcDateTime)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tries: int = 0
    answer: str = Field(default="", max_length=500)
    """What the other side said last."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CollectionStepRecord(TenantOwned, table=True):
    """One call to Stripe that must have its effect once: its key, and what came of it."""

    __tablename__ = "collection_step"

    operation: str = Field(primary_key=True, max_length=120)
    """Such as `inv:INV-2026-000123:create`."""
    attempt: int = 1
    """Counts the keys: a key that was answered with an error for good, or has grown old, is not used again."""
    first_tried_at: datetime = Field(sa_type=UtcDateTime)
    """When the present key was first used."""
    stripe_id: str = Field(default="", max_length=120)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CollectedInvoiceRecord(TenantOwned, table=True):
    """An invoice as Stripe holds it: how far its collection has come. Only goes forward."""

    __tablename__ = "collected_invoice"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["invoice.tenant_id", "invoice.id"]),
        Index("collected_invoice_stripe", "tenant_id", "stripe_id", unique=True),
        Index("collected_invoice_intent", "tenant_id", "payment_intent"),
        Index("collected_invoice_state", "tenant_id", "state"),
    )

    invoice_id: UUID = Field(primary_key=True)
    stripe_id: str = Field(max_length=120)
    state: CollectedState = Field(sa_type=worded(CollectedState))
    attempts: int = 0
    payment_intent: str = Field(default="", max_length=120)
    total: int = Field(default=0, sa_type=BigInteger)
    """In cents, as Stripe has it."""
    paid: int = Field(default=0, sa_type=BigInteger)
    why: str = Field(default="", max_length=300)
    """Why a payment failed, in Stripe's code."""
    synced_at: datetime = Field(sa_type=UtcDateTime)


class StripeEventRecord(TenantOwned, table=True):
    """The inbox: an event that Stripe told us, once however often it is told."""

    __tablename__ = "stripe_event"
    __table_args__ = (Index("stripe_event_waits", "tenant_id", "done_at", "received_at"),)

    event_id: str = Field(primary_key=True, max_length=120)
    type: str = Field(max_length=120)
    object_id: str = Field(max_length=120)
    happened_at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)
    next_try_at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str = Field(default="", max_length=200)


class RefundRecord(TenantOwned, table=True):
    """Money to give back by the way that it came."""

    __tablename__ = "refund"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "payment_id"], ["payment.tenant_id", "payment.id"]),
        Index("refund_of_payment", "tenant_id", "payment_id"),
        Index("refund_by_day", "tenant_id", "made_at", "id"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    payment_id: UUID
    amount: Decimal = Field(sa_type=ExactDecimal)
    reason: str = Field(max_length=400)
    state: RefundState = Field(default=RefundState.WAITING, sa_type=worded(RefundState))
    stripe_id: str = Field(default="", max_length=120)
    made_at: datetime = Field(sa_type=UtcDateTime)
    made_by: str = Field(max_length=200)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
