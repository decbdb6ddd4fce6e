"""How money comes in: payments, mandates, bank statements, reminders."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock
from telemetry.columns import ExactDecimal, Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = (
    "payment",
    "allocation",
    "receivable",
    "bank_statement",
    "dispute",
    "dunning",
    "mandate",
    "collection_mark",
    "collection_task",
    "collection_step",
    "collected_invoice",
    "stripe_event",
    "refund",
)
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ("payment", "allocation", "bank_statement", "dispute", "dunning")
"""Of the new ones: what must never change."""


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    _payments()
    _reminders()
    _collection()
    _letters()
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    op.drop_column("message", "address")
    for table in reversed(NEW_TABLES):
        op.drop_table(table)


def _letters() -> None:
    """Send letters to who has no login: to the address of a customer."""
    op.add_column("message", sa.Column("address", sa.String(length=254), nullable=False, server_default=""))


def _payments() -> None:
    op.create_table(
        "payment",
        *own(
            sa.Column("paid_on", sa.Date(), nullable=False),
            sa.Column("amount", ExactDecimal(), nullable=False),
            sa.Column("currency", sa.String(length=3), nullable=False),
            sa.Column("method", sa.String(length=40), nullable=False),
            sa.Column("reference", sa.String(length=200), nullable=False),
            sa.Column("payer", sa.String(length=200), nullable=False),
            sa.Column("payer_iban", sa.String(length=34), nullable=False),
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("customer_id", sa.Uuid(), nullable=True),
            sa.Column("source", sa.String(length=40), nullable=False),
            sa.Column("external_id", sa.String(length=200), nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.Column("recorded_by", sa.String(length=200), nullable=False),
            key=("id",),
        ),
        to("customer", "customer_id"),
    )
    op.create_index("payment_by_day", "payment", ["tenant_id", "paid_on", "id"])
    op.create_index("payment_of_account", "payment", ["tenant_id", "payer_iban"])
    op.create_index("payment_of_customer", "payment", ["tenant_id", "customer_id", "paid_on"])
    op.create_index("payment_once", "payment", ["tenant_id", "external_id"], unique=True)
    op.create_table(
        "allocation",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("payment_id", sa.Uuid(), nullable=False),
            sa.Column("invoice_id", sa.Uuid(), nullable=False),
            sa.Column("amount", ExactDecimal(), nullable=False),
            sa.Column("value_on", sa.Date(), nullable=False),
            sa.Column("rule", sa.String(length=40), nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.Column("recorded_by", sa.String(length=200), nullable=False),
            key=("id",),
        ),
        to("payment", "payment_id"),
        to("invoice", "invoice_id"),
    )
    op.create_index("allocation_of_invoice", "allocation", ["tenant_id", "invoice_id"])
    op.create_index("allocation_of_payment", "allocation", ["tenant_id", "payment_id"])
    op.create_table(
        "receivable",
        *own(
            sa.Column("invoice_id", sa.Uuid(), nullable=False),
            sa.Column("settled_on", sa.Date(), nullable=True),
            key=("invoice_id",),
        ),
        to("invoice", "invoice_id"),
    )
    op.create_index("receivable_settled", "receivable", ["tenant_id", "settled_on"])
    op.create_table(
        "bank_statement",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("iban", sa.String(length=34), nullable=False),
            sa.Column("statement", sa.String(length=80), nullable=False),
            sa.Column("currency", sa.String(length=3), nullable=False),
            sa.Column("opening", ExactDecimal(), nullable=True),
            sa.Column("closing", ExactDecimal(), nullable=True),
            sa.Column("closed_on", sa.Date(), nullable=True),
            sa.Column("entries", sa.Integer(), nullable=False),
            sa.Column("sha256", sa.String(length=64), nullable=False),
            sa.Column("imported_at", UtcDateTime(), nullable=False),
            sa.Column("imported_by", sa.String(length=200), nullable=False),
            key=("id",),
        ),
    )
    op.create_index("bank_statement_once", "bank_statement", ["tenant_id", "iban", "statement"], unique=True)


def _reminders() -> None:
    op.create_table(
        "dispute",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("invoice_id", sa.Uuid(), nullable=False),
            sa.Column("disputed", sa.Boolean(), nullable=False),
            sa.Column("reason", sa.String(length=400), nullable=False),
            sa.Column("noted_at", UtcDateTime(), nullable=False),
            sa.Column("noted_by", sa.String(length=200), nullable=False),
            key=("id",),
        ),
        to("invoice", "invoice_id"),
    )
    op.create_index("dispute_of_invoice", "dispute", ["tenant_id", "invoice_id", "noted_at"])
    op.create_table(
        "dunning",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("invoice_id", sa.Uuid(), nullable=False),
            sa.Column("step", sa.String(length=40), nullable=False),
            sa.Column("taken_on", sa.Date(), nullable=False),
            sa.Column("pay_before", sa.Date(), nullable=False),
            sa.Column("open", ExactDecimal(), nullable=False),
            sa.Column("interest", ExactDecimal(), nullable=False),
            sa.Column("compensation", ExactDecimal(), nullable=False),
            sa.Column("total", ExactDecimal(), nullable=False),
            sa.Column("reasons", Json, nullable=False),
            sa.Column("rule", sa.String(length=40), nullable=False),
            sa.Column("language", sa.String(length=2), nullable=False),
            sa.Column("address", sa.String(length=254), nullable=False),
            sa.Column("taken_at", UtcDateTime(), nullable=False),
            sa.Column("taken_by", sa.String(length=200), nullable=False),
            key=("id",),
        ),
        to("invoice", "invoice_id"),
    )
    op.create_index("dunning_of_day", "dunning", ["tenant_id", "taken_on", "id"], unique=True)
    op.create_index("dunning_once", "dunning", ["tenant_id", "invoice_id", "step"], unique=True)


def _collection() -> None:
    op.create_table(
        "mandate",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("customer_id", sa.Uuid(), nullable=False),
            sa.Column("kind", sa.String(length=40), nullable=False),
            sa.Column("state", sa.String(length=40), nullable=False),
            sa.Column("page", sa.String(length=2000), nullable=False),
            sa.Column("stripe_session", sa.String(length=120), nullable=False),
            sa.Column("payment_method", sa.String(length=120), nullable=False),
            sa.Column("last4", sa.String(length=4), nullable=False),
            sa.Column("reference", sa.String(length=80), nullable=False),
            sa.Column("made_at", UtcDateTime(), nullable=False),
            sa.Column("made_by", sa.String(length=200), nullable=False),
            sa.Column("changed_at", UtcDateTime(), nullable=False),
            key=("id",),
        ),
        to("customer", "customer_id"),
    )
    op.create_index("mandate_of_customer", "mandate", ["tenant_id", "customer_id", "made_at"])
    op.create_index("mandate_of_session", "mandate", ["tenant_id", "stripe_session"])
    op.create_table(
        "collection_mark",
        *own(
            sa.Column("series", sa.String(length=12), nullable=False),
            sa.Column("year", sa.Integer(), nullable=False),
            sa.Column("sequence", sa.Integer(), nullable=False),
            key=(
                "series",
                "year",
            ),
        ),
    )
    op.create_table(
        "collection_task",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("operation", sa.String(length=120), nullable=False),
            sa.Column("kind", sa.String(length=40), nullable=False),
            sa.Column("subject_id", sa.Uuid(), nullable=False),
            sa.Column("state", sa.String(length=40), nullable=False),
            sa.Column("next_try_at", UtcDateTime(), nullable=False),
            sa.Column("claimed_until", UtcDateTime(), nullable=True),
            sa.Column("tries", sa.Integer(), nullable=False),
            sa.Column("answer", sa.String(length=500), nullable=False),
            sa.Column("made_at", UtcDateTime(), nullable=False),
            sa.Column("done_at", UtcDateTime(), nullable=True),
            key=("id",),
        ),
    )
    op.create_index("collection_task_by_day", "collection_task", ["tenant_id", "made_at", "id"])
    op.create_index("collection_task_once", "collection_task", ["tenant_id", "operation"], unique=True)
    op.create_index("collection_task_waits", "collection_task", ["tenant_id", "state", "next_try_at"])
    op.create_table(
        "collection_step",
        *own(
            sa.Column("operation", sa.String(length=120), nullable=False),
            sa.Column("attempt", sa.Integer(), nullable=False),
            sa.Column("first_tried_at", UtcDateTime(), nullable=False),
            sa.Column("stripe_id", sa.String(length=120), nullable=False),
            sa.Column("done_at", UtcDateTime(), nullable=True),
            key=("operation",),
        ),
    )
    op.create_table(
        "collected_invoice",
        *own(
            sa.Column("invoice_id", sa.Uuid(), nullable=False),
            sa.Column("stripe_id", sa.String(length=120), nullable=False),
            sa.Column("state", sa.String(length=40), nullable=False),
            sa.Column("attempts", sa.Integer(), nullable=False),
            sa.Column("payment_intent", sa.String(length=120), nullable=False),
            sa.Column("total", sa.BigInteger(), nullable=False),
            sa.Column("paid", sa.BigInteger(), nullable=False),
            sa.Column("why", sa.String(length=300), nullable=False),
            sa.Column("synced_at", UtcDateTime(), nullable=False),
            key=("invoice_id",),
        ),
        to("invoice", "invoice_id"),
    )
    op.create_index("collected_invoice_intent", "collected_invoice", ["tenant_id", "payment_intent"])
    op.create_index("collected_invoice_state", "collected_invoice", ["tenant_id", "state"])
    op.create_index("collected_invoice_stripe", "collected_invoice", ["tenant_id", "stripe_id"], unique=True)
    op.create_table(
        "stripe_event",
        *own(
            sa.Column("event_id", sa.String(length=120), nullable=False),
            sa.Column("type", sa.String(length=120), nullable=False),
            sa.Column("object_id", sa.String(length=120), nullable=False),
            sa.Column("happened_at", UtcDateTime(), nullable=False),
            sa.Column("received_at", UtcDateTime(), nullable=False),
            sa.Column("next_try_at", UtcDateTime(), nullable=False),
            sa.Column("done_at", UtcDateTime(), nullable=True),
            sa.Column("outcome", sa.String(length=200), nullable=False),
            key=("event_id",),
        ),
    )
    op.create_index("stripe_event_waits", "stripe_event", ["tenant_id", "done_at", "received_at"])
    op.create_table(
        "refund",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("payment_id", sa.Uuid(), nullable=False),
            sa.Column("amount", ExactDecimal(), nullable=False),
            sa.Column("reason", sa.String(length=400), nullable=False),
            sa.Column("state", sa.String(length=40), nullable=False),
            sa.Column("stripe_id", sa.String(length=120), nullable=False),
            sa.Column("made_at", UtcDateTime(), nullable=False),
            sa.Column("made_by", sa.String(length=200), nullable=False),
            sa.Column("done_at", UtcDateTime(), nullable=True),
            key=("id",),
        ),
        to("payment", "payment_id"),
    )
    op.create_index("refund_by_day", "refund", ["tenant_id", "made_at", "id"])
    op.create_index("refund_of_payment", "refund", ["tenant_id", "payment_id"])
