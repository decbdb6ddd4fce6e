"""How a month is billed: drafts, approval, issue."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock
from telemetry.columns import ExactDecimal, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = (
    "bill_policy",
    "bill_task",
    "bill_task_failure",
    "invoice_draft",
    "invoice_draft_line",
    "draft_approval",
)
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ("draft_approval",)
"""Of the new ones: what must never change."""
COUNTS = ("done", "issued", "drafted", "already_issued", "nothing_owed", "not_approved", "failed")
NEW_IN_RUN = ("deed", "only_failed", "drafted", "not_approved")


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    op.create_table(
        "bill_policy",
        *own(
            sa.Column("sign_off", sa.Boolean(), nullable=False),
            sa.Column("tell_from_percent", ExactDecimal(), nullable=False),
            key=(),
        ),
    )
    _tasks()
    _drafts()
    op.add_column("bill_run", sa.Column("deed", sa.String(40), nullable=False, server_default="issue"))
    op.add_column("bill_run", sa.Column("only_failed", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("drafted", "not_approved"):
        op.add_column("bill_run", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def _tasks() -> None:
    """What a run under way knows."""
    op.create_table(
        "bill_task",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("period_start", sa.Date(), nullable=False),
            sa.Column("period_end", sa.Date(), nullable=False),
            sa.Column("deed", sa.String(40), nullable=False),
            sa.Column("only_failed", sa.Boolean(), nullable=False),
            sa.Column("begun_at", UtcDateTime(), nullable=False),
            sa.Column("begun_by", sa.String(200), nullable=False),
            sa.Column("handled_to", sa.String(60), nullable=False),
            sa.Column("to_do", sa.Integer(), nullable=False),
            *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
            sa.Column("currency", sa.String(3), nullable=False),
            *(sa.Column(name, ExactDecimal(), nullable=False) for name in ("net", "vat", "gross")),
            key=("id",),
        ),
    )
    columns = ["tenant_id", "period_start", "deed", "only_failed"]
    op.create_index("bill_task_open", "bill_task", columns, unique=True)
    op.create_index("bill_task_begun", "bill_task", ["tenant_id", "begun_at"])
    op.create_table(
        "bill_task_failure",
        *own(
            sa.Column("task_id", sa.Uuid(), nullable=False),
            sa.Column("contract_id", sa.Uuid(), nullable=False),
            sa.Column("code", sa.String(60), nullable=False),
            sa.Column("sentence", sa.String(), nullable=False),
            to("bill_task", "task_id"),
            to("contract", "contract_id"),
            key=("task_id", "contract_id"),
        ),
    )


def _drafts() -> None:
    """What a month would be billed, and who approved it."""
    op.create_table(
        "invoice_draft",
        *own(
            sa.Column("period_start", sa.Date(), nullable=False),
            sa.Column("contract_id", sa.Uuid(), nullable=False),
            sa.Column("net_cents", sa.BigInteger(), nullable=False),
            sa.Column("vat_cents", sa.BigInteger(), nullable=False),
            sa.Column("lines", sa.Integer(), nullable=False),
            sa.Column("hash", sa.String(64), nullable=False),
            sa.Column("drafted_at", UtcDateTime(), nullable=False),
            to("contract", "contract_id"),
            key=("period_start", "contract_id"),
        ),
    )
    op.create_table("invoice_draft_line", *_draft_line())
    op.create_table(
        "draft_approval",
        *own(
            sa.Column("period_start", sa.Date(), nullable=False),
            sa.Column("contract_id", sa.Uuid(), nullable=False),
            sa.Column("hash", sa.String(64), nullable=False),
            sa.Column("net_cents", sa.BigInteger(), nullable=False),
            sa.Column("approved_at", UtcDateTime(), nullable=False),
            sa.Column("approved_by", sa.String(200), nullable=False),
            to("contract", "contract_id"),
            key=("period_start", "contract_id", "hash"),
        ),
    )


def _draft_line() -> tuple[Any, ...]:
    of_draft = ["tenant_id", "period_start", "contract_id"]
    return own(
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("billed_of", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("component", sa.String(40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("unit_price", "price_base", "net_cents")),
        sa.Column("told", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(of_draft, [f"invoice_draft.{name}" for name in of_draft]),
        key=("period_start", "contract_id", "position"),
    )


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    for name in reversed(NEW_IN_RUN):
        op.drop_column("bill_run", name)
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
