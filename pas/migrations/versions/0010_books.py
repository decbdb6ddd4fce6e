"""What the books show of it."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock
from telemetry.columns import ExactDecimal, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ("ledger_accounts", "journal_batch", "journal_line")
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ("journal_batch", "journal_line")
"""Of the new ones: what must never change."""

ROLES = (
    "receivable", "revenue", "other_income", "asset_sales", "deposits", "vat",
    "deferred", "accrued", "bank", "provider", "cash", "suspense",
)


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    op.create_table("ledger_accounts", *own(*(sa.Column(role, sa.String(20), nullable=False) for role in ROLES), key=()))
    op.create_table(
        "journal_batch",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("month", sa.Date(), nullable=False),
            sa.Column("sequence", sa.Integer(), nullable=False),
            sa.Column("entries", sa.Integer(), nullable=False),
            sa.Column("lines", sa.Integer(), nullable=False),
            sa.Column("debit", ExactDecimal(), nullable=False),
            sa.Column("credit", ExactDecimal(), nullable=False),
            sa.Column("sha256", sa.String(64), nullable=False),
            sa.Column("rule", sa.String(40), nullable=False),
            sa.Column("made_at", UtcDateTime(), nullable=False),
            sa.Column("made_by", sa.String(200), nullable=False),
            key=("id",),
        ),
    )
    op.create_index("journal_batch_once", "journal_batch", ["tenant_id", "month", "sequence"], unique=True)
    op.create_table(
        "journal_line",
        *own(
            sa.Column("batch_id", sa.Uuid(), nullable=False),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.Column("entry", sa.String(120), nullable=False),
            sa.Column("part", sa.Integer(), nullable=False),
            sa.Column("journal", sa.String(40), nullable=False),
            sa.Column("booked_on", sa.Date(), nullable=False),
            sa.Column("document", sa.String(40), nullable=False),
            sa.Column("account", sa.String(20), nullable=False),
            sa.Column("role", sa.String(40), nullable=False),
            sa.Column("customer", sa.String(60), nullable=False),
            sa.Column("text", sa.String(400), nullable=False),
            sa.Column("debit", ExactDecimal(), nullable=False),
            sa.Column("credit", ExactDecimal(), nullable=False),
            sa.Column("currency", sa.String(3), nullable=False),
            sa.Column("vat", sa.String(20), nullable=False),
            key=("batch_id", "position"),
        ),
        to("journal_batch", "batch_id"),
    )
    op.create_index("journal_line_once", "journal_line", ["tenant_id", "entry", "part"], unique=True)
    op.create_index("journal_line_by_day", "journal_line", ["tenant_id", "booked_on"])
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
